"""Values that hide: credentials, and the numbers themselves. Shown only where a program says `reveal()`."""

import hmac
from typing import Any, NoReturn, Self


class Secret:
    """A credential that is shown once. Its repr is masked, and it cannot be pickled into a cache or a queue."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide a text.

        Args:
            text: what to hide.
        """
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}(****)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret) or type(other) is not type(self):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} は保存・転送できません。必要な箇所で reveal() を呼んでください。 / "
            f"A {type(self).__name__} is not serialised; call reveal() where it is needed."
        )


class Number(Secret):
    """An Individual Number (個人番号), 12 digits as text."""

    __slots__ = ()
