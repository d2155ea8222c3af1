"""The client against a real vault: links handed out once, shown masked, revoked."""

from datetime import date

import pytest

from policies.actor import Role as ServerRole
from tests.support.live import GENSEN, Company
from warifu import (
    CollectionChannel,
    CollectionLinkFactor,
    InvitedColumns,
    Refused,
    Secret,
    Warifu,
)


class Season:
    """A campaign at a company, with somebody who has a birth date on record and somebody who has none."""

    def __init__(self, company: Company) -> None:
        self.vault: Warifu = company.login(company.human("sato", ServerRole.ADMINISTRATOR))
        self.campaign = self.vault.create_campaign("年末調整", [GENSEN], date(2027, 1, 31)).campaign_id
        columns = InvitedColumns(
            ["E1", "E2"], [CollectionChannel.LINK_QR] * 2, birth_dates=["1990-04-01", ""]
        )
        added = self.vault.add_to_campaign(self.campaign, columns)
        self.ids = [made for made in added.collection_ids if made]


@pytest.fixture
def season(company: Company) -> Season:
    return Season(company)


def test_links_come_as_secrets_that_nobody_prints_by_accident(season: Season) -> None:
    issued = season.vault.issue_collection_links(season.campaign, season.ids, CollectionLinkFactor.PASSCODE)
    assert (list(issued.collection_ids), issued.rejections) == (season.ids, ())
    first, second = issued.urls
    assert first != second
    assert first.reveal().startswith("https://numbers.example/my#wfl_")
    (passcode, _) = issued.passcodes
    assert isinstance(passcode, Secret)
    assert len(passcode.reveal()) == 9
    assert "wfl_" not in repr(issued)
    assert passcode.reveal() not in repr(issued)


def test_a_row_without_a_birth_date_is_told_and_the_others_have_their_link(season: Season) -> None:
    issued = season.vault.issue_collection_links(season.campaign, season.ids, CollectionLinkFactor.BIRTH_DATE)
    assert issued.passcodes == (None,)
    assert [(each.row, each.code) for each in issued.rejections] == [(1, "BIRTH_DATE_MISSING")]


def test_a_collection_tells_of_its_links_until_they_are_revoked(season: Season) -> None:
    season.vault.issue_collection_links(season.campaign, season.ids, CollectionLinkFactor.PASSCODE)
    review = season.vault.collection(season.ids[0])
    assert review is not None
    (link,) = review.links
    assert (link.factor, link.issued_by, link.tries_left) == (CollectionLinkFactor.PASSCODE, "sato", 5)
    assert (link.gives, link.opens, link.locked, link.revoked_at) == (True, True, False, None)
    done = season.vault.revoke_collection_links(season.ids[:1])
    assert (done.count, done.rejections) == (1, ())
    review = season.vault.collection(season.ids[0])
    assert review is not None
    assert [(each.opens, each.revoked_at is not None) for each in review.links] == [(False, True)]


def test_who_looks_at_another_revision_gets_no_link(season: Season) -> None:
    issued = season.vault.issue_collection_links(
        season.campaign, season.ids[:1], CollectionLinkFactor.PASSCODE, revisions=[9]
    )
    assert issued.urls == ()
    assert [each.code for each in issued.rejections] == ["COLLECTION_CHANGED"]
    revoked = season.vault.revoke_collection_links(season.ids[:1], revisions=[9])
    assert (revoked.count, [each.code for each in revoked.rejections]) == (0, ["COLLECTION_CHANGED"])


def test_an_unknown_campaign_and_an_auditor_are_refused(season: Season, company: Company) -> None:
    with pytest.raises(Refused) as unknown:
        season.vault.issue_collection_links("cmp_1", season.ids, CollectionLinkFactor.PASSCODE)
    assert unknown.value.rule == "campaign-unknown"
    auditor = company.login(company.human("kansa", ServerRole.AUDITOR))
    with pytest.raises(Refused) as closed:
        auditor.revoke_collection_links(season.ids)
    assert closed.value.rule == "no-rule-permits"
