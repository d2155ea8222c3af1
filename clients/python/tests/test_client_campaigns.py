"""The client against a real vault: a campaign from a list of people to tokens, with what is sent, seen and decided.

Every number here is synthetic.
"""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from PIL import Image

from policies.actor import Role as ServerRole
from tests.support.live import GENSEN, Company
from tests.support.numbers import synthetic_numbers
from tests.support.pictures import picture
from warifu import (
    AgencyKind,
    Agent,
    ClosingReason,
    Collection,
    CollectionChannel,
    CollectionState,
    DispatchKind,
    Exempted,
    IdentityExemption,
    InvitedColumns,
    NoNumberEvidence,
    NoticeForm,
    NumberEntered,
    NumberState,
    NumberSubmitted,
    Particular,
    PurposeTelling,
    RefusalOutcome,
    Refused,
    RowRejection,
    ShownDocument,
    VerificationCase,
    VerificationChannel,
    VerificationRefused,
    VerificationSubject,
    Warifu,
)
from warifu.people_list import read_people_list

FIRST, SECOND = synthetic_numbers(2, seed=815)
DEADLINE, ASKED = date(2027, 1, 31), date(2026, 11, 20)
NOTICE = PurposeTelling(NoticeForm.DOCUMENT, [GENSEN], "源泉徴収票の作成に利用します。", ASKED)
CARD = ShownDocument(
    "MY_NUMBER_CARD",
    [Particular.NAME, Particular.BIRTH_DATE],
    expires_on=date(2030, 1, 1),
    original=True,
)
SEEN = VerificationCase(
    VerificationSubject.EMPLOYEE,
    VerificationChannel.FACE_TO_FACE,
    number_agrees=True,
    number=[CARD],
    identity=[CARD],
)

UNPROVEN = replace(SEEN, identity=[])


class Season:
    """A campaign at a company."""

    def __init__(self, company: Company) -> None:
        self.company_sends = company.login(company.human("sato", ServerRole.ADMINISTRATOR))
        self.payroll = company.client()
        self.desk: Warifu = company.login(company.human("tanaka"))
        self.campaign = self.company_sends.create_campaign("年末調整", [GENSEN], DEADLINE).campaign_id

    def add(self, *external_ids: str, channel: str = CollectionChannel.DIRECT) -> list[str]:
        columns = InvitedColumns(external_ids, [channel] * len(external_ids))
        added = self.payroll.add_to_campaign(self.campaign, columns)
        assert (added.added, added.rejections) == (len(external_ids), ())
        return [made for made in added.collection_ids if made]

    def shown(self, collection_id: str) -> Collection:
        review = self.desk.collection(collection_id)
        assert review is not None
        return review.collection


@pytest.fixture
def season(company: Company) -> Season:
    return Season(company)


def test_a_list_of_people_becomes_a_campaign_and_papers_become_tokens(season: Season) -> None:
    listed = "社員番号,氏名,収集方法,郵便番号,住所\nE-1,割符 花子,郵送,100-0001,東京都千代田区\nE-2,割符 次郎,郵送,,\n"
    people = read_people_list(listed.encode()).people
    added = season.payroll.add_to_campaign(season.campaign, InvitedColumns.of_people(people))
    first, second = (made for made in added.collection_ids if made)
    ordered = season.company_sends.order_dispatches(season.campaign, [first, second], DispatchKind.KIT, 800)
    assert (ordered.count, ordered.pieces, ordered.cost_yen, ordered.rejections) == (2, 2, 1_600, ())
    assert ordered.order_id is not None
    sent = season.payroll.record_dispatched(ordered.order_id, NOTICE)
    assert (sent.count, sent.pieces, sent.cost_yen, sent.void) == (2, 2, 1_600, 0)
    (given,) = season.payroll.purpose_notices("E-1")
    assert (given.text, given.told_on) == (NOTICE.text, ASKED)

    moved = season.desk.record_arrivals([first, second])
    assert moved.states == (CollectionState.ARRIVED,) * 2
    season.desk.record_deficiencies([second], ["IMAGE_BLURRED"])
    (reason,) = season.shown(second).reasons
    assert reason.words.ja.startswith("画像がぼやけて")
    assert reason in season.payroll.deficiencies()

    (front,) = season.desk.submit_image(first, "MY_NUMBER_CARD", picture(), side="front")
    typed = season.desk.submit_number(first, FIRST)
    assert isinstance(typed, NumberSubmitted)
    review = season.desk.collection(first)
    assert review is not None
    opened = season.desk.open_submitted(first, [item.item_id for item in review.items])
    assert opened.number is not None
    assert opened.number.reveal() == FIRST
    assert FIRST not in repr(opened)
    assert [each.item_id for each in opened.images] == [front.item_id]
    with Image.open(BytesIO(opened.images[0].image)) as image:
        assert image.format == "JPEG"

    by_post = replace(SEEN, channel=VerificationChannel.POST)
    unfit = replace(by_post, identity=[ShownDocument("NUMBER_NOTICE", [Particular.NAME])])
    refused = season.desk.verify_collection(first, unfit, typed.revision)
    assert not refused.verification.accepted
    assert all(fault.basis and fault.words.en for fault in refused.verification.faults)
    assert "NOTIFICATION_LETTER" in {each.code for each in refused.deficiencies}
    accepted = season.desk.verify_collection(first, by_post, refused.revision)
    assert (accepted.state, accepted.verification.faults) == (CollectionState.VERIFIED, ())
    registered = season.desk.register_collections([first])
    assert registered.rejections == ()
    assert registered.tokens[0] not in repr(registered)
    assert season.shown(first).person.number_state is NumberState.HELD

    board = season.company_sends.campaign(season.campaign)
    assert board is not None
    assert (board.sent, board.cost_yen) == (2, 1_600)
    assert board.counts[CollectionState.REGISTERED] == board.counts[CollectionState.DEFICIENT] == 1
    (waiting,) = season.payroll.collections(season.campaign, state=CollectionState.DEFICIENT)
    assert (waiting.person.external_id, waiting.person.name) == ("E-2", "割符 次郎")


def test_images_are_kept_for_as_long_as_the_campaign_says_and_the_board_tells_until_when(
    company: Company,
) -> None:
    season = Season(company)
    campaign = season.company_sends.create_campaign("保存", [GENSEN], DEADLINE, papers_days=30)
    assert campaign.papers_days == 30
    season.campaign = campaign.campaign_id
    (one,) = season.add("E-1", channel=CollectionChannel.KIT)
    season.payroll.give_purpose_notice(["E-1"], NOTICE)
    (image,) = season.desk.submit_image(one, "MY_NUMBER_CARD", picture(), side="front")
    typed = season.desk.submit_number(one, FIRST)
    assert isinstance(typed, NumberSubmitted)
    season.desk.verify_collection(one, replace(SEEN, channel=VerificationChannel.POST), typed.revision)
    assert season.desk.register_collections([one]).rejections == ()
    board = season.company_sends.campaign(season.campaign)
    assert board is not None
    assert (board.papers, board.papers_first_at) == (1, board.papers_last_at)
    until = season.shown(one).papers_until
    assert until is not None
    assert until == board.papers_last_at
    review = season.desk.collection(one)
    assert review is not None
    assert [each.item_id for each in review.items] == [image.item_id]


def test_a_purpose_notice_is_worded_and_then_given_as_it_was_worded(season: Season) -> None:
    season.add("E-1")
    drafted = season.payroll.draft_purpose_notice(NoticeForm.LETTER, [GENSEN], contact="人事部")
    assert (drafted.form, drafted.purposes) == (NoticeForm.LETTER, (GENSEN,))
    assert "人事部" in drafted.text
    assert drafted.text not in repr(drafted)
    season.payroll.give_purpose_notice(["E-1"], replace(NOTICE, form=drafted.form, text=drafted.text))
    (given,) = season.payroll.purpose_notices("E-1")
    assert given.text.split() == drafted.text.split()
    with pytest.raises(Refused) as refused:
        season.payroll.draft_purpose_notice(NoticeForm.DOCUMENT, ["FUN"])
    assert refused.value.rule == "purpose-unknown"


def test_a_number_is_taken_at_the_counter_or_it_is_said_why_not(season: Season) -> None:
    (one,) = season.add("E-1")
    untold = season.desk.enter_number(one, FIRST, SEEN)
    assert isinstance(untold, RowRejection)
    assert untold.code == "PURPOSE_NOT_NOTIFIED"
    told = season.payroll.give_purpose_notice(["E-1", "nobody"], NOTICE)
    assert (told.persons, [each.row for each in told.rejections]) == (1, [1])
    nothing = VerificationCase(SEEN.subject, SEEN.channel, number_agrees=True)
    refused = season.desk.enter_number(one, FIRST, nothing)
    assert isinstance(refused, VerificationRefused)
    assert {each.finding for each in refused.faults} == {"NUMBER_MISSING", "IDENTITY_MISSING"}
    done = season.desk.enter_number(one, FIRST, SEEN, revision=1)
    assert isinstance(done, NumberEntered)
    assert done.token not in repr(done)
    with pytest.raises(Refused) as again:
        season.desk.enter_number(one, SECOND, SEEN)
    assert again.value.rule == "collection-step-not-allowed"


def test_exemptions_and_agents_are_told_to_the_rules(season: Season) -> None:
    (one,) = season.add("E-1")
    season.desk.submit_number(one, FIRST)
    letter = ShownDocument("POWER_OF_ATTORNEY", [Particular.NAME], original=True, signed=True)
    agent = Agent(AgencyKind.VOLUNTARY, authority=[letter], identity=[CARD])
    hired = Exempted(IdentityExemption.HIRED, "sato", date(2026, 4, 1), perceived=True)
    for proof in ({"agent": agent}, {"exempted": hired}):
        done = season.desk.verify_collection(one, replace(UNPROVEN, **proof), season.shown(one).revision)
        assert done.verification.faults == (), proof
        season.desk.record_deficiencies([one], ["IMAGE_CUT"])
        season.desk.submit_number(one, FIRST)


def test_collections_end_without_a_number(season: Season) -> None:
    declined, abroad, left = season.add("E-1", "E-2", "E-3")
    refused = season.desk.record_refusals([declined], RefusalOutcome.NO_ANSWER, ASKED, revisions=[1])
    assert refused.states == (CollectionState.REFUSED,)
    assert season.shown(declined).asked_on == ASKED
    none = season.desk.record_no_number([abroad], NoNumberEvidence.NEVER_RESIDENT)
    closed = season.company_sends.close_collections([left, "col_1"], ClosingReason.LEFT)
    assert (none.states, closed.states) == ((CollectionState.NOT_ASSIGNED,), (CollectionState.CLOSED,))
    assert [(each.row, each.code) for each in closed.rejections] == [(1, "COLLECTION_UNKNOWN")]
    again = season.company_sends.ask_again([declined], revisions=[1])
    assert [each.code for each in again.rejections] == ["COLLECTION_CHANGED"]
    assert season.company_sends.ask_again([declined]).states == (CollectionState.INSTRUCTED,)
    endings = season.payroll.collection_endings()
    assert {each.code for each in endings.closings} == set(ClosingReason)
    assert {each.code for each in endings.refusals} == set(RefusalOutcome)
    assert {each.code for each in endings.no_numbers} == set(NoNumberEvidence)


def test_documents_are_listed_and_campaigns_end(season: Season) -> None:
    listed = {each.code: each for each in season.payroll.identity_documents()}
    assert listed["MY_NUMBER_CARD"].proves_identity == "ONE"
    assert listed["NUMBER_NOTICE"].refused is not None
    closed = season.company_sends.close_campaign(season.campaign)
    assert closed.closed_at is not None
    assert [each.campaign_id for each in season.payroll.campaigns()] == [season.campaign]
    assert season.payroll.campaign("cmp_1") is None
    with pytest.raises(Refused):
        season.add("E-1")


def test_people_of_whom_it_is_not_said_how_they_are_asked_are_refused() -> None:
    people = read_people_list("社員番号,氏名\nE-1,割符 花子\n".encode()).people
    with pytest.raises(ValueError, match="channel"):
        InvitedColumns.of_people(people)
