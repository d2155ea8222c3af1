"""Numbers here are synthetic."""

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from api.logs import IN_FORCE, KEYS, locate, uvicorn_options
from tests.support.capture import Captured, capturing

NUMBER = "123456789018"


@pytest.fixture
def captured() -> Iterator[Captured]:
    with capturing() as stream:
        yield stream


def quote(text: str) -> None:
    raise ValueError(f"quotes {text}") from KeyError(text)


def fail_with(text: str) -> ValueError:
    with pytest.raises(ValueError, match="quotes") as caught:
        quote(text)
    return caught.value


def test_a_line_is_json_with_level_and_time(captured: Captured) -> None:
    structlog.get_logger().info("request", status=200)
    line = captured.line("request")
    assert (line["level"], line["status"]) == ("info", 200)
    assert datetime.fromisoformat(line["timestamp"]).tzinfo == UTC


def test_keys_off_the_list_are_dropped_and_counted() -> None:
    dropped: list[int] = []
    with capturing(on_dropped=dropped.append) as stream:
        structlog.get_logger().info("request", status=200, number=NUMBER, body="x")
        structlog.get_logger().info("request", status=201)
    first, second = stream.lines
    assert dropped == [2]
    assert first["dropped"] == 2
    assert "number" not in first
    assert "body" not in first
    assert "dropped" not in second


def test_keys_may_be_added_to_the_list() -> None:
    with capturing(keys={"tenant_count"}) as stream:
        structlog.get_logger().info("sweep", tenant_count=3)
    assert stream.line("sweep")["tenant_count"] == 3


def test_levels_below_the_one_asked_for_are_not_written() -> None:
    with capturing(level="WARNING") as stream:
        structlog.get_logger().info("quiet")
        logging.getLogger("uvicorn.error").info("quiet")
        structlog.get_logger().warning("loud")
    assert [line["event"] for line in stream.lines] == ["loud"]


SPELLINGS = {
    "plain": NUMBER,
    "in a sentence": f"number {NUMBER}, please",
    "in groups": "1234 5678 9018",
    "with hyphens": "1234-5678-9018",
    "with prolonged sound marks": "1234ー5678ー9018",
    "full-width": "１２３４５６７８９０１８",
    "longer": f"9{NUMBER}9",
    "an integer": int(NUMBER),
    "a float": float(NUMBER),
    "a negative integer": -int(NUMBER),
    "in a list": ["a", [NUMBER]],
    "in a mapping": {"a": NUMBER},
    "in bytes": NUMBER.encode(),
    "in an object that spells itself out": ValueError(NUMBER),
}


@pytest.mark.parametrize("value", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_run_of_twelve_digits_is_blanked_however_it_is_spelled(captured: Captured, value: object) -> None:
    structlog.get_logger().info(f"event {value}" if isinstance(value, str) else "event", reason=value)
    for spelling in (
        NUMBER,
        "1234 5678 9018",
        "1234-5678-9018",
        "1234ー5678ー9018",
        "１２３４５６７８９０１８",
    ):
        assert spelling not in captured.text


@pytest.mark.parametrize("value", ["2026-11-22", "10.0.200.100", 99_999_999_999, 1.5, True, None, "ABCD1234"])
def test_what_is_no_number_is_left_alone(captured: Captured, value: object) -> None:
    structlog.get_logger().info("event", reason=value)
    assert captured.line("event")["reason"] == value


def test_an_exception_is_its_class_and_its_places(captured: Captured) -> None:
    structlog.get_logger().error("broken", exc_info=fail_with(NUMBER))
    line = captured.line("broken")
    assert (line["error"], line["causes"]) == ("ValueError", ["KeyError"])
    assert "quote" in line["where"][-1]
    assert NUMBER not in captured.text
    assert "quotes" not in captured.text


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert locate(first)["causes"] == ["KeyError"]


def test_the_text_of_other_peoples_loggers_is_withheld(captured: Captured) -> None:
    logging.getLogger("sqlalchemy.engine").warning("parameters: %s", "a password")
    logging.getLogger("strawberry.execution").error(
        ValueError("a password"), exc_info=fail_with("a password")
    )
    assert "a password" not in captured.text
    assert [(line["logger"], line["event"]) for line in captured.lines] == [
        ("sqlalchemy.engine", "text withheld"),
        ("strawberry.execution", "text withheld"),
    ]
    assert captured.lines[1]["error"] == "ValueError"


def test_the_text_of_a_trusted_logger_is_written_and_masked(captured: Captured) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d] for %s", 7, NUMBER)
    assert captured.line("Started server process [7] for ****")["logger"] == "uvicorn.error"


def test_the_access_log_of_uvicorn_stays_silent(
    captured: Captured, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("uvicorn.access").warning("GET /%s", NUMBER)
    assert captured.lines == []
    assert capfd.readouterr().err == ""
    assert uvicorn_options() == {"log_config": None, "access_log": False}


async def test_a_task_nobody_waited_for_does_not_print_its_exception(
    captured: Captured, capfd: pytest.CaptureFixture[str]
) -> None:
    loop = asyncio.get_running_loop()
    error = fail_with(NUMBER)
    loop.call_exception_handler({"message": f"Task exception {NUMBER}", "exception": error})
    assert captured.line("text withheld")["logger"] == "asyncio"
    printed = capfd.readouterr()
    assert NUMBER not in captured.text + printed.out + printed.err


def test_uncaught_exceptions_are_logged_and_not_printed(
    captured: Captured, capfd: pytest.CaptureFixture[str]
) -> None:
    error = fail_with(NUMBER)
    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=lambda: (_ for _ in ()).throw(error))
    thread.start()
    thread.join()
    assert [line["event"] for line in captured.lines] == ["uncaught exception"] * 2
    printed = capfd.readouterr()
    assert NUMBER not in captured.text + printed.out + printed.err


def test_an_interrupt_from_the_keyboard_is_no_failure(captured: Captured) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert captured.lines == []


def test_the_request_id_in_force_is_on_every_line(captured: Captured) -> None:
    before = IN_FORCE.set("abc")
    structlog.get_logger().info("inside")
    logging.getLogger("uvicorn.error").info("inside too")
    IN_FORCE.reset(before)
    structlog.get_logger().info("outside")
    assert [line.get("request_id") for line in captured.lines] == ["abc", "abc", None]


def test_no_key_on_the_list_invites_a_value() -> None:
    assert KEYS.isdisjoint(
        {"number", "token", "body", "query", "variables", "headers", "path", "tenant", "password"}
    )
