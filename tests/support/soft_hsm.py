"""A token of SoftHSM for this process and those it starts."""

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import Final

import pytest

TOOL: Final = "softhsm2-util"
PIN: Final = "1234-test"
_SO_PIN: Final = "5678-test"
_MODULES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


class SoftHsm:
    """Tokens in a directory. The module reads its settings once for each process, so there is one for all tests."""

    def __init__(self, directory: Path) -> None:
        if shutil.which(TOOL) is None:
            pytest.skip("SoftHSM is missing: apt-get install softhsm2")
        self.module = next(path for path in map(Path, _MODULES) if path.exists())
        self.tokens = directory / "tokens"
        self.tokens.mkdir(parents=True)
        settings = directory / "softhsm2.conf"
        settings.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(settings)
        self._numbers = count(1)

    def next_number(self) -> int:
        """A number that no token of this process has in its name yet."""
        return next(self._numbers)

    def token(self, label: str) -> str:
        """Make a token; returns the URI of it, without a PIN."""
        subprocess.run(
            [TOOL, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", _SO_PIN],
            check=True,
            capture_output=True,
        )
        return f"pkcs11:token={label}?module-path={self.module}"

    def clear(self) -> None:
        """Forget every token: the module looks through all there are, at each login."""
        for token in self.tokens.iterdir():
            shutil.rmtree(token)
