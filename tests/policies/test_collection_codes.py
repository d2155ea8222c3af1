"""The codes of collections: each has its words, and every finding of a verification tells the person something."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from policies.catalogue_table import Bilingual
from policies.collection_codes import (
    CLOSINGS,
    DEFICIENCIES,
    NO_NUMBER,
    REFUSAL_OUTCOMES,
    Closing,
    Deficiency,
    NoNumber,
    RefusalOutcome,
    deficiency_of,
)
from policies.free_text import contains_number
from policies.identity_catalogue import Finding, load_identity_catalogue

CODES: list[tuple[type[StrEnum], Mapping[StrEnum, Bilingual]]] = [
    (Deficiency, {**DEFICIENCIES}),
    (RefusalOutcome, {**REFUSAL_OUTCOMES}),
    (NoNumber, {**NO_NUMBER}),
    (Closing, {**CLOSINGS}),
]


@pytest.mark.parametrize(("nouns", "words"), CODES, ids=[nouns.__name__ for nouns, _ in CODES])
def test_every_code_has_words_in_both_languages_and_no_number_in_them(
    nouns: type[StrEnum], words: Mapping[StrEnum, Bilingual]
) -> None:
    assert set(words) == set(nouns)
    for code, said in words.items():
        assert code.name == code.value
        assert said.ja
        assert said.en
        assert not contains_number(said.ja + said.en)


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_a_deficiency_to_tell_the_person(finding: Finding) -> None:
    assert deficiency_of(finding) in DEFICIENCIES


def test_a_document_that_never_counts_is_told_by_its_name_where_it_is_often_mistaken() -> None:
    never = [each.code for each in load_identity_catalogue().documents.values() if each.refused]
    assert "NUMBER_NOTICE" in never
    assert deficiency_of(Finding.NEVER_ACCEPTED, "NUMBER_NOTICE") is Deficiency.NOTIFICATION_LETTER
    assert deficiency_of(Finding.NEVER_ACCEPTED, "SOMETHING_ELSE") is Deficiency.DOCUMENT_UNFIT
    assert deficiency_of(Finding.EXPIRED, "NUMBER_NOTICE") is Deficiency.EXPIRED
