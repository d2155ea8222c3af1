"""`warifu tenant`, `client` and `handler`: what an operator does is in the tenant's log as well."""

from pathlib import Path

import pytest

from tests.support.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    made = Command(tmp_path)
    made.init()
    return made


def test_clients_are_created_listed_rotated_narrowed_and_revoked(command: Command) -> None:
    made = command.on("client", "create", "accounting", "--purpose", "TAX_GENSEN").json
    assert made["purposes"] == ["TAX_GENSEN"]
    rotated = command.on("client", "rotate", "accounting").json
    assert rotated["client_key"] != made["client_key"]
    assert command.on("client", "purposes", "accounting", "--purpose", "TAX_FUYO").json["purposes"] == [
        "TAX_FUYO"
    ]
    assert command.on("client", "revoke", "accounting").json["revoked"] is True
    listed = {client["client"]: client["revoked"] for client in command.on("client", "list").json["clients"]}
    assert listed == {"payroll": False, "accounting": True}


def test_a_client_cannot_be_given_a_purpose_that_the_law_refuses(command: Command) -> None:
    done = command.on("client", "create", "accounting", "--purpose", "RO_NENKIN")
    assert done.code == 1
    assert done.json["error"]["code"] == "purpose-refused-by-law"


def test_a_name_that_is_taken_is_refused(command: Command) -> None:
    done = command.on("client", "create", "payroll")
    assert (done.code, done.json["error"]["code"]) == (1, "name-taken")


def test_handlers_are_created_given_roles_reset_and_disabled(command: Command) -> None:
    made = command.on("handler", "create", "sato", "--name", "佐藤 花子", "--role", "approver").json
    assert made["roles"] == ["approver"]
    assert command.on("handler", "roles", "sato", "--role", "auditor").json["roles"] == ["auditor"]
    assert command.on("handler", "reset", "sato").json["one_time_code_seed"] != made["one_time_code_seed"]
    assert command.on("handler", "disable", "sato").json["disabled"] is True
    listed = {
        account["handler"]: account["disabled"] for account in command.on("handler", "list").json["handlers"]
    }
    assert listed == {"handler": False, "sato": True}


def test_the_last_administrator_stays(command: Command) -> None:
    done = command.on("handler", "disable", "handler")
    assert (done.code, done.json["error"]["code"]) == (1, "last-administrator")


def test_with_several_tenants_a_command_asks_which_one(command: Command) -> None:
    other = command.on("tenant", "create", "別の株式会社").json
    undecided = command.on("client", "list")
    assert (undecided.code, undecided.json["error"]["code"]) == (1, "TENANT")
    assert other["tenant"] in undecided.json["error"]["message_en"]
    assert command.on("client", "list", "--tenant", other["tenant"]).json == {"clients": []}
    assert len(command.on("tenant", "list").json["tenants"]) == 2


def test_tables_for_people_show_the_same(command: Command) -> None:
    shown = command.on("client", "list", as_json=False)
    assert "payroll" in shown.text
    assert "handler" in command.on("handler", "list", as_json=False).text
    assert "サンプル" in command.on("tenant", "list", as_json=False).text
