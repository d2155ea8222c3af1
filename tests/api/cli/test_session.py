"""`warifu session`: one sign-in for several commands."""

import json
import os
import signal
import sys

import pytest

from api.cli.session import Ending
from tests.support.firm import Firm
from tests.support.live import PASSWORD
from tests.support.remote import Desk, terminal

WARIFU = (sys.executable, "-m", "api.cli")


@pytest.fixture
def firm(desk: Desk) -> Firm:
    return Firm(desk)


def test_commands_inside_need_no_further_sign_in_and_it_ends_with_them(firm: Firm) -> None:
    place = firm.desk.place | firm.desk.signing_in(firm.sato)
    with terminal("session", "--", *WARIFU, "disposal", "list", "--json", environment=place) as screen:
        assert screen.end() == 0, screen.shown
    assert json.loads(screen.shown) == {"runs": [], "tasks": []}
    assert firm.desk.open_sessions == 0


def test_without_a_command_a_shell_opens_that_holds_the_session_and_no_password(firm: Firm) -> None:
    place = firm.desk.place | firm.desk.signing_in(firm.sato) | {"SHELL": "/bin/sh", "PS1": "$ "}
    with terminal("session", environment=place) as screen:
        screen.until("Signed in")
        screen.type('echo "${WARIFU_SESSION:+held} ${WARIFU_PASSWORD:-gone} ${WARIFU_LOGIN_CODE:-gone}"')
        screen.until("held gone gone")
        assert firm.desk.open_sessions == 1
        screen.type("exit 3")
        assert screen.end() == 3
    assert PASSWORD not in screen.shown
    assert firm.desk.open_sessions == 0


def test_a_command_that_is_not_there_is_told_and_the_session_ends(firm: Firm) -> None:
    done = firm.desk("session", "--", "/no/such/command", by=firm.sato, as_json=False)
    assert done.code == 1
    assert "/no/such/command" in done.text
    assert firm.desk.open_sessions == 0


def test_a_closed_window_signs_out_as_well(firm: Firm) -> None:
    place = firm.desk.place | firm.desk.signing_in(firm.sato)
    with terminal("session", "--", "/bin/sh", "-c", "echo begun; exec sleep 60", environment=place) as screen:
        screen.until("begun")
        assert firm.desk.open_sessions == 1
        screen.close()
        assert screen.end() == 129
    assert firm.desk.open_sessions == 0


def test_a_signal_that_comes_before_the_command_runs_ends_it_as_soon_as_it_does() -> None:
    ending = Ending()
    with ending.heard():
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(SystemExit) as ended:
            ending.begin()
        with pytest.raises(SystemExit):
            os.kill(os.getpid(), signal.SIGHUP)
    assert ended.value.code == 129


def test_a_window_that_closes_while_the_command_is_being_started_leaves_nothing_running(firm: Firm) -> None:
    place = firm.desk.place | firm.desk.signing_in(firm.sato)
    words = "echo pid $$.; kill -HUP $PPID; exec sleep 60"
    with terminal("session", "--", "/bin/sh", "-c", words, environment=place) as screen:
        shown = screen.until("pid ") and screen.until(".")
        assert screen.end() == 129
        with pytest.raises(ProcessLookupError):
            os.kill(int(shown.partition("pid ")[2].partition(".")[0]), 0)
    assert firm.desk.open_sessions == 0


def test_a_command_that_a_signal_ended_ends_it_as_shells_tell_it(firm: Firm) -> None:
    done = firm.desk("session", "--", "/bin/sh", "-c", "kill -9 $$", by=firm.sato, as_json=False)
    assert done.code == 137
