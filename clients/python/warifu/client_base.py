"""What all parts of the client share: asking for a field, following pages, and telling the members of a union apart."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from warifu.errors import Refused, UnexpectedAnswerError
from warifu.results_reader import read, read_all
from warifu.transport import Transport
from warifu.transport_answer import Answer

T = TypeVar("T")
MAX_ROWS: Final = 10_000
_LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class _PageInfo:
    """Where a page lies."""

    has_next_page: bool
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A refusal as the API tells it."""

    rule: str
    message_ja: str
    message_en: str


class Caller:
    """Asks for one field of the API at a time."""

    def __init__(self, transport: Transport) -> None:
        """Ask over a transport.

        Args:
            transport: an endpoint with a credential.
        """
        self._transport = transport

    def _ask(self, field: str, **variables: object) -> tuple[Any, str]:
        """A query's field as it came, and the request's id. Sent again where the way fails."""
        answer = self._transport.execute(field, variables, repeatable=True)
        return _field(answer, field), answer.request_id

    def _query(self, field: str, kind: type[T], **variables: object) -> T:
        value, request_id = self._ask(field, **variables)
        with _placed(request_id):
            return read(kind, value)

    def _find(self, field: str, kind: type[T], **variables: object) -> T | None:
        value, request_id = self._ask(field, **variables)
        with _placed(request_id):
            return None if value is None else read(kind, value)

    def _pages(self, field: str, kind: type[T], **variables: object) -> Iterator[T]:
        """Every item of a listing, page by page, each fetched when its first item is wanted."""
        cursor: str | None = None
        while True:
            value, request_id = self._ask(field, **variables, after=cursor)
            with _placed(request_id):
                page = value if isinstance(value, Mapping) else {}
                nodes = read_all(kind, page.get("nodes"), f"{field}.nodes")
                info = read(_PageInfo, page.get("pageInfo"))
            yield from nodes
            if not info.has_next_page:
                return
            if info.end_cursor is None or info.end_cursor == cursor:
                raise UnexpectedAnswerError(f"{field}.pageInfo", request_id=request_id)
            cursor = info.end_cursor

    def _change(
        self,
        field: str,
        sent: Mapping[str, object],
        members: Mapping[str, type[T]],
        *,
        repeatable: bool = False,
    ) -> T:
        """Run a mutation.

        Args:
            field: its root field.
            sent: its input.
            members: for each member of its result's union, by its name in the schema, what it is read as.
            repeatable: whether sending it twice does no more than sending it once.

        Raises:
            Refused: a rule said no.
            UnexpectedAnswerError: the result is of a kind that this version does not know.
        """
        answer = self._transport.execute(field, {"input": sent}, repeatable=repeatable)
        value = _field(answer, field)
        with _placed(answer.request_id):
            name = value.get("__typename") if isinstance(value, Mapping) else None
            if name == "Refusal":
                told = read(_Refusal, value)
                raise Refused(told.rule, told.message_ja, told.message_en, request_id=answer.request_id)
            if not isinstance(name, str) or name not in members:
                raise UnexpectedAnswerError(f"{field} ({_shown(name)})")
            return read(members[name], value)


@contextmanager
def _placed(request_id: str) -> Iterator[None]:
    """Give an error of reading the id of its request."""
    try:
        yield
    except UnexpectedAnswerError as error:
        raise UnexpectedAnswerError(error.place, request_id=request_id) from None


def _field(answer: Answer, field: str) -> Any:
    if field not in answer.data:
        raise UnexpectedAnswerError(field, request_id=answer.request_id)
    return answer.data[field]


def _shown(name: object) -> str:
    """A type's name if it looks like one."""
    return name if isinstance(name, str) and name.isidentifier() and len(name) <= _LONGEST_NAME else "?"
