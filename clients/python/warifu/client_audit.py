"""The record (監査記録): entries with their proofs, checkpoints, and an auditor's own copy of the log."""

from base64 import b64encode
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Final

from warifu.client_base import Caller
from warifu.errors import UnexpectedAnswerError
from warifu.results_audit import AuditEntry, AuditExport, AuditLog
from warifu.results_reader import read_bytes

_EXPORT_ROWS: Final = 1_000


class AuditCalls(Caller):
    """What may be read of the record. `warifu.audit` verifies it offline."""

    def audit_entries(
        self, *, token: str | None = None, external_id: str | None = None
    ) -> Iterator[AuditEntry]:
        """The log's entries with their proofs, oldest first.

        A client names a person and sees what it did itself; humans see everything.

        Args:
            token: only about this token's person.
            external_id: only about this person.

        Raises:
            Refused: a rule said no.
        """
        return self._pages("auditEntries", AuditEntry, token=token, externalId=external_id)

    def audit_entry(self, index: int) -> AuditEntry | None:
        """One entry by its place, with its proof; None where the caller sees none."""
        return self._find("auditEntry", AuditEntry, index=index)

    def audit_log(self) -> AuditLog:
        """The state of the log: its size, its signed checkpoint, and the key that checks the signature."""
        return self._query("auditLog", AuditLog)

    def audit_consistency(self, old: int, new: int) -> list[bytes]:
        """The hashes that prove an earlier log to be the beginning of a later one, for `verify_consistency`.

        Args:
            old: size at the earlier checkpoint.
            new: size at the later checkpoint.

        Raises:
            Refused: the log never had these sizes.
        """
        value, _ = self._ask("auditConsistency", oldSize=old, newSize=new)
        return read_bytes(value, "auditConsistency")

    def export_log(self, path: str | PathLike[str]) -> AuditLog:
        """Write the whole log to a file that `warifu.audit.read_export` reads; for auditors.

        The file takes its name only when it is complete. Memory does not grow with the log.

        Args:
            path: the file; replaced if it exists.

        Returns:
            The log's state that the file is exactly of: verify the file against its checkpoint.

        Raises:
            Refused: a rule said no.
            OSError: the file cannot be written.
        """
        log = self.audit_log()
        whole = Path(path)
        partial = whole.with_name(f"{whole.name}.part")
        try:
            with partial.open("wb") as file:
                for start in range(0, log.size, _EXPORT_ROWS):
                    file.writelines(self._export(start, min(_EXPORT_ROWS, log.size - start)))
            partial.replace(whole)
        finally:
            partial.unlink(missing_ok=True)
        return log

    def _export(self, start: int, count: int) -> Iterator[bytes]:
        part = self._query("auditExport", AuditExport, start=start, limit=count)
        if (part.start, len(part.entries), len(part.hashes)) != (start, count, count):
            raise UnexpectedAnswerError("auditExport")
        for index, (entry, digest) in enumerate(zip(part.entries, part.hashes, strict=True), start):
            yield b'{"index":%d,"entry":"%b","hash":"%b"}\n' % (index, b64encode(entry), b64encode(digest))
