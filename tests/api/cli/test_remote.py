"""How commands sign in at a running server, and what they say when they cannot."""

import json
import os
import shlex
import subprocess
import sys

import pytest
import typer

from api.cli.output import Json, console, show
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, proven, signed_in
from policies.actor import Role
from tests.support.live import Company, Human
from tests.support.remote import Desk, refused, session_of, terminal

app = typer.Typer()


@app.command()
def who(
    endpoint: Endpoint = LOCAL, login: Login = "", tenant: RemoteTenant = "", as_json: Json = False
) -> None:
    viewer = signed_in(Remote(endpoint, login, tenant), lambda vault: vault.viewer(), as_json)
    show({"name": viewer.name}, as_json, lambda: console.print(viewer.name))


@app.command()
def lift(
    endpoint: Endpoint = LOCAL, login: Login = "", tenant: RemoteTenant = "", as_json: Json = False
) -> None:
    """What needs a code of the last minutes."""
    done = signed_in(
        Remote(endpoint, login, tenant),
        lambda vault: proven(vault, lambda: vault.lift_holds(["hold_1"], "和解")),
        as_json,
    )
    show({"rejections": [row.code for row in done.rejections]}, as_json, lambda: None)


@pytest.fixture
def sato(company: Company) -> Human:
    return company.human("sato", Role.ADMINISTRATOR)


def test_who_has_password_and_code_in_the_environment_is_signed_in_and_out_again(
    desk: Desk, sato: Human
) -> None:
    assert desk("who", by=sato, app=app).json == {"name": "sato"}
    assert desk("who", by=sato, app=app, as_json=False).text == "sato\n"
    assert desk.open_sessions == 0


def test_a_session_in_the_environment_is_used_and_left_open(desk: Desk, sato: Human) -> None:
    session = session_of(desk.company, sato)
    assert desk("who", app=app, SESSION=session).json == {"name": "sato"}
    assert desk("who", app=app, SESSION=session, LOGIN="sato").json == {"name": "sato"}
    assert desk.open_sessions == 1


def test_a_clients_key_in_the_environment_is_used(desk: Desk) -> None:
    assert desk("who", app=app, CLIENT_KEY=desk.company.key()).json == {"name": "payroll"}


def test_nothing_is_done_with_the_session_of_somebody_else(desk: Desk, sato: Human) -> None:
    done = desk("who", app=app, SESSION=session_of(desk.company, sato), LOGIN="suzuki")
    assert refused(done) == "SESSION"
    assert "WARIFU_SESSION" in done.json["error"]["message_en"]


def test_a_session_that_has_ended_is_told(desk: Desk, sato: Human) -> None:
    session = session_of(desk.company, sato)
    desk.company.server.clock.advance(minutes=16)
    assert refused(desk("who", app=app, SESSION=session)) == "UNAUTHENTICATED"


@pytest.mark.parametrize("held", ["no key", "wfs_\n"])
def test_a_credential_that_is_none_is_refused_without_being_repeated(desk: Desk, held: str) -> None:
    done = desk("who", app=app, SESSION=held)
    assert refused(done) == "REMOTE"
    assert held not in done.text


@pytest.mark.parametrize("lacking", ["LOGIN", "TENANT", "PASSWORD", "LOGIN_CODE"])
def test_without_a_terminal_what_lacks_is_named_by_its_variable(
    desk: Desk, sato: Human, lacking: str
) -> None:
    done = desk("who", by=sato, app=app, **{lacking: None})
    assert refused(done) == ("SIGN_IN" if lacking in {"LOGIN", "TENANT"} else "TERMINAL")
    assert f"WARIFU_{lacking}" in done.json["error"]["message_ja"]
    assert f"WARIFU_{lacking}" in done.json["error"]["message_en"]


def test_a_server_that_is_not_there_is_told(desk: Desk, sato: Human) -> None:
    done = desk("who", by=sato, app=app, ENDPOINT="http://127.0.0.1:9")
    assert refused(done) == "NO_ANSWER"
    assert "127.0.0.1:9" in done.json["error"]["message_en"]


def test_numbers_do_not_travel_unencrypted(desk: Desk, sato: Human) -> None:
    assert refused(desk("who", by=sato, app=app, ENDPOINT="http://vault.example")) == "REMOTE"


def test_a_wrong_password_and_a_wrong_code_are_told_and_not_repeated(desk: Desk, sato: Human) -> None:
    wrong = desk("who", by=sato, app=app, PASSWORD="quite another passphrase")
    assert refused(wrong) == "account-unknown"
    assert "quite another passphrase" not in wrong.text
    assert refused(desk("who", by=sato, app=app, LOGIN_CODE="abcdef")) == "code-wrong"


def test_a_code_is_good_once(desk: Desk, sato: Human) -> None:
    code = desk.company.code(sato)
    assert desk("who", by=sato, app=app, LOGIN_CODE=code).code == 0
    assert desk("who", by=sato, app=app, LOGIN_CODE=code).code == 1


def test_people_read_on_standard_error_what_stopped_a_command(desk: Desk, sato: Human) -> None:
    done = desk("who", by=sato, app=app, as_json=False, PASSWORD="quite another passphrase")
    assert (done.code, done.out) == (1, "")
    assert "account-unknown" in done.text


def test_a_session_that_was_not_proven_lately_is_proven_with_another_code(desk: Desk, sato: Human) -> None:
    session = session_of(desk.company, sato)
    desk.company.server.clock.advance(minutes=14)
    code = desk.company.code(sato)
    assert refused(desk("lift", app=app, SESSION=session)) == "TERMINAL"
    assert desk("lift", app=app, SESSION=session, CODE=code).json["rejections"] == ["HOLD_UNKNOWN"]


def test_who_answers_nothing_at_a_terminal_has_stopped_the_command(desk: Desk, sato: Human) -> None:
    with terminal("disposal", "list", environment=desk.place | {"WARIFU_LOGIN": "sato"}) as screen:
        screen.until("password of sato")
        screen.type("\x04")
        assert screen.end() == 1
    assert "Traceback" not in screen.shown


def test_a_process_without_standard_input_is_told_what_to_set(desk: Desk, sato: Human) -> None:
    command = f"exec {shlex.quote(sys.executable)} -m api.cli disposal list --json --login sato <&-"
    environment = {name: value for name, value in {**os.environ, **desk.place}.items() if value}
    done = subprocess.run(
        ["/bin/sh", "-c", command], check=False, env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "TERMINAL"
    assert b"Traceback" not in done.stderr
