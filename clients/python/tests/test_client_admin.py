"""The client against a real vault: humans log in, administrators run accounts and clients."""

import pytest

from policies.actor import Role as ServerRole
from policies.totp import code_at
from tests.support.live import GENSEN, PASSWORD, Company
from warifu import ActorKind, AuthenticationError, Refused, Role, Warifu, login

OTHER_PASSWORD = "another long test passphrase"
FUYO = "TAX_FUYO"


def administrator(company: Company) -> Warifu:
    return company.login(company.human("admin", ServerRole.ADMINISTRATOR))


def test_a_human_logs_in_is_known_and_logs_out(company: Company) -> None:
    human = company.human("sato", ServerRole.HANDLER, ServerRole.AUDITOR)
    with login(company.url, company.tenant_id, "sato", PASSWORD, company.code(human)) as vault:
        viewer = vault.viewer()
        assert (viewer.kind, viewer.name) == (ActorKind.HUMAN, "sato")
        assert viewer.roles == (Role.AUDITOR, Role.HANDLER)
        vault.logout()
        with pytest.raises(AuthenticationError) as refused:
            vault.viewer()
        assert refused.value.code == "UNAUTHENTICATED"


def test_a_session_that_was_ended_elsewhere_is_no_credential_any_more(company: Company) -> None:
    human = company.human()
    first = company.login(human)
    first.change_password(PASSWORD, OTHER_PASSWORD)
    with pytest.raises(AuthenticationError):
        first.viewer()
    second = Warifu.login(company.url, company.tenant_id, human.login, OTHER_PASSWORD, company.code(human))
    with second:
        assert second.viewer().name == human.login


@pytest.mark.parametrize(("password", "right_code"), [("a wrong long passphrase", True), (PASSWORD, False)])
def test_a_wrong_password_or_code_opens_no_session(
    company: Company, password: str, *, right_code: bool
) -> None:
    human = company.human()
    code = company.code(human)
    if not right_code:
        code = str((int(code) + 1) % 10**6).zfill(6)
    with pytest.raises(Refused) as refused:
        Warifu.login(company.url, company.tenant_id, human.login, password, code)
    assert refused.value.rule
    assert password not in str(refused.value)


def test_an_administrator_opens_changes_and_ends_an_account(company: Company) -> None:
    vault = administrator(company)
    enrolment = vault.create_account("ito", "伊藤", [Role.HANDLER], PASSWORD)
    assert (enrolment.account.login, enrolment.account.roles) == ("ito", (Role.HANDLER,))
    assert len(enrolment.recovery_codes) == 10
    assert enrolment.seed.reveal() in enrolment.uri.reveal()
    assert enrolment.seed.reveal() not in repr(enrolment)
    code = code_at(enrolment.seed.reveal(), company.server.clock.advance(seconds=30))
    with Warifu.login(company.url, company.tenant_id, "ito", PASSWORD, code) as session:
        assert session.viewer().name == "ito"
    changed = vault.change_roles("ito", [Role.AUDITOR, Role.HANDLER])
    assert set(changed.roles) == {Role.AUDITOR, Role.HANDLER}
    assert vault.disable_account("ito").disabled
    assert {account.login: account.disabled for account in vault.accounts()} == {"admin": False, "ito": True}


def test_an_account_asked_for_twice_under_one_key_is_opened_once(company: Company) -> None:
    vault = administrator(company)
    first = vault.create_account("ito", "伊藤", [Role.HANDLER], PASSWORD, idempotency_key="ito")
    assert vault.create_account("ito", "伊藤", [Role.HANDLER], PASSWORD, idempotency_key="ito") == first


def test_after_ten_minutes_rights_are_given_with_another_code_only(company: Company) -> None:
    human = company.human("admin", ServerRole.ADMINISTRATOR)
    vault = company.login(human)
    company.server.clock.advance(minutes=10, seconds=1)
    with pytest.raises(Refused) as refused:
        vault.create_account("ito", "伊藤", [Role.HANDLER], PASSWORD)
    assert refused.value.rule == "recent-proof-needed"
    assert "reauthenticate" in refused.value.message_ja
    code = company.code(human)
    until = vault.reauthenticate(code)
    assert until.timestamp() * 1000 == company.server.clock() + 10 * 60_000
    assert vault.create_account("ito", "伊藤", [Role.HANDLER], PASSWORD).account.login == "ito"
    with pytest.raises(Refused) as refused:
        vault.reauthenticate(code)
    assert refused.value.rule == "code-used"
    assert code not in str(refused.value)


def test_a_second_factor_is_reset_by_an_administrator_and_every_session_ends(company: Company) -> None:
    human = company.human()
    open_one = company.login(human)
    enrolment = administrator(company).reset_second_factor(human.login)
    with pytest.raises(AuthenticationError):
        open_one.viewer()
    assert enrolment.seed.reveal() != human.seed
    code = code_at(enrolment.seed.reveal(), company.server.clock.advance(seconds=30))
    with Warifu.login(company.url, company.tenant_id, human.login, PASSWORD, code) as session:
        assert session.viewer().name == human.login


def test_a_second_factor_is_recovered_with_a_recovery_code_once(company: Company) -> None:
    human = company.human()
    place = (company.url, company.tenant_id, human.login, PASSWORD, human.recovery_codes[0])
    enrolment = Warifu.recover_second_factor(*place)
    assert enrolment.account.login == human.login
    assert enrolment.seed.reveal() != human.seed
    with pytest.raises(Refused) as refused:
        Warifu.recover_second_factor(*place)
    assert human.recovery_codes[0] not in str(refused.value)


def test_a_client_is_registered_changed_rotated_and_revoked(company: Company) -> None:
    vault = administrator(company)
    made = vault.create_client("shanai", [GENSEN])
    assert (made.client.name, made.client.purposes, made.client.revoked) == ("shanai", (GENSEN,), False)
    assert made.key.reveal() not in repr(made)
    with Warifu(company.url, made.key) as client:
        assert client.viewer().purposes == (GENSEN,)
        assert vault.change_client("shanai", [FUYO, GENSEN]).purposes == (FUYO, GENSEN)
        rotated = vault.rotate_client_key("shanai")
        assert rotated.key != made.key
        assert client.viewer().purposes == (FUYO, GENSEN)
        assert vault.revoke_client("shanai").revoked
        with pytest.raises(AuthenticationError):
            client.viewer()
    assert [(client.name, client.revoked) for client in vault.clients()] == [("shanai", True)]


def test_a_client_asked_for_twice_under_one_key_has_one_key(company: Company) -> None:
    vault = administrator(company)
    first = vault.create_client("shanai", [GENSEN], idempotency_key="shanai")
    assert vault.create_client("shanai", [GENSEN], idempotency_key="shanai") == first


def test_thresholds_are_changed_by_an_administrator_and_nobody_else(company: Company) -> None:
    settings = {"approval_over": 7, "quota_client": 100, "quota_human": 90, "quota_purpose": 80}
    tenant = administrator(company).change_tenant_settings(**settings)
    assert (tenant.approval_over, tenant.quota_client) == (7, 100)
    assert (tenant.quota_human, tenant.quota_purpose) == (90, 80)
    with pytest.raises(Refused) as refused:
        company.client().change_tenant_settings(**settings)
    assert refused.value.rule == "no-rule-permits"


@pytest.mark.parametrize("listing", ["accounts", "clients"])
def test_lists_for_administrators_are_refused_to_clients_with_the_rule(
    company: Company, listing: str
) -> None:
    vault = company.client()
    with pytest.raises(Refused) as refused:
        list(vault.accounts() if listing == "accounts" else vault.clients())
    assert refused.value.rule == "no-rule-permits"
