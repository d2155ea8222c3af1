"""The words of purpose notices: three forms, every purpose by its name, and what is drafted can be given."""

from datetime import date

import pytest

from custody.collection.notice import NoticeForm
from custody.collection.notice_text import (
    NoticeDraft,
    draft_campaign_notice,
    draft_notice,
    notice_text,
    purposes_of,
)
from custody.collection.telling import Telling, Told, give_purpose_notice
from policies.actor import Role
from policies.free_text import contains_number
from policies.purposes import load_catalogue
from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import rule_of
from tests.support.world import GENSEN

TODAY = date(2026, 11, 22)
OFFERED = load_catalogue().offered()


@pytest.mark.parametrize("form", NoticeForm)
def test_every_form_names_company_day_and_each_purpose_in_both_languages(form: NoticeForm) -> None:
    text = notice_text(form, "株式会社試験", OFFERED, TODAY, "総務部 03-0000-0000")
    japanese, english = text.split("-" * 40)
    assert "2026年11月22日" in japanese
    assert "2026-11-22" in english
    for half in (japanese, english):
        assert "株式会社試験" in half
        assert "総務部 03-0000-0000" in half
    for purpose in OFFERED:
        assert purpose.name.ja in japanese
        assert purpose.name.en in english
    assert len(text) <= 10_000
    assert not contains_number(text)


def test_the_three_forms_speak_to_different_people() -> None:
    texts = {form: notice_text(form, "株式会社試験", OFFERED[:1], TODAY) for form in NoticeForm}
    assert len(set(texts.values())) == len(NoticeForm)
    assert "扶養親族" in texts[NoticeForm.DOCUMENT]
    assert "公表" in texts[NoticeForm.WEB_PAGE]
    assert "支払を受ける方" in texts[NoticeForm.LETTER]


def test_without_anybody_to_ask_the_sentence_is_left_out() -> None:
    text = notice_text(NoticeForm.LETTER, "株式会社試験", OFFERED[:1], TODAY)
    assert "お問い合わせ" not in text
    assert "Questions" not in text


def test_a_notice_without_a_purpose_is_none() -> None:
    with pytest.raises(ValueError, match="purpose"):
        notice_text(NoticeForm.DOCUMENT, "株式会社試験", [], TODAY)


def test_purposes_stand_in_the_order_of_the_catalogue() -> None:
    codes = [each.code for each in purposes_of(load_catalogue(), ["SI_SHUTOKU", "NO_SUCH", GENSEN])]
    assert codes == [GENSEN, "SI_SHUTOKU"]


async def test_what_is_drafted_for_a_campaign_can_be_given(collecting: Collecting) -> None:
    await collecting.add("E1")
    now = collecting.world.clock()
    drafted = await draft_campaign_notice(
        collecting.custodian,
        collecting.handler,
        collecting.campaign.public_id,
        NoticeForm.DOCUMENT,
        now,
    )
    assert isinstance(drafted, NoticeDraft)
    assert drafted.purposes == (GENSEN,)
    assert collecting.world.tenant.name in drafted.text
    telling = Telling(drafted.form, frozenset(drafted.purposes), drafted.text, TODAY)
    told = await give_purpose_notice(collecting.custodian, collecting.handler, ["E1"], telling, now)
    assert isinstance(told, Told)
    assert told.persons == 1


async def test_nothing_is_drafted_for_what_may_not_be_told(collecting: Collecting) -> None:
    async def rule(*codes: str) -> str:
        drafted = await draft_notice(
            collecting.custodian, collecting.handler, NoticeForm.DOCUMENT, frozenset(codes), 0
        )
        return rule_of(drafted)

    assert await rule() == "purpose-unknown"
    assert await rule("NO_SUCH") == "purpose-unknown"
    assert await rule("RO_NENKIN") == "purpose-refused-by-law"


@pytest.mark.parametrize("contact", [synthetic_numbers(1, seed=31)[0], "総務部\n株式会社別", "あ" * 201])
async def test_whom_to_ask_is_one_line_without_a_number(collecting: Collecting, contact: str) -> None:
    drafted = await draft_notice(
        collecting.custodian, collecting.handler, NoticeForm.DOCUMENT, frozenset({GENSEN}), 0, contact
    )
    assert rule_of(drafted) == "notice-invalid"


async def test_a_campaign_that_is_not_there_and_somebody_who_may_not_look_get_no_draft(
    collecting: Collecting,
) -> None:
    now = collecting.world.clock()
    nowhere = await draft_campaign_notice(
        collecting.custodian, collecting.handler, "cmp_1", NoticeForm.WEB_PAGE, now
    )
    assert rule_of(nowhere) == "campaign-unknown"
    approver = (await collecting.world.human("suzuki", Role.APPROVER)).actor
    campaign = collecting.campaign.public_id
    refused = await draft_campaign_notice(collecting.custodian, approver, campaign, NoticeForm.WEB_PAGE, now)
    assert rule_of(refused) == "no-rule-permits"


def test_a_purpose_that_needs_consent_says_so_and_no_other_does() -> None:
    needing = [each for each in load_catalogue().purposes.values() if each.needs_consent]
    assert needing
    text = notice_text(NoticeForm.WEB_PAGE, "株式会社試験", [*needing, OFFERED[0]], TODAY)
    assert text.count("(ご本人の同意が必要です)") == text.count("(needs your consent)") == len(needing)
