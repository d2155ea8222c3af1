"""Worked cases of identity verification, by the words of law and notices; people and papers are synthetic."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.catalogue_table import CatalogueError
from policies.identity import Check, decide
from policies.identity_case import Agency, Agent, Case, Exempted, Exemption, Shown, Subject
from policies.identity_catalogue import (
    Channel,
    Finding,
    Item,
    load_identity_catalogue,
    parse_identity_catalogue,
)

CATALOGUE: Final = load_identity_catalogue()
DAY: Final = date(2026, 11, 22)
LATER: Final = date(2031, 5, 1)
NAME, BIRTH, ADDRESS = Item.NAME, Item.BIRTH_DATE, Item.ADDRESS

CARD: Final = Shown("MY_NUMBER_CARD", expires_on=LATER)
RECORD: Final = Shown("RESIDENCE_RECORD", frozenset({NAME, BIRTH, ADDRESS}))
NOTIFICATION: Final = Shown("NOTIFICATION_CARD", frozenset({NAME, ADDRESS}))
LICENCE: Final = Shown("DRIVING_LICENCE", expires_on=LATER)
PASSPORT: Final = Shown("PASSPORT", issued_on=date(2022, 4, 1), expires_on=LATER)
PENSION: Final = Shown("PENSION_BOOK")
CONFIRMATION: Final = Shown("INSURANCE_CONFIRMATION", expires_on=LATER)
RECEIPT: Final = Shown("RECEIPT", frozenset({NAME, ADDRESS}), issued_on=date(2026, 8, 1))
INSURANCE: Final = Shown("INSURANCE_CARD", expires_on=date(2027, 3, 31))
FORM: Final = Shown("PREPRINTED_FORM", frozenset({NAME, BIRTH, ADDRESS}))
LOGIN: Final = Shown("COMPANY_LOGIN")
STATEMENT: Final = Shown("OWN_STATEMENT", issued_on=date(2026, 10, 1))
ATTORNEY: Final = Shown("POWER_OF_ATTORNEY", frozenset({NAME}))
REGISTER: Final = Shown("FAMILY_REGISTER", frozenset({NAME}), issued_on=date(2026, 9, 1))
SEEN: Final = Exempted(Exemption.HIRED, "sato", date(2024, 4, 1), perceived=True)
CONTINUING: Final = replace(SEEN, by=Exemption.CONTINUING)
BY_ATTORNEY: Final = Agent(Agency.VOLUNTARY, (ATTORNEY,), (LICENCE,))
BY_PARENT: Final = Agent(Agency.LEGAL, (REGISTER,), (LICENCE,))


def shown(paper: Shown, **changes: Any) -> Shown:
    return replace(paper, **changes)


def case(*, by: Channel = Channel.FACE_TO_FACE, of: Subject = Subject.EMPLOYEE, **more: Any) -> Case:
    made = Case(of, by, DAY)
    return replace(made, **more)


POST, ONLINE, PHONE = Channel.POST, Channel.ONLINE, Channel.PHONE
SPOUSE, PAYEE, DEPENDENT = Subject.SPOUSE_3GO, Subject.PAYEE, Subject.DEPENDENT

CASES: Final[dict[str, tuple[Case, set[str]]]] = {
    # one document with a photo
    "the card proves number and holder": (case(number=(CARD,), identity=(CARD,)), set()),
    "the card's back alone does not prove the holder": (case(number=(CARD,)), {"IDENTITY_MISSING"}),
    "residence record and licence": (case(number=(RECORD,), identity=(LICENCE,)), set()),
    "notification card as in the residence record": (
        case(number=(NOTIFICATION,), identity=(LICENCE,)),
        set(),
    ),
    "notification card with an old address": (
        case(number=(shown(NOTIFICATION, unaltered=False),), identity=(LICENCE,)),
        {"ALTERED"},
    ),
    "individual number notice for the number": (
        case(number=(Shown("NUMBER_NOTICE"),), identity=(LICENCE,)),
        {"NEVER_ACCEPTED"},
    ),
    "individual number notice for the holder": (
        case(number=(RECORD,), identity=(Shown("NUMBER_NOTICE"),)),
        {"NEVER_ACCEPTED"},
    ),
    "expired card": (
        case(number=(shown(CARD, expires_on=date(2026, 11, 21)),), identity=(LICENCE,)),
        {"EXPIRED"},
    ),
    "card on its last day": (case(number=(shown(CARD, expires_on=DAY),), identity=(LICENCE,)), set()),
    "expired licence": (
        case(number=(RECORD,), identity=(shown(LICENCE, expires_on=date(2025, 1, 1)),)),
        {"EXPIRED"},
    ),
    "licence whose expiry nobody read": (
        case(number=(RECORD,), identity=(shown(LICENCE, expires_on=None),)),
        {"DATE_MISSING"},
    ),
    "driving history of 2012-04-01": (
        case(number=(RECORD,), identity=(Shown("DRIVING_HISTORY", issued_on=date(2012, 4, 1)),)),
        set(),
    ),
    "driving history of 2012-03-31": (
        case(number=(RECORD,), identity=(Shown("DRIVING_HISTORY", issued_on=date(2012, 3, 31)),)),
        {"ISSUED_TOO_EARLY"},
    ),
    "passport by the birth date": (case(number=(RECORD,), identity=(PASSPORT,)), set()),
    "passport of 2020-02-03 by the address": (
        case(
            number=(RECORD,),
            identity=(shown(PASSPORT, issued_on=date(2020, 2, 3), matches=frozenset({NAME, ADDRESS})),),
        ),
        set(),
    ),
    "passport of 2020-02-04 has no address": (
        case(
            number=(RECORD,),
            identity=(shown(PASSPORT, issued_on=date(2020, 2, 4), matches=frozenset({NAME, ADDRESS})),),
        ),
        {"NOT_BORNE", "PARTICULARS_DIFFER"},
    ),
    "residence card": (case(number=(RECORD,), identity=(Shown("RESIDENCE_CARD", expires_on=LATER),)), set()),
    "tax accountant's certificate": (case(number=(RECORD,), identity=(Shown("TAX_ACCOUNTANT_CARD"),)), set()),
    "employee card with a photo": (case(number=(RECORD,), identity=(Shown("PHOTO_ID"),)), set()),
    "disability certificate": (case(number=(RECORD,), identity=(Shown("DISABILITY_BOOK"),)), set()),
    "issued tomorrow": (
        case(number=(RECORD,), identity=(shown(PASSPORT, issued_on=DAY + timedelta(1)),)),
        {"ISSUED_LATER"},
    ),
    "a document that nobody listed": (
        case(number=(RECORD,), identity=(Shown("GYM_CARD"),)),
        {"DOCUMENT_UNKNOWN"},
    ),
    "licence in the place of the number": (
        case(number=(LICENCE,), identity=(LICENCE,)),
        {"WRONG_CHECK"},
    ),
    "residence record in the place of an identity document": (
        case(number=(RECORD,), identity=(RECORD,)),
        {"WRONG_CHECK"},
    ),
    # what has to agree
    "another name": (
        case(number=(RECORD,), identity=(shown(LICENCE, matches=frozenset({BIRTH, ADDRESS})),)),
        {"NAME_DIFFERS"},
    ),
    "only the name": (
        case(number=(RECORD,), identity=(shown(LICENCE, matches=frozenset({NAME})),)),
        {"PARTICULARS_DIFFER"},
    ),
    "name and address": (
        case(number=(RECORD,), identity=(shown(LICENCE, matches=frozenset({NAME, ADDRESS})),)),
        set(),
    ),
    "nothing agrees on the number's document": (
        case(number=(shown(RECORD, matches=frozenset()),), identity=(LICENCE,)),
        {"NAME_DIFFERS", "PARTICULARS_DIFFER"},
    ),
    "the number typed is another": (
        case(number=(CARD,), identity=(CARD,), number_agrees=False),
        {"NUMBER_DIFFERS"},
    ),
    "nothing for the number": (case(identity=(LICENCE,)), {"NUMBER_MISSING"}),
    "nothing at all": (case(), {"NUMBER_MISSING", "IDENTITY_MISSING"}),
    "a copy of the licence face to face": (
        case(number=(RECORD,), identity=(shown(LICENCE, original=False),)),
        {"COPY_SHOWN"},
    ),
    # fallbacks for the number
    "own statement where nothing else can be had": (
        case(number=(STATEMENT,), identity=(LICENCE,), hard_number=True),
        set(),
    ),
    "own statement though the card could be shown": (
        case(number=(STATEMENT,), identity=(LICENCE,)),
        {"FALLBACK_UNNEEDED"},
    ),
    "own statement of six months ago to the day": (
        case(number=(shown(STATEMENT, issued_on=date(2026, 5, 22)),), identity=(LICENCE,), hard_number=True),
        set(),
    ),
    "own statement a day older": (
        case(number=(shown(STATEMENT, issued_on=date(2026, 5, 21)),), identity=(LICENCE,), hard_number=True),
        {"TOO_OLD"},
    ),
    "own statement unsigned": (
        case(number=(shown(STATEMENT, signed=False),), identity=(LICENCE,), hard_number=True),
        {"UNSIGNED"},
    ),
    "file of an earlier verification": (
        case(number=(Shown("EARLIER_FILE"),), identity=(LICENCE,), hard_number=True),
        set(),
    ),
    # without a photo
    "two kinds without a photo": (
        case(number=(RECORD,), identity=(PENSION, CONFIRMATION), hard_photo=True),
        set(),
    ),
    "two kinds though a photo could be shown": (
        case(number=(RECORD,), identity=(PENSION, CONFIRMATION)),
        {"PHOTO_EXPECTED"},
    ),
    "one document without a photo": (
        case(number=(RECORD,), identity=(PENSION,), hard_photo=True),
        {"TWO_NEEDED"},
    ),
    "the same kind twice": (
        case(
            number=(RECORD,), identity=(RECEIPT, shown(RECEIPT, issued_on=date(2026, 9, 1))), hard_photo=True
        ),
        {"TWO_NEEDED"},
    ),
    "two, of which one has expired": (
        case(
            number=(RECORD,),
            identity=(PENSION, shown(CONFIRMATION, expires_on=date(2026, 1, 1))),
            hard_photo=True,
        ),
        {"EXPIRED", "TWO_NEEDED"},
    ),
    "three, of which two are good": (
        case(
            number=(RECORD,),
            identity=(PENSION, RECEIPT, shown(CONFIRMATION, expires_on=date(2026, 1, 1))),
            hard_photo=True,
        ),
        {"EXPIRED"},
    ),
    "insurance card on 2025-12-01": (
        case(number=(RECORD,), identity=(INSURANCE, PENSION), hard_photo=True, day=date(2025, 12, 1)),
        set(),
    ),
    "insurance card on 2025-12-02": (
        case(number=(RECORD,), identity=(INSURANCE, PENSION), hard_photo=True, day=date(2025, 12, 2)),
        {"NO_LONGER_USABLE", "TWO_NEEDED"},
    ),
    "receipt older than six months": (
        case(
            number=(RECORD,), identity=(shown(RECEIPT, issued_on=date(2026, 5, 1)), PENSION), hard_photo=True
        ),
        {"TOO_OLD", "TWO_NEEDED"},
    ),
    "withholding slip and seal certificate": (
        case(
            number=(RECORD,),
            identity=(
                Shown("WITHHOLDING_SLIP", frozenset({NAME, ADDRESS})),
                Shown("SEAL_CERTIFICATE", issued_on=date(2026, 10, 1)),
            ),
            hard_photo=True,
        ),
        set(),
    ),
    # exemptions
    "known employee, seen": (case(number=(CARD,), exempted=SEEN), set()),
    "known employee whose number nothing proves": (case(exempted=SEEN), {"NUMBER_MISSING"}),
    "known employee, kit opened by an outsourcer": (
        case(by=POST, number=(CARD,), exempted=replace(SEEN, perceived=False)),
        {"EXEMPTION_UNSEEN"},
    ),
    "known employee, papers handed over to the company": (
        case(by=POST, number=(CARD,), exempted=SEEN),
        set(),
    ),
    "known employee online": (case(by=ONLINE, number=(CARD,), exempted=SEEN), {"EXEMPTION_UNSEEN"}),
    "known employee whom nobody attests": (
        case(number=(CARD,), exempted=replace(SEEN, attested_by="")),
        {"EXEMPTION_UNATTESTED"},
    ),
    "known employee, never verified before": (
        case(number=(CARD,), exempted=replace(SEEN, checked_on=None)),
        {"EXEMPTION_UNATTESTED"},
    ),
    "known employee, verified tomorrow": (
        case(number=(CARD,), exempted=replace(SEEN, checked_on=DAY + timedelta(1))),
        {"EXEMPTION_UNATTESTED"},
    ),
    "the employees' exemption for a payee": (
        case(of=PAYEE, number=(CARD,), exempted=SEEN),
        {"EXEMPTION_NOT_THEIRS"},
    ),
    "continuing payee": (case(of=PAYEE, number=(CARD,), exempted=CONTINUING), set()),
    "spouse known as family": (
        case(of=SPOUSE, number=(CARD,), exempted=replace(SEEN, by=Exemption.FAMILY)),
        set(),
    ),
    # channels
    "copies by post": (
        case(by=POST, number=(shown(CARD, original=False),), identity=(shown(LICENCE, original=False),)),
        set(),
    ),
    "pre-printed form by post": (
        case(by=POST, number=(shown(RECORD, original=False),), identity=(FORM,)),
        set(),
    ),
    "pre-printed form with a changed address": (
        case(by=POST, number=(RECORD,), identity=(shown(FORM, unaltered=False),)),
        {"ALTERED"},
    ),
    "images online": (
        case(by=ONLINE, number=(shown(CARD, original=False),), identity=(shown(LICENCE, original=False),)),
        set(),
    ),
    "company login online": (case(by=ONLINE, number=(CARD,), identity=(LOGIN,)), set()),
    "company login by post": (case(by=POST, number=(CARD,), identity=(LOGIN,)), {"WRONG_CHANNEL"}),
    "papers without a photo online": (
        case(by=ONLINE, number=(CARD,), identity=(PENSION, CONFIRMATION), hard_photo=True),
        {"WRONG_CHANNEL"},
    ),
    "by phone with an earlier file": (
        case(by=PHONE, of=PAYEE, number=(Shown("EARLIER_FILE"),), identity=(Shown("KNOWN_FACTS"),)),
        set(),
    ),
    "by phone with a licence": (
        case(by=PHONE, number=(Shown("EARLIER_FILE"),), identity=(LICENCE,)),
        {"WRONG_CHANNEL"},
    ),
    # dependents and the spouse of the third category
    "dependent verified by the employee": (case(of=DEPENDENT), set()),
    "dependent's licence was demanded": (case(of=DEPENDENT, identity=(LICENCE,)), {"NOT_TO_BE_DEMANDED"}),
    "dependent's card was demanded": (case(of=DEPENDENT, number=(CARD,)), {"NOT_TO_BE_DEMANDED"}),
    "spouse in person": (case(of=SPOUSE, number=(CARD,), identity=(CARD,)), set()),
    "spouse through the employee with a power of attorney": (
        case(
            of=SPOUSE,
            number=(shown(CARD, original=False),),
            agent=Agent(Agency.VOLUNTARY, (ATTORNEY,), known=True),
        ),
        set(),
    ),
    "spouse online through an employee whom nobody sees": (
        case(by=ONLINE, of=SPOUSE, number=(CARD,), agent=Agent(Agency.VOLUNTARY, (ATTORNEY,), known=True)),
        {"AGENT_UNIDENTIFIED"},
    ),
    "spouse online through the employee, who shows their own card": (
        case(
            by=ONLINE,
            of=SPOUSE,
            number=(CARD,),
            agent=Agent(Agency.VOLUNTARY, (ATTORNEY,), identity=(CARD,), known=True),
        ),
        set(),
    ),
    "spouse through the employee without a power of attorney": (
        case(of=SPOUSE, number=(CARD,), agent=Agent(Agency.VOLUNTARY, known=True)),
        {"AUTHORITY_MISSING"},
    ),
    "unsigned power of attorney": (
        case(
            of=SPOUSE,
            number=(CARD,),
            agent=Agent(Agency.VOLUNTARY, (shown(ATTORNEY, signed=False),), known=True),
        ),
        {"UNSIGNED"},
    ),
    "spouse as a legal agent": (
        case(number=(CARD,), agent=replace(BY_PARENT, is_spouse=True)),
        {"SPOUSE_IS_NO_LEGAL_AGENT"},
    ),
    "spouse whose check was entrusted to the employee": (case(of=SPOUSE, entrusted=True), set()),
    "entrusted, yet documents were demanded": (
        case(of=SPOUSE, entrusted=True, identity=(LICENCE,)),
        {"NOT_TO_BE_DEMANDED"},
    ),
    # agents
    "payee through a managing agent": (case(of=PAYEE, number=(RECORD,), agent=BY_ATTORNEY), set()),
    "parent with a family register": (case(number=(CARD,), agent=BY_PARENT), set()),
    "parent with a family register of last year": (
        case(
            number=(CARD,), agent=replace(BY_PARENT, authority=(shown(REGISTER, issued_on=date(2025, 9, 1)),))
        ),
        {"TOO_OLD"},
    ),
    "parent with a power of attorney": (
        case(number=(CARD,), agent=replace(BY_PARENT, authority=(ATTORNEY,))),
        {"AUTHORITY_WRONG"},
    ),
    "agent whom nothing identifies": (
        case(of=PAYEE, number=(RECORD,), agent=replace(BY_ATTORNEY, identity=())),
        {"AGENT_UNIDENTIFIED"},
    ),
    "agent with one paper without a photo": (
        case(of=PAYEE, number=(RECORD,), agent=replace(BY_ATTORNEY, identity=(PENSION,)), hard_photo=True),
        {"TWO_NEEDED"},
    ),
    "agent without the person's number document": (case(of=PAYEE, agent=BY_ATTORNEY), {"NUMBER_MISSING"}),
    "agent by phone": (
        case(by=PHONE, of=PAYEE, number=(Shown("EARLIER_FILE"),), agent=Agent(Agency.VOLUNTARY, known=True)),
        {"PROXY_UNFIT", "AUTHORITY_MISSING"},
    ),
    "agent with the principal's own card": (
        case(of=PAYEE, number=(CARD,), agent=replace(BY_ATTORNEY, authority=(Shown("PRINCIPALS_ID"),))),
        set(),
    ),
}


@pytest.mark.parametrize(("what", "expected"), CASES.values(), ids=CASES)
def test_a_case_is_decided_as_the_law_says(what: Case, expected: set[str]) -> None:
    verdict = decide(what, CATALOGUE)
    assert {fault.finding for fault in verdict.faults} == expected
    assert verdict.is_accepted is not bool(expected)


def test_at_least_sixty_cases_were_worked() -> None:
    assert len(CASES) >= 60


def test_every_finding_occurs_in_a_worked_case() -> None:
    assert {found for _, expected in CASES.values() for found in expected} == set(Finding)


def test_every_document_of_the_catalogue_proves_something_in_some_case_or_is_never_accepted() -> None:
    refused = [code for code, document in CATALOGUE.documents.items() if document.refused]
    assert refused == ["NUMBER_NOTICE"]
    for document in CATALOGUE.documents.values():
        assert bool(document.number or document.identity or document.agent) is not bool(document.refused)


def test_each_fault_says_which_proof_and_which_document_it_is_about() -> None:
    both = case(number=(Shown("NUMBER_NOTICE"),), identity=(shown(LICENCE, expires_on=date(2026, 1, 1)),))
    told = [(fault.check, fault.document, fault.finding) for fault in decide(both, CATALOGUE).faults]
    assert told == [
        (Check.NUMBER, "NUMBER_NOTICE", Finding.NEVER_ACCEPTED),
        (Check.IDENTITY, "DRIVING_LICENCE", Finding.EXPIRED),
    ]


def test_documents_of_dependents_are_named_for_destruction() -> None:
    demanded = case(of=DEPENDENT, number=(CARD,), identity=(LICENCE, CARD))
    assert decide(demanded, CATALOGUE).discard == ("MY_NUMBER_CARD", "DRIVING_LICENCE")


def test_every_finding_has_words_in_both_languages_and_an_article() -> None:
    for finding in Finding:
        told = CATALOGUE.findings[finding]
        assert told.words.ja
        assert told.words.en
        assert told.basis


papers = st.builds(
    Shown,
    document=st.sampled_from([*CATALOGUE.documents, "GYM_CARD"]),
    matches=st.frozensets(st.sampled_from(Item)),
    issued_on=st.none() | st.dates(date(2010, 1, 1), date(2027, 1, 1)),
    expires_on=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    original=st.booleans(),
    unaltered=st.booleans(),
    signed=st.booleans(),
)
cases = st.builds(
    Case,
    subject=st.sampled_from(Subject),
    channel=st.sampled_from(Channel),
    day=st.dates(date(2016, 1, 1), date(2030, 1, 1)),
    number=st.lists(papers, max_size=2).map(tuple),
    identity=st.lists(papers, max_size=3).map(tuple),
    number_agrees=st.booleans(),
    hard_number=st.booleans(),
    hard_photo=st.booleans(),
)


@given(cases)
def test_nobody_outside_a_family_is_accepted_without_a_number_document_that_counts(what: Case) -> None:
    if what.subject is DEPENDENT or not decide(what, CATALOGUE).is_accepted:
        return
    assert what.number
    assert what.number_agrees
    assert all(CATALOGUE.documents[paper.document].number for paper in what.number)
    assert all(NAME in paper.matches and len(paper.matches) > 1 for paper in (*what.number, *what.identity))


@given(cases)
def test_a_bad_paper_more_never_makes_a_case_acceptable(what: Case) -> None:
    worse = replace(what, identity=(*what.identity, Shown("NUMBER_NOTICE")))
    assert not decide(worse, CATALOGUE).is_accepted


@given(cases)
def test_the_same_case_gets_the_same_verdict_and_no_fault_twice(what: Case) -> None:
    verdict = decide(what, CATALOGUE)
    assert verdict == decide(what, CATALOGUE)
    assert len(set(verdict.faults)) == len(verdict.faults)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (
            ('number = "usual"\nidentity = "one"', 'refused = { ja = "x", en = "x" }\nnumber = "usual"'),
            "refused",
        ),
        (('needs = ["issue", "signed"]\nmonths = 6', "months = 6"), "needs"),
        (('bears = ["name", "birth_date"]\nrefused', 'bears = ["birth_date"]\nrefused'), "bears"),
        (('identity = "two"', 'identity = "three"'), "identity"),
        (("[findings.TOO_OLD]", "[findings.TOO_YOUNG]"), "TOO_OLD"),
    ],
)
def test_a_catalogue_that_cannot_mean_what_it_says_is_refused_by_place(
    change: tuple[str, str], field: str, pytestconfig: pytest.Config
) -> None:
    text = (pytestconfig.rootpath / "policies" / "identity.toml").read_text("utf-8")
    assert change[0] in text
    with pytest.raises(CatalogueError, match=r"identity\.toml") as refused:
        parse_identity_catalogue(text.replace(*change, 1))
    assert refused.value.field == field
