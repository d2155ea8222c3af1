"""`warifu export --with-numbers`: people with their numbers, by a use that a human stands behind with a code."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from api.cli.output import CommandError, errors, facts, table
from api.cli.remote import CODE, Remote, ask_code, ask_secret, can_ask, proven

if TYPE_CHECKING:
    from warifu import PreparedUse, Refused, UseConfirmed, Warifu
    from warifu.export import NumberedExport

_TRIES: Final = 3
_SHOWN: Final = 20
_HANDLER: Final = "HANDLER"
_APPROVER: Final = "APPROVER"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What numbers are taken out for, and who answers for it.

    Attributes:
        remote: the server, and who exports.
        directory: where the file goes.
        purpose: code of the one purpose.
        reason: why.
        handler: login of who stands behind it; "" for who exports.
        approver: login of the second person; "" if nobody is named.
    """

    remote: Remote
    directory: Path
    purpose: str
    reason: str
    handler: str
    approver: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.directory / f"people-with-numbers-{self.purpose}.csv"

    def check(self) -> None:
        """Make sure that it is said what for.

        Raises:
            CommandError: purpose or reason is missing.
        """
        if not self.purpose.replace("_", "").isalnum() or not self.reason.strip():
            raise CommandError(
                "PURPOSE",
                "個人番号の書き出しは利用です。--purpose(目的コード 1 つ)と --reason(理由)を指定してください。",
                "Taking numbers out is a use: give --purpose (one code) and --reason.",
            )

    def save(self, vault: "Warifu", *, replace: bool) -> "NumberedExport":
        """Let the humans confirm, and save the file.

        Args:
            vault: who exports.
            replace: whether a file that is there may be replaced.
        """
        from warifu.export import ExportWithNumbers

        tenant = self._check_humans(vault)
        with ExitStack() as colleagues:

            def sign_in(login: str, role: str) -> "Warifu":
                return colleagues.enter_context(_colleague(self.remote.endpoint, tenant, login, role))

            handler = sign_in(self.handler, _HANDLER) if self.handler else vault
            steps = _Steps(self, lambda login: sign_in(login, _APPROVER))
            numbered = ExportWithNumbers(
                handler, self.purpose, self.reason, confirm=steps.confirm, approve=steps.approve
            )
            return proven(vault, lambda: numbered.save(vault, self.path, replace=replace))

    def _check_humans(self, vault: "Warifu") -> str:
        """Make sure that somebody stands behind the use, before anybody is asked for a code; gives the tenant's id."""
        from warifu import Role

        viewer = vault.viewer()
        if not self.handler and Role.HANDLER not in viewer.roles:
            raise CommandError(
                "HANDLER",
                f"{viewer.name} は事務取扱担当者ではありません。--handler で担当者のログイン名を指定してください。",
                f"{viewer.name} is no handler. Name the handler who stands behind the use with --handler.",
            )
        return viewer.tenant.tenant_id


@contextmanager
def _colleague(endpoint: str, tenant: str, login: str, role: str) -> Iterator["Warifu"]:
    """A session of somebody who sits beside whoever exports; it ends with the command."""
    from warifu import Warifu, WarifuError

    password = ask_secret(f"パスワード / password ({login})", f"WARIFU_{role}_PASSWORD")
    code = ask_code(f"サインインのコード / code to sign in ({login})", f"WARIFU_{role}_LOGIN_CODE")
    with Warifu.login(endpoint, tenant, login, password, code) as vault:
        try:
            yield vault
        finally:
            with suppress(WarifuError):  # what stopped the command is what is told
                vault.logout()


class _Steps:
    """What the humans are asked on the way."""

    def __init__(self, numbers: Numbers, sign_in: Callable[[str], "Warifu"]) -> None:
        self._numbers = numbers
        self._sign_in = sign_in
        self._second: Warifu | None = None
        self._tries = 0

    def confirm(self, prepared: "PreparedUse", refused: "Refused | None") -> str:
        variable = f"WARIFU_{_HANDLER}_CODE" if self._numbers.handler else CODE
        if refused is None:
            self._tries = 0
            _tell_use(prepared)
        else:
            self._again(refused, variable)
        who = self._numbers.handler or self._numbers.remote.login or "--login"
        return ask_code(f"確認するコード / code to confirm ({who})", variable)

    def approve(self, confirmed: "UseConfirmed") -> None:
        from warifu import Refused

        variable = f"WARIFU_{_APPROVER}_CODE"
        login = self._numbers.approver or _ask_login()
        second = self._second = self._second or self._sign_in(login)
        self._tries = 0
        while True:
            try:
                second.approve_use(
                    confirmed.use, ask_code(f"承認するコード / code to approve ({login})", variable)
                )
            except Refused as refused:
                self._again(refused, variable)
            else:
                return

    def _again(self, refused: "Refused", variable: str) -> None:
        """Say why a code was refused; or end it, if there is no other to be had."""
        self._tries += 1
        if (
            refused.rule not in {"code-wrong", "code-used"}
            or self._tries == _TRIES
            or os.environ.get(variable)
        ):
            raise refused
        errors.print(f"{refused.message_ja}\n{refused.message_en}", highlight=False, markup=False)


def told_numbers(found: "NumberedExport") -> dict[str, Any]:
    """What became of it, for programs."""
    return {
        "path": str(found.path),
        "people": found.people,
        "numbers": found.numbers,
        "uses": list(found.use_ids),
        "left_out": [asdict(one) for one in found.left_out],
    }


def tell_numbers(found: "NumberedExport") -> None:
    """What became of it, for people."""
    pairs = {
        "ファイル / file": found.path,
        "人数 / people": found.people,
        "番号 / numbers": found.numbers,
        "利用 / uses": list(found.use_ids) or "-",
        "注意 / note": [
            "個人番号が含まれます。使い終えたら消去してください。",
            "It holds Individual Numbers. Erase it when you are done.",
        ],
    }
    facts("個人番号付きで書き出しました / saved with numbers", pairs)
    rows = [
        [str(one.line), one.external_id, one.reason.code, one.reason.message_ja]
        for one in found.left_out[:_SHOWN]
    ]
    if rows:
        more = len(found.left_out) - len(rows)
        title = f"番号のない人 / left out: {len(found.left_out)}" + (f" (+{more}: file)" if more else "")
        table(title, ["line", "external_id", "reason", "理由"], rows)


def _tell_use(prepared: "PreparedUse") -> None:
    use = prepared.use
    name = f"{use.purpose.name.ja} ({use.purpose.code})" if use.purpose else "-"
    for line in (
        f"利用目的 / purpose: {name}",
        f"人数 / persons: {use.persons} (対象外 / not part of it: {len(prepared.rejections)})",
        f"理由 / reason: {use.reason}",
        f"要約値 / digest: {use.digest}",
    ):
        errors.print(line, highlight=False, markup=False, soft_wrap=True)


def _ask_login() -> str:
    if not can_ask():
        raise CommandError(
            "APPROVER",
            "この人数には 2 人目の承認が必要です。--approver でログイン名を指定してください。",
            "So many numbers need a second person's approval. Name them with --approver.",
        )
    login: str = typer.prompt("2 人目のログイン名 / login of the second person", err=True)
    return login
