"""What the company does: uploads, mails, verifies, registers, uses; and what board and log say of it in the end."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest

from tests.support import cast
from tests.support.cast import AOKI, BABA, EGAWA, FUJITA, HANAKO, asked_by
from tests.support.resident import tells_where_it_was_taken
from tests.support.roll import Listed, as_text, as_workbook
from tests.support.story import GIVING, Story
from warifu import (
    CollectionState,
    DispatchKind,
    NoNumberEvidence,
    NoticeForm,
    NumberEntered,
    NumbersReleased,
    PurposeTelling,
    Refused,
    VerificationCase,
    Warifu,
)
from warifu.audit import read_export, verify_consistency, verify_log

PURPOSES: Final = ("TAX_GENSEN", "TAX_FUYO", "NP_3GO")
TODAY, DEADLINE = date(2026, 11, 22), date(2026, 12, 18)
JAPAN: Final = timezone(timedelta(hours=9))
REASON: Final = "2026年分 年末調整"


def lists_are_uploaded_and_a_campaign_begins(story: Story) -> None:
    employer, sato = story.employer, story.employer.administrator()
    employer.asks(sato, "2026年 年末調整", PURPOSES, DEADLINE)
    employer.uploads(sato, as_workbook(cast.HEAD_OFFICE))
    employer.uploads(sato, as_text(cast.BRANCH))
    assert len(employer.ids) == 300
    sato.change_kit_sender(
        "株式会社テスト", "個人番号受付センター", "135-0061", "東京都江東区豊洲9丁目99番99号", "受付"
    )


def links_are_mailed(story: Story) -> None:
    sato, postbox = story.employer.administrator(), story.installation.postbox
    story.employer.orders(sato, DispatchKind.LINK_MAIL, cast.MAIL_YEN, asked_by("メール"))
    for _ in range(2):
        story.installation.works()
    wanted = [each.email for each in cast.EVERYBODY if each.channel == "メール" and each.email]
    assert sorted(address for address, _ in postbox.taken) == sorted(wanted)
    (mail,) = postbox.to(AOKI.email)
    assert AOKI.name in str(mail["To"])
    assert "国民年金第3号被保険者の届出事務" in str(mail.get_content())


def what_came_by_phone_is_verified_and_registered(story: Story) -> None:
    tanaka = story.employer.handler()
    for person, case in ((AOKI, cast.ONLINE), (HANAKO, cast.BY_SPOUSE), (BABA, cast.ONLINE)):
        looks_at_number_and_photos(story, tanaka, person)
        verifies_and_registers(story, tanaka, person, case)
        assert story.submitted_rows(person) == 0


def looks_at_number_and_photos(story: Story, tanaka: Warifu, person: Listed) -> None:
    review = story.employer.review(tanaka, person.external_id)
    assert review.collection.state is CollectionState.ARRIVED
    assert story.submitted_rows(person) == 3
    opened = tanaka.open_submitted(review.collection.collection_id, [item.item_id for item in review.items])
    assert opened.number is not None
    assert opened.number.reveal() == story.number(person)
    assert [tells_where_it_was_taken(each.image) for each in opened.images] == [False, False]


def verifies_and_registers(story: Story, tanaka: Warifu, person: Listed, case: VerificationCase) -> None:
    shown = story.shown(tanaka, person)
    done = tanaka.verify_collection(shown.collection_id, case, shown.revision)
    assert (done.state, done.verification.faults) == (CollectionState.VERIFIED, ())
    registered = tanaka.register_collections([shown.collection_id])
    assert registered.rejections == ()
    (story.tokens[person.external_id],) = registered.tokens


def somebody_has_no_number(story: Story) -> None:
    collection = story.employer.ids[EGAWA.external_id]
    evidence = NoNumberEvidence.ABROAD_SINCE_BEFORE_2015_10
    done = story.employer.handler().record_no_number([collection], evidence)
    assert done.states == (CollectionState.NOT_ASSIGNED,)


def somebody_comes_to_the_counter(story: Story) -> None:
    tanaka, person = story.employer.handler(), FUJITA.external_id
    draft = tanaka.draft_purpose_notice(NoticeForm.DOCUMENT, PURPOSES)
    telling = PurposeTelling(NoticeForm.DOCUMENT, PURPOSES, draft.text, TODAY)
    assert tanaka.give_purpose_notice([person], telling).persons == 1
    done = tanaka.enter_number(story.employer.ids[person], story.number(FUJITA), cast.AT_THE_COUNTER)
    assert isinstance(done, NumberEntered)
    story.tokens[person] = done.token


def numbers_are_used_for_a_purpose_people_were_told_of(story: Story) -> None:
    """With the handler's tokens: prepared, then confirmed with a one-time code; and for no other purpose."""
    tanaka, clerk, company = story.employer.handler(), story.employer.clerk, story.employer.company
    prepared = tanaka.prepare_use([story.tokens[each.external_id] for each in GIVING], "TAX_GENSEN", REASON)
    assert prepared.rejections == ()
    released = tanaka.confirm_use(prepared, company.code(clerk))
    assert isinstance(released, NumbersReleased)
    assert [each.reveal() for each in released.numbers] == [story.number(each) for each in GIVING]
    with pytest.raises(Refused) as untold:
        tanaka.prepare_use(list(story.tokens.values()), "EI_SHUTOKU", "資格取得届")
    assert untold.value.rule == "no-persons"


def the_board_tells_who_stands_where_since_when_and_what_it_cost(story: Story) -> None:
    board = story.employer.administrator().campaign(story.employer.campaign)
    assert board is not None
    settled = {
        CollectionState.REGISTERED: len(GIVING),
        CollectionState.REFUSED: 1,
        CollectionState.NOT_ASSIGNED: 1,
        CollectionState.INSTRUCTED: len(asked_by("対面")) - 2,
    }
    silent = 300 - sum(settled.values())
    assert {state: count for state, count in board.counts.items() if count} == {
        **settled,
        CollectionState.DISTRIBUTED: silent,
    }
    by_mail = len(asked_by("メール")) - 1  # one household of two got one mail
    counts = [by_mail, len(asked_by("QR")), len(asked_by("郵送")) + 1, silent]
    prices = [cast.MAIL_YEN, cast.QR_YEN, cast.KIT_YEN, cast.POSTCARD_YEN]
    assert board.sent == sum(counts)
    assert board.cost_yen == sum(count * yen for count, yen in zip(counts, prices, strict=True))
    days = {each.state: (day_of(each.first_at), day_of(each.last_at)) for each in board.states if each.count}
    assert days == {
        CollectionState.INSTRUCTED: (TODAY, TODAY),
        CollectionState.DISTRIBUTED: (TODAY, TODAY),
        CollectionState.REFUSED: (TODAY, TODAY),
        CollectionState.NOT_ASSIGNED: (TODAY, TODAY),
        CollectionState.REGISTERED: (TODAY, TODAY + timedelta(days=10)),
    }


def day_of(moment: datetime | None) -> date:
    """The day in Japan."""
    assert moment is not None
    return moment.astimezone(JAPAN).date()


def the_log_is_whole(story: Story, place: Path) -> None:
    """An auditor's copy of it is what the server signed, and goes on from what it had signed at the beginning."""
    kansa = story.employer.auditor()
    log = kansa.export_log(place / "log.jsonl")
    assert log.verifier_key == story.begun.verifier_key
    whole = verify_log(read_export(place / "log.jsonl"), log.checkpoint, log.verifier_key)
    assert whole.size == log.size > 1_000
    path = kansa.audit_consistency(story.begun.size, log.size)
    verify_consistency(story.begun.checkpoint, log.checkpoint, path, log.verifier_key)
