"""GraphQL over HTTP to the letter, as far as it needs no schema: media types, parameters and status codes.

The specification is "GraphQL over HTTP" of the GraphQL Foundation; HTTP itself is RFC 9110.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson

from api.errors import HttpRefusal

GRAPHQL_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"

# What a well-formed request is answered with when nothing was executed, by error code. With the older media
# type such an answer is a 200: there a client cannot tell a status of ours from that of a proxy on the way.
# A later edition of the specification (422 for some of them) is a change of numbers here.
_STATUS: Final[Mapping[str, int]] = {
    "GRAPHQL_PARSE_FAILED": 400,
    "GRAPHQL_VALIDATION_FAILED": 400,
    "OPERATION_NOT_FOUND": 400,
    "OPERATION_NOT_SUPPORTED": 400,
    "OPERATION_TOO_COMPLEX": 400,
    "ONE_MUTATION_PER_REQUEST": 400,
    "LITERAL_REFUSED": 400,
    "INTROSPECTION_DISABLED": 400,
    "BAD_USER_INPUT": 400,
    "TIMEOUT": 503,
    "INTERNAL": 500,
}


def status_of(code: str, media_type: str) -> int:
    """The status of an answer without `data`.

    Args:
        code: the first error's code.
        media_type: what the answer is sent as.
    """
    status = _STATUS.get(code, HTTPStatus.BAD_REQUEST)
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return status if ours or media_type == GRAPHQL_JSON else HTTPStatus.OK


class Parameters(NamedTuple):
    """The parameters of a GraphQL-over-HTTP request.

    Attributes:
        query: source of the document, or None if `document_id` names it.
        document_id: id of a trusted document, as in `sha256:...`.
        operation_name: which operation to run.
        variables: values of its variables.
    """

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any] | None


def read_parameters(body: bytes) -> Parameters:
    """Decode a request body.

    Args:
        body: JSON in UTF-8.

    Raises:
        HttpRefusal: 400, not JSON, not one object, a parameter of the wrong type, or text with U+0000 in it.
    """
    if _NUL in body:
        raise _nul_refused()
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        # No cause: the decoder's error carries the whole body.
        raise _bad_request("本文が JSON として読めません", "the body cannot be read as JSON") from None
    if not isinstance(decoded, dict):
        raise _bad_request(
            "本文は一つの JSON オブジェクトにしてください。配列でまとめた要求は受け付けていません",
            "the body must be one JSON object; batches in an array are not served",
        )
    _check_types(decoded)
    _check_document(decoded.get("query"))
    query, document_id = decoded.get("query"), decoded.get("documentId")
    if (query is None) == (document_id is None):
        raise _bad_request(
            "query か documentId の、どちらか一つを指定してください", "set one of query and documentId"
        )
    return Parameters(query, document_id, decoded.get("operationName"), decoded.get("variables"))


# PostgreSQL keeps no text with this character in it, so both databases are spared it. It can come only escaped:
# JSON and the first of GraphQL's two forms share a spelling.
_NUL: Final = rb"\u0000"
_NUL_IN_DOCUMENT: Final = re.compile(r"\\u\{0+\}")

_PARAMETER_TYPES: Final = (
    ("query", str, "文字列", "a string"),
    ("documentId", str, "文字列", "a string"),
    ("operationName", str, "文字列", "a string"),
    ("variables", dict, "オブジェクト", "an object"),
    ("extensions", dict, "オブジェクト", "an object"),
)


def _check_types(decoded: dict[str, Any]) -> None:
    for name, expected, ja, en in _PARAMETER_TYPES:
        value = decoded.get(name)
        if value is not None and not isinstance(value, expected):
            raise _bad_request(f"{name} は{ja}にしてください", f"{name} must be {en}")


def _check_document(text: str | None) -> None:
    if text is not None and _NUL_IN_DOCUMENT.search(text):
        raise _nul_refused()


def _nul_refused() -> HttpRefusal:
    return _bad_request(
        "文字 U+0000 は使えません。取り除いてください", "the character U+0000 cannot be used; take it out"
    )


def _bad_request(message_ja: str, message_en: str) -> HttpRefusal:
    return HttpRefusal(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", message_ja, message_en)


# Headers are the client's text, so they are compared with what is usual and never kept in a cache.
_USUAL_ACCEPT: Final[Mapping[str | None, str]] = {
    None: JSON,
    "": JSON,
    "*/*": JSON,
    JSON: JSON,
    GRAPHQL_JSON: GRAPHQL_JSON,
    f"{GRAPHQL_JSON}, {JSON}": GRAPHQL_JSON,
    f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8": GRAPHQL_JSON,
}
_USUAL_CONTENT_TYPES: Final = frozenset({JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=utf-8"})
_QVALUE: Final = re.compile(r"(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


def negotiate(accept: str | None) -> str | None:
    """Choose the media type of the answer (RFC 9110, 12.5.1).

    Args:
        accept: the `Accept` header, or None if there was none.

    Returns:
        `application/graphql-response+json` where the client names it and likes it no less than
        `application/json`; `application/json` for clients that accept anything; None if neither will do.
    """
    usual = _USUAL_ACCEPT.get(accept)
    if usual is not None or accept is None:
        return usual
    ranges = [_media_range(part) for part in accept.split(",")]
    matched, graphql_quality = _quality(GRAPHQL_JSON, ranges)
    _, json_quality = _quality(JSON, ranges)
    if max(graphql_quality, json_quality) <= 0:
        return None
    is_named = matched == GRAPHQL_JSON
    return (
        GRAPHQL_JSON
        if graphql_quality > json_quality or (is_named and graphql_quality == json_quality)
        else JSON
    )


def _media_range(text: str) -> tuple[str, float]:
    """Read one range as (media type, quality); a range that asks for more than UTF-8 matches nothing."""
    media_type, *parameters = (piece.strip().lower() for piece in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media_type, float(value.strip()) if _QVALUE.fullmatch(value.strip()) else 0.0
        if not (name.strip() == "charset" and value.strip().strip('"') in {"utf-8", "utf8"}):
            quality = 0.0
    return media_type, quality


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> tuple[str, float]:
    """The most specific range that matches, and its quality."""
    for candidate in (media_type, "application/*", "*/*"):
        qualities = [quality for text, quality in ranges if text == candidate]
        if qualities:
            return candidate, max(qualities)
    return "", 0.0


def is_json(content_type: str | None) -> bool:
    """Whether a `Content-Type` header says JSON in UTF-8, and nothing that merely contains those words."""
    if content_type in _USUAL_CONTENT_TYPES:
        return True
    if content_type is None:
        return False
    media_type, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    charsets = [
        value.strip('"') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"
    ]
    return media_type == JSON and all(charset in {"utf-8", "utf8"} for charset in charsets)
