"""Exports: everything a tenant may take along as CSV files, without a number."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Final, Literal, get_args

from warifu.client_base import Caller
from warifu.whole_file import whole_file

ExportFile = Literal["people", "documents", "departures", "holds", "uses", "disposals"]
EXPORT_FILES: Final[tuple[ExportFile, ...]] = get_args(ExportFile)
_CSV: Final = "text/csv"


class ExportCalls(Caller):
    """What an administrator asks who takes everything along."""

    def export(self, file: ExportFile, path: str | PathLike[str], *, replace: bool = False) -> None:
        """Save a file of everything there is of its kind; needs a one-time code of the last ten minutes.

        It is readable by its owner alone, and takes its name once it is complete.

        Args:
            file: which.
            path: where to.
            replace: whether a file that is there may be replaced.

        Raises:
            Refused: a rule said no.
            FileExistsError: there is such a file.
            OSError: the file cannot be written.
        """
        with whole_file(Path(path), replace=replace) as stream:
            self.export_into(file, stream.write)

    def export_into(self, file: ExportFile, write: Callable[[bytes], object]) -> None:
        """Hand a file on piece by piece, as it comes; whoever takes it must not keep half of one.

        Args:
            file: which.
            write: takes the pieces, in order.

        Raises:
            Refused: a rule said no.
            TransportError: it was cut off on its way.
        """
        self._transport.save(f"/exports/{file}.csv", _CSV, write)
