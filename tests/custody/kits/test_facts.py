from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from custody.kits.errors import KitError, KitFault
from custody.kits.facts import Contact, Kit, KitDependent, PostalAddress
from custody.kits.pages import markers_of
from custody.kits.words import birth_day, week_day
from policies.catalogue_table import Bilingual
from tests.support.canary import Canaries
from tests.support.kits import kit, longest_kit, reminder

USUAL = kit()
ADDRESS = PostalAddress("100-0001", "東京都千代田区千代田9番99号")


def refused(one: Any) -> tuple[KitFault, str]:
    with pytest.raises(KitError) as error:
        one.check()
    return error.value.fault, error.value.where


@pytest.mark.parametrize("dependents", range(9))
def test_a_kit_may_have_no_dependents_or_many(dependents: int) -> None:
    kit(dependents=dependents).check()
    longest_kit(dependents).check()


@pytest.mark.parametrize(
    ("changes", "fault", "where"),
    [
        ({"code": "WK1-"}, KitFault.CODE_LENGTH, ""),
        ({"code": USUAL.code.lower()}, KitFault.CODE_FORM, "code"),
        ({"company": " "}, KitFault.TEXT_MISSING, "company"),
        ({"company": "社" * 61}, KitFault.TEXT_LONG, "company"),
        ({"return_to": replace(ADDRESS, address="")}, KitFault.TEXT_MISSING, "return_to.address"),
        ({"purposes": ()}, KitFault.TEXT_MISSING, "purposes"),
        ({"purposes": (Bilingual("税", "tax"),) * 41}, KitFault.TOO_MANY, "purposes"),
        ({"dependents": (KitDependent("山田", "子"),) * 21}, KitFault.TOO_MANY, "dependents"),
        ({"dependents": (KitDependent("山田", "配偶者", True),) * 2}, KitFault.TOO_MANY, "third_category"),
        ({"deadline": date(2026, 11, 23)}, KitFault.DEADLINE, "deadline"),
        ({"contact": Contact("")}, KitFault.TEXT_MISSING, "contact.name"),
    ],
)
def test_a_kit_that_cannot_be_printed_names_its_field(
    changes: dict[str, Any], fault: KitFault, where: str
) -> None:
    assert refused(replace(USUAL, **changes)) == (fault, where)


def texts_with(number: str) -> list[tuple[str, Kit]]:
    recipient = USUAL.recipient
    return [
        ("company", replace(USUAL, company=number)),
        ("return_name", replace(USUAL, return_name=number)),
        ("return_to.address", replace(USUAL, return_to=replace(ADDRESS, address=number))),
        ("return_to.postal_code", replace(USUAL, return_to=replace(ADDRESS, postal_code=number))),
        ("recipient.name", replace(USUAL, recipient=replace(recipient, name=number))),
        ("recipient.kana", replace(USUAL, recipient=replace(recipient, kana=number))),
        (
            "recipient.address",
            replace(USUAL, recipient=replace(recipient, postal=replace(ADDRESS, address=number))),
        ),
        ("dependents.name", replace(USUAL, dependents=(KitDependent(number, "子"),))),
        ("dependents.relation", replace(USUAL, dependents=(KitDependent("山田", number),))),
        ("purposes", replace(USUAL, purposes=(Bilingual(number, ""),))),
        ("purposes", replace(USUAL, purposes=(Bilingual("税", number),))),
        ("contact.name", replace(USUAL, contact=Contact(number))),
        ("contact.phone", replace(USUAL, contact=Contact("窓口", phone=number))),
        ("contact.hours", replace(USUAL, contact=Contact("窓口", hours=number))),
        ("contact.mail", replace(USUAL, contact=Contact("窓口", mail=number))),
    ]


def test_no_text_of_a_kit_may_hold_a_number() -> None:
    for right in (True, False):
        number = Canaries().plant("kit", right=right)
        for field, one in texts_with(number):
            assert refused(one) == (KitFault.HOLDS_NUMBER, field)
            with pytest.raises(KitError) as error:
                one.check()
            assert number not in str(error.value)


def test_no_text_of_a_postcard_may_hold_a_number() -> None:
    number = Canaries().plant("postcard")
    usual = reminder()
    for field, one in (
        ("company", replace(usual, company=number)),
        ("name", replace(usual, name=number)),
        ("sender.address", replace(usual, sender=replace(ADDRESS, address=number))),
        ("postal.address", replace(usual, postal=replace(ADDRESS, address=number))),
    ):
        assert refused(one) == (KitFault.HOLDS_NUMBER, field)


@pytest.mark.parametrize(("dependents", "forms"), [(0, 1), (4, 1), (5, 2), (14, 2), (15, 3), (20, 3)])
def test_more_dependents_take_further_sheets(dependents: int, forms: int) -> None:
    people = tuple(KitDependent(f"扶養{place}", "子") for place in range(dependents))
    markers = markers_of(replace(USUAL, dependents=people))
    assert [(one.part, one.sheet, one.sheets) for one in markers] == [
        (1, 1, 1),
        (2, 1, 1),
        *((3, sheet, forms) for sheet in range(1, forms + 1)),
        (4, 1, 1),
        (5, 1, 1),
    ]


def test_only_a_spouse_of_the_third_category_brings_a_power_of_attorney() -> None:
    assert [one.part for one in markers_of(kit(spouse=True))][-1] == 6
    assert [one.part for one in markers_of(kit(spouse=False))][-1] == 5


def test_birth_dates_name_the_era_as_licences_do() -> None:
    assert birth_day(date(1989, 1, 7)) == "1989年（昭和64年）1月7日"
    assert birth_day(date(1989, 1, 8)) == "1989年（平成元年）1月8日"
    assert birth_day(date(2019, 4, 30)) == "2019年（平成31年）4月30日"
    assert birth_day(date(2019, 5, 1)) == "2019年（令和元年）5月1日"
    assert birth_day(date(1926, 12, 25)) == "1926年（昭和元年）12月25日"
    assert birth_day(date(1850, 1, 1)) == "1850年1月1日"
    assert week_day(date(2026, 12, 18)) == "2026年12月18日（金）"
