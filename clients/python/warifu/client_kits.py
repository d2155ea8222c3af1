"""Paper kits: who sends them, printed for an order, and read back when they return, by code or by scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Final

from warifu.client_base import Caller
from warifu.results_kits import (
    Kit,
    KitArrivalsRecorded,
    KitPrint,
    KitSender,
    KitsPrinting,
    ScanReport,
)
from warifu.results_reader import read, read_all
from warifu.whole_file import whole_file

_TYPES: Final = {".pdf": "application/pdf", ".csv": "text/csv"}
_ARRIVED: Final = {"KitArrivalsRecorded": KitArrivalsRecorded}


@dataclass(frozen=True, slots=True)
class _SenderChanged:
    sender: KitSender


@dataclass(frozen=True, slots=True)
class _Deleted:
    kit_print: KitPrint


class KitCalls(Caller):
    """What handlers and the company do about kits on paper. Every method raises `Refused` where a rule says no."""

    def kit_sender(self) -> KitSender | None:
        """Who sends the company's kits; None as long as nobody said."""
        return self._find("kitSender", KitSender)

    def change_kit_sender(
        self,
        company: str,
        return_name: str,
        postal_code: str,
        address: str,
        contact_name: str,
        *,
        phone: str = "",
        hours: str = "",
        mail: str = "",
    ) -> KitSender:
        """Say who sends the kits and where papers come back to; needs a one-time code of the last ten minutes."""
        sent = {
            "company": company,
            "returnName": return_name,
            "postalCode": postal_code,
            "address": address,
            "contactName": contact_name,
            "phone": phone,
            "hours": hours,
            "mail": mail,
        }
        return self._change("changeKitSender", sent, {"KitSenderChanged": _SenderChanged}).sender

    def print_kits(self, order_id: str, *, deadline: date | None = None) -> KitsPrinting:
        """Have the kits, postcards or letters of an order printed; asked for twice, it is printed once.

        Args:
            order_id: public id of the order.
            deadline: the day that is printed as the last one; that of the campaign if left out.
        """
        sent = {"orderId": order_id, "deadline": deadline}
        return self._change("printKits", sent, {"KitsPrinting": KitsPrinting}, repeatable=True)

    def kit_print(self, order_id: str) -> KitPrint | None:
        """How far the printing of an order is; None if nobody asked for it."""
        return self._find("kitPrint", KitPrint, orderId=order_id)

    def download_print(self, file: str, path: str | PathLike[str], *, replace: bool = False) -> None:
        """Save a printed file, readable for its owner alone. It has names and addresses: destroy it once it is posted.

        Args:
            file: where it is, as `KitPrint.files` says.
            path: where to.
            replace: whether a file that is there may be replaced.

        Raises:
            FileExistsError: there is such a file.
            OSError: the file cannot be written.
        """
        kind = _TYPES.get(Path(file).suffix, "")
        with whole_file(Path(path), replace=replace) as stream:
            self._transport.save(file, kind, stream.write)

    def delete_print(self, order_id: str) -> KitPrint:
        """Let the printed files of an order be destroyed at the vault, before their thirty days are over."""
        return self._change("deletePrint", {"orderId": order_id}, {"KitPrintDeleted": _Deleted}).kit_print

    def kit(self, code: str) -> Kit | None:
        """The kit of a code as it stands on the paper; None if there is none in this company."""
        return self._find("kit", Kit, kitCode=code)

    def kits(self, collection_id: str) -> tuple[Kit, ...]:
        """The kits that stand for a collection, oldest first."""
        value, _ = self._ask("kits", collectionId=collection_id)
        return read_all(Kit, value, "kits")

    def record_kit_arrivals(self, codes: Sequence[str]) -> KitArrivalsRecorded:
        """Record that kits have come back, by up to 10,000 codes as somebody typed them."""
        return self._change("recordKitArrivals", {"kitCodes": list(codes)}, _ARRIVED)

    def scan_kits(self, data: bytes) -> ScanReport:
        """Send a scan of kits that came back; the same pages twice add nothing twice.

        Args:
            data: a PDF, or a photo as JPEG, PNG or WebP; at most 32 MiB.

        Raises:
            InvalidRequestError: it cannot be read; nothing was kept.
        """
        return read(ScanReport, self._transport.upload("/kits/scans", data))
