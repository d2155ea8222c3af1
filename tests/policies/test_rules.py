"""The rules: valid against their schema, deny by default, forbid before permit, one answer to one question."""

import re
from importlib.resources import files

import pytest
from cedarpy import validate_policies

from policies.actor import Actor, ActorKind, Role
from policies.rules import (
    DEFAULT_DENY,
    TENANT,
    Answer,
    Attributes,
    Question,
    decide,
    principal,
    rule_ids,
    validate,
)

SCHEMA = (files("policies") / "vault.cedarschema").read_text(encoding="utf-8")
RULES = (files("policies") / "vault.cedar").read_text(encoding="utf-8")
FORBIDDEN = re.findall(r'@id\("([^"]+)"\)\s*forbid', RULES)
ON_TENANT = [
    "register",
    "issueTokens",
    "revokeTokens",
    "listPersons",
    "listTokens",
    "giveNotice",
    "changeNumber",
    "changePerson",
    "recordDocuments",
    "recordDepartures",
    "readAudit",
    "readUses",
    "manageDisposals",
    "placeHolds",
    "readDisposals",
    "manageCampaigns",
    "verifyCollections",
    "readCollections",
    "attendDesk",
    "readDesk",
]
GIVING = ["manageAccounts", "manageClients", "manageTenant"]
ON_RIGHTS = [*GIVING, "listRights", "endRights"]
WITHDRAWING = ["withdrawContractEnd"]
ON_PURPOSE = ["prepareUse", "confirmUse", "approveUse"]
ON_DISPOSAL = ["confirmDisposal", "approveDisposal", "approveContractEnd"]
PROVEN = ["liftHolds", "exportData", "requestContractEnd"]
SEEING = ["seeSubmitted"]
ACTIONS = [*ON_TENANT, *ON_RIGHTS, *WITHDRAWING, *PROVEN, *SEEING, *ON_PURPOSE, *ON_DISPOSAL, "useNumber"]

PEOPLE = {
    "register",
    "issueTokens",
    "revokeTokens",
    "listPersons",
    "listTokens",
    "giveNotice",
    "changePerson",
    "recordDocuments",
    "recordDepartures",
}
RIGHTS = set(ON_RIGHTS)
ENDS = {
    "manageDisposals",
    "placeHolds",
    "liftHolds",
    "readDisposals",
    *ON_DISPOSAL,
    "requestContractEnd",
    *WITHDRAWING,
}
COLLECTING = {"manageCampaigns", "readCollections"}
DESK = {"attendDesk", "readDesk"}
EVERYBODY = {"useNumber"}  # asked only after prepareUse was allowed
MATRIX: dict[str, set[str]] = {
    "a human without a role": EVERYBODY,
    "an administrator": EVERYBODY
    | RIGHTS
    | ENDS
    | COLLECTING
    | DESK
    | {"listPersons", "readAudit", "readUses", "exportData"},
    "a handler": EVERYBODY
    | PEOPLE
    | COLLECTING
    | DESK
    | {
        "changeNumber",
        "readUses",
        "prepareUse",
        "confirmUse",
        "approveUse",
        "verifyCollections",
        "seeSubmitted",
    },
    "an approver": EVERYBODY
    | {"readUses", "approveUse", "readDisposals", "approveDisposal", "approveContractEnd"},
    "an auditor": EVERYBODY
    | {"listPersons", "readAudit", "readUses", "readDisposals", "readCollections", "readDesk"},
    "a client": EVERYBODY | PEOPLE | COLLECTING | {"readUses", "readAudit", "prepareUse"},
    "the operator": EVERYBODY | RIGHTS | {"readAudit", "readUses"},
}


def human(*roles: Role) -> Actor:
    return Actor(kind=ActorKind.HUMAN, tenant=1, id=1, name="tanaka", roles=frozenset(roles))


def client(*purposes: str) -> Actor:
    return Actor(kind=ActorKind.CLIENT, tenant=1, id=2, name="payroll", purposes=frozenset(purposes))


ACTORS = {
    "a human without a role": human(),
    "an administrator": human(Role.ADMINISTRATOR),
    "a handler": human(Role.HANDLER),
    "an approver": human(Role.APPROVER),
    "an auditor": human(Role.AUDITOR),
    "a client": client("TAX_GENSEN"),
    "the operator": Actor(kind=ActorKind.OPERATOR, tenant=1, id=0, name="operator"),
}


def purpose(status: str = "offered", code: str = "TAX_GENSEN") -> tuple[str, Attributes]:
    return "Purpose", (("code", code), ("status", status))


def persons(
    kind: str = "employee",
    *,
    held: bool = True,
    of_age: bool = True,
    notified: tuple[str, ...] = ("TAX_GENSEN",),
    over: tuple[str, ...] = (),
) -> tuple[str, Attributes]:
    told = frozenset(notified)
    return "Persons", (
        ("kind", kind),
        ("held", held),
        ("of_age", of_age),
        ("notified", told),
        ("over", frozenset(over)),
    )


def ask(
    actor: Actor, action: str, resource: tuple[str, Attributes] | None = None, **context: object
) -> Answer:
    """Ask about an action on what it is usually about, everything in order."""
    usual: dict[str, object]
    if action in ON_TENANT:
        about, usual = TENANT, {}
    elif action in {*ON_RIGHTS, *WITHDRAWING, *PROVEN, *SEEING}:
        about, usual = TENANT, {"recently_proven": True}
    elif action == "prepareUse":
        about, usual = purpose(), {"in_force": True}
    elif action in ON_PURPOSE:
        about, usual = purpose(), {"confirmed": False}
    elif action in ON_DISPOSAL:
        about, usual = TENANT, {"confirmed": False}
    else:
        about, usual = persons(), {"purpose": "TAX_GENSEN", "concerns": frozenset({"employee"})}
    return decide(
        Question(principal(actor), action, resource or about, tuple((usual | context).items()))  # type: ignore[arg-type]
    )


def test_the_rules_are_valid_against_their_schema() -> None:
    result = validate()
    assert result.validation_passed, result.errors
    assert not result.errors


def test_a_rule_that_speaks_of_what_is_not_there_would_be_noticed() -> None:
    wrong = (
        RULES
        + '\n@id("x") permit (principal is Client, action, resource) when { principal.roles.contains("a") };'
    )
    assert not validate_policies(wrong, SCHEMA).validation_passed


def test_the_matrix_names_every_action_of_the_schema() -> None:
    blocks = re.findall(r"^action ([^\n{]+)", SCHEMA, flags=re.MULTILINE)
    named = {name.strip() for block in blocks for name in block.split(",")}
    assert named == set(ACTIONS)


def cells() -> list[tuple[str, str, bool]]:
    return [(who, action, action in MATRIX[who]) for who in ACTORS for action in ACTIONS]


@pytest.mark.parametrize(
    ("who", "action", "allowed"),
    cells(),
    ids=[f"{who} {'may' if allowed else 'may not'} {action}" for who, action, allowed in cells()],
)
def test_who_may_do_what(who: str, action: str, allowed: bool) -> None:
    answer = ask(ACTORS[who], action)
    assert answer.allowed is allowed
    assert answer.rules or not allowed


def test_whoever_has_no_right_is_denied_by_default() -> None:
    answer = ask(human(), "register")
    assert (answer.allowed, answer.rule, answer.rules) == (False, DEFAULT_DENY, ())


def test_roles_add_up() -> None:
    everything = human(*Role)
    allowed = {action for action in ACTIONS if ask(everything, action).allowed}
    assert allowed == set(ACTIONS)


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("unknown", "purpose-unknown"),
        ("refused", "purpose-refused-by-law"),
        ("off_by_default", "purpose-off-by-default"),
    ],
)
@pytest.mark.parametrize("who", ["a handler", "a client"])
def test_a_purpose_that_is_not_offered_is_forbidden_to_those_who_may_ask(
    who: str, status: str, rule: str
) -> None:
    answer = ask(ACTORS[who], "prepareUse", purpose(status))
    assert (answer.allowed, answer.rule) == (False, rule)


def test_a_purpose_is_forbidden_before_its_first_day() -> None:
    answer = ask(human(Role.HANDLER), "prepareUse", in_force=False)
    assert (answer.allowed, answer.rule) == (False, "purpose-not-in-force")


def test_a_client_asks_for_its_own_purposes_only() -> None:
    answer = ask(client("TAX_GENSEN"), "prepareUse", purpose(code="TAX_FUYO"))
    assert (answer.allowed, answer.rule) == (False, "purpose-not-allowed-to-client")
    assert ask(client("TAX_FUYO"), "prepareUse", purpose(code="TAX_FUYO")).allowed
    assert not ask(client(), "prepareUse").allowed


@pytest.mark.parametrize("action", [*GIVING, *PROVEN])
def test_an_administrator_gives_no_rights_without_a_recent_proof(action: str) -> None:
    for actor in (human(Role.ADMINISTRATOR), human(*Role)):
        answer = ask(actor, action, recently_proven=False)
        assert (answer.allowed, answer.rule) == (False, "recent-proof-needed")


def test_a_handler_sees_no_submitted_number_without_a_recent_proof() -> None:
    for actor in (human(Role.HANDLER), human(*Role)):
        answer = ask(actor, "seeSubmitted", recently_proven=False)
        assert (answer.allowed, answer.rule) == (False, "recent-proof-needed")
    for stranger in ("an administrator", "an auditor", "a client"):
        assert ask(ACTORS[stranger], "seeSubmitted", recently_proven=False).rule == DEFAULT_DENY


@pytest.mark.parametrize("action", ["listRights", "endRights"])
def test_to_see_and_to_end_rights_needs_no_recent_proof(action: str) -> None:
    assert ask(human(Role.ADMINISTRATOR), action, recently_proven=False).allowed


@pytest.mark.parametrize("action", ON_RIGHTS)
@pytest.mark.parametrize(
    "who", ["a human without a role", "a handler", "an approver", "an auditor", "a client"]
)
def test_a_proof_gives_nobody_a_right_they_have_not_and_its_absence_tells_them_nothing(
    who: str, action: str
) -> None:
    for proven in (True, False):
        answer = ask(ACTORS[who], action, recently_proven=proven)
        assert (answer.allowed, answer.rule) == (False, DEFAULT_DENY)


@pytest.mark.parametrize("action", ON_RIGHTS)
def test_the_operator_has_no_session_and_needs_no_proof(action: str) -> None:
    assert ask(ACTORS["the operator"], action, recently_proven=False).allowed


@pytest.mark.parametrize("roles", [(Role.HANDLER,), (Role.APPROVER,), tuple(Role)])
def test_nobody_approves_what_they_confirmed(roles: tuple[Role, ...]) -> None:
    answer = ask(human(*roles), "approveUse", confirmed=True)
    assert (answer.allowed, answer.rule) == (False, "never-the-same-person-twice")


@pytest.mark.parametrize("roles", [(Role.ADMINISTRATOR,), (Role.APPROVER,), tuple(Role)])
def test_nobody_approves_the_disposal_they_confirmed(roles: tuple[Role, ...]) -> None:
    answer = ask(human(*roles), "approveDisposal", confirmed=True)
    assert (answer.allowed, answer.rule) == (False, "disposal-needs-two-people")


@pytest.mark.parametrize("roles", [(Role.ADMINISTRATOR,), (Role.APPROVER,), tuple(Role)])
def test_nobody_approves_the_end_of_the_contract_they_asked_for(roles: tuple[Role, ...]) -> None:
    answer = ask(human(*roles), "approveContractEnd", confirmed=True)
    assert (answer.allowed, answer.rule) == (False, "contract-end-needs-two-people")


def test_taking_back_the_end_of_a_contract_is_quick() -> None:
    assert ask(human(Role.ADMINISTRATOR), "withdrawContractEnd", recently_proven=False).allowed


@pytest.mark.parametrize("action", ["confirmUse", "approveUse"])
def test_a_client_never_stands_behind_a_use(action: str) -> None:
    answer = ask(client("TAX_GENSEN"), action)
    assert (answer.allowed, answer.rule) == (False, "a-use-needs-a-human")


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        (persons(held=False), "number-not-held"),
        (persons("dependent"), "not-their-purpose"),
        (persons(of_age=False), "below-the-age-of-the-document"),
        (persons(notified=()), "purpose-not-notified"),
        (persons(notified=("TAX_FUYO",)), "purpose-not-notified"),
        (persons(over=("TAX_FUYO", "TAX_GENSEN")), "retention-period-over"),
    ],
)
@pytest.mark.parametrize("who", ["a handler", "a client"])
def test_persons_whom_a_use_must_not_touch_are_forbidden(
    who: str, resource: tuple[str, Attributes], rule: str
) -> None:
    answer = ask(ACTORS[who], "useNumber", resource)
    assert (answer.allowed, answer.rule) == (False, rule)


def test_the_end_of_another_purpose_does_not_matter() -> None:
    assert ask(human(Role.HANDLER), "useNumber", persons(over=("TAX_FUYO",))).allowed


def test_several_rules_that_forbid_are_all_named_in_the_order_of_the_file() -> None:
    answer = ask(
        human(Role.HANDLER), "useNumber", persons("dependent", held=False, of_age=False, notified=())
    )
    assert answer.rules == (
        "number-not-held",
        "not-their-purpose",
        "below-the-age-of-the-document",
        "purpose-not-notified",
    )


def test_every_rule_has_an_id_and_no_id_comes_twice() -> None:
    assert len(rule_ids()) == len(re.findall(r"^(?:permit|forbid)", RULES, flags=re.MULTILINE))
    assert len(set(rule_ids())) == len(rule_ids())
    assert set(FORBIDDEN) < set(rule_ids())


def test_remembered_answers_are_not_given_to_other_questions() -> None:
    told, untold = persons(), persons(notified=())
    handler = human(Role.HANDLER)
    for _ in range(3):
        assert ask(handler, "useNumber", told).allowed
        assert not ask(handler, "useNumber", untold).allowed
        assert ask(handler, "register").allowed
        assert not ask(human(), "register").allowed
        assert not ask(handler, "useNumber", told, purpose="TAX_FUYO").allowed
        assert not ask(handler, "useNumber", told, concerns=frozenset[str]()).allowed


def test_the_same_question_is_asked_of_the_engine_once() -> None:
    decide.cache_clear()
    for _ in range(5):
        ask(client("A", "B"), "prepareUse")
        ask(client("B", "A"), "prepareUse")
    assert decide.cache_info().misses == 1


@pytest.mark.parametrize(
    "code", ['"', "\\", "'; permit (principal, action, resource);", "\x00", "目的", "A" * 10_000]
)
def test_no_text_of_a_caller_becomes_part_of_a_rule(code: str) -> None:
    assert not ask(human(), "prepareUse", purpose(code=code)).allowed
    assert ask(client(code), "prepareUse", purpose(code=code)).allowed
    assert not ask(client(code), "prepareUse", purpose(code=code + "x")).allowed


@pytest.mark.parametrize("question", [("useNumber", "Persons"), ("noSuchAction", "Tenant")])
def test_a_question_the_engine_cannot_read_allows_nothing(question: tuple[str, str]) -> None:
    action, about = question
    with pytest.raises(RuntimeError, match=f"the rules failed on action {action}"):
        decide(Question(principal(human(*Role)), action, (about, ()), ()))
