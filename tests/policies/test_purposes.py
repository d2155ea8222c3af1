import re
from collections.abc import MutableMapping, Sequence
from dataclasses import FrozenInstanceError, fields
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.catalogue_table import CatalogueError
from policies.purposes import (
    PersonKind,
    Purpose,
    PurposeStatus,
    RetentionRule,
    load_catalogue,
    parse_catalogue,
)
from policies.purposes_page import page

E, S, D, P = PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT, PersonKind.PAYEE
TODAY = date(2026, 11, 22)
PAGE = Path(__file__).parents[2] / "docs" / "purposes.md"

# code -> words of the document, whose numbers it bears, retention rule, years
STATUTORY: dict[str, tuple[str, Sequence[PersonKind], str, int | None]] = {
    "TAX_FUYO": ("扶養控除等（異動）申告書", (E, S, D), "A", 7),
    "TAX_FUYO_JU": ("従たる給与についての扶養控除等", (E, S, D), "A", 7),
    "TAX_HAIGU": ("配偶者控除等申告書", (S, D), "A", 7),
    "TAX_TAISHOKU_UKE": ("退職所得の受給に関する申告書", (E,), "A", 7),
    "TAX_GENSEN": ("給与所得の源泉徴収票", (E, S, D), "none", None),
    "TAX_KYUYO_HOKOKU": ("給与支払報告書", (E, S, D), "none", None),
    "TAX_TOKUCHO_IDO": ("給与所得者異動届出書", (E,), "none", None),
    "TAX_GENSEN_TAI": ("退職所得の源泉徴収票・特別徴収票", (E,), "none", None),
    "TAX_SHI_HOSHU": ("報酬、料金、契約金及び賞金の支払調書", (P,), "B", 7),
    "TAX_SHI_FUDO": ("不動産の使用料等の支払調書", (P,), "B", 7),
    "TAX_SHI_FUDO_BUY": ("不動産等の譲受けの対価の支払調書", (P,), "B", 7),
    "TAX_SHI_ASSEN": ("あっせん手数料の支払調書", (P,), "B", 7),
    "TAX_SHI_HAITO": ("配当", (P,), "B", 7),
    "TAX_SHI_TAISHOKU_SHIBO": ("退職手当金等受給者別支払調書", (P, E), "none", None),
    "EI_SHUTOKU": ("雇用保険被保険者資格取得届", (E,), "C", 4),
    "EI_SOSHITSU": ("雇用保険被保険者資格喪失届", (E,), "C", 4),
    "EI_KOREI": ("高年齢雇用継続給付", (E,), "C", 4),
    "EI_IKUKYU": ("育児休業給付", (E,), "C", 4),
    "EI_KAIGO": ("介護休業給付金支給申請書", (E,), "C", 4),
    "EI_BANGO": ("個人番号登録・変更届", (E,), "C", 4),
    "SI_SHUTOKU": ("資格取得届", (E,), "C", 2),
    "SI_SOSHITSU": ("資格喪失届", (E,), "C", 2),
    "SI_FUYO": ("被扶養者（異動）届", (E, S, D), "C", 2),
    "NP_3GO": ("第3号被保険者関係届", (S,), "C", 2),
    "SI_GEPPEN": ("月額変更届", (E,), "C", 2),
    "SI_SANTEI": ("算定基礎届", (E,), "C", 2),
    "SI_SHOYO": ("賞与支払届", (E,), "C", 2),
    "SI_SANKYU_IKUKYU": ("育児休業等取得者申出書", (E,), "C", 2),
    "SI_BANGO": ("個人番号等登録届", (E,), "C", 2),
    "TRANSFER_19_4": ("特定個人情報の提供", (E,), "log", None),
    "DISASTER_9_5": ("激甚災害", (P,), "none", None),
    "RO_NENKIN": ("年金の請求書", (), "none", None),
}
FORBIDDEN = ("EMPLOYEE_NUMBER", "CUSTOMER_NUMBER", "SALES_MANAGEMENT", "OWN_DATABASE_KEY")
CATALOGUE = load_catalogue()
purposes = st.sampled_from(list(CATALOGUE.purposes.values()))
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def known(code: str) -> Purpose:
    purpose = CATALOGUE.get(code)
    assert purpose is not None
    return purpose


class TestTheShippedCatalogue:
    def test_it_holds_the_statutory_and_the_forbidden_purposes_and_nothing_else(self) -> None:
        assert set(CATALOGUE.purposes) == {*STATUTORY, *FORBIDDEN}

    @pytest.mark.parametrize("code", STATUTORY)
    def test_a_purpose_names_its_document_whose_number_and_how_long(self, code: str) -> None:
        document, whose, rule, years = STATUTORY[code]
        purpose = known(code)
        assert document in purpose.document.ja
        assert purpose.whose == tuple(whose)
        assert (purpose.retention.rule, purpose.retention.years) == (RetentionRule(rule), years)

    @pytest.mark.parametrize("code", [*STATUTORY, *FORBIDDEN])
    def test_a_purpose_knows_its_own_code(self, code: str) -> None:
        assert known(code).code == code

    def test_only_the_disaster_payment_is_off_by_default(self) -> None:
        off = [
            each.code for each in CATALOGUE.purposes.values() if each.status is PurposeStatus.OFF_BY_DEFAULT
        ]
        assert off == ["DISASTER_9_5"]

    def test_what_the_law_forbids_is_refused(self) -> None:
        refused = {each.code for each in CATALOGUE.purposes.values() if each.status is PurposeStatus.REFUSED}
        assert refused == {"RO_NENKIN", *FORBIDDEN}

    @pytest.mark.parametrize("code", ["DISASTER_9_5", "RO_NENKIN", *FORBIDDEN])
    def test_what_is_not_offered_says_why_in_both_languages(self, code: str) -> None:
        reason = known(code).reason
        assert reason is not None
        assert re.search(r"[ぁ-ん]", reason.ja)
        assert reason.en.isascii()

    @pytest.mark.parametrize("code", ["RO_NENKIN", *FORBIDDEN])
    def test_a_refused_purpose_concerns_nobody(self, code: str) -> None:
        assert not any(known(code).concerns(kind) for kind in PersonKind)

    def test_nothing_else_is_offered(self) -> None:
        codes = [each.code for each in CATALOGUE.offered()]
        assert codes == [code for code in STATUTORY if code not in {"DISASTER_9_5", "RO_NENKIN"}]

    def test_an_unknown_code_is_no_purpose(self) -> None:
        assert CATALOGUE.get("MARKETING") is None

    def test_every_purpose_that_can_be_used_rests_on_law_in_force(self) -> None:
        usable = [each for each in CATALOGUE.purposes.values() if each.status is not PurposeStatus.REFUSED]
        assert [each.code for each in usable if not each.legal_basis_on(TODAY)] == []

    def test_english_is_english_and_japanese_is_japanese(self) -> None:
        for purpose in CATALOGUE.purposes.values():
            for text in (purpose.name, purpose.document, purpose.destination, purpose.retention.basis):
                assert text.en.isascii()
                assert not text.ja.isascii()

    def test_the_remuneration_notices_bear_numbers_of_persons_of_seventy_only(self) -> None:
        aged = {
            each.code for each in CATALOGUE.offered() if each.conditions and each.conditions.minimum_age == 70
        }
        assert aged == {"SI_GEPPEN", "SI_SANTEI", "SI_SHOYO"}

    def test_only_the_provision_to_the_next_employer_needs_consent(self) -> None:
        consent = {
            each.code for each in CATALOGUE.offered() if each.conditions and each.conditions.person_consent
        }
        assert consent == {"TRANSFER_19_4"}

    def test_payers_and_brokers_stand_on_the_rent_record(self) -> None:
        assert known("TAX_SHI_FUDO").others == ("payer", "broker")

    def test_the_version_is_a_date(self) -> None:
        assert date.fromisoformat(CATALOGUE.version) >= TODAY

    def test_it_is_read_once(self) -> None:
        assert load_catalogue() is CATALOGUE

    def test_it_cannot_be_changed(self) -> None:
        for field in Purpose.__slots__:
            with pytest.raises(FrozenInstanceError):
                setattr(known("TAX_FUYO"), field, None)
        assert not isinstance(CATALOGUE.purposes, MutableMapping)


class TestLawInTime:
    @pytest.mark.parametrize(
        ("day", "article"),
        [(date(2021, 8, 31), "第9条第3項"), (date(2021, 9, 1), "第9条第4項"), (TODAY, "第9条第4項")],
    )
    def test_related_work_is_cited_under_the_number_of_its_day(self, day: date, article: str) -> None:
        cited = [each.article for each in known("TAX_GENSEN").legal_basis_on(day) if each.law.ja == "番号法"]
        assert cited == [article, "第19条第2号"]

    @pytest.mark.parametrize("code", ["EI_KOREI", "EI_IKUKYU", "EI_KAIGO"])
    def test_continued_employment_benefits_begin_when_employers_became_responsible(self, code: str) -> None:
        assert known(code).legal_basis_on(date(2016, 2, 15)) == ()
        assert known(code).legal_basis_on(date(2016, 2, 16)) != ()

    def test_no_provision_to_the_next_employer_before_the_law_allowed_it(self) -> None:
        assert known("TRANSFER_19_4").legal_basis_on(date(2021, 8, 31)) == ()
        assert [each.article for each in known("TRANSFER_19_4").legal_basis_on(date(2021, 9, 1))] == [
            "第19条第4号"
        ]

    @given(purposes, days)
    def test_an_article_in_force_has_begun_and_has_not_ended(self, purpose: Purpose, day: date) -> None:
        in_force = purpose.legal_basis_on(day)
        assert set(in_force) <= set(purpose.legal_basis)
        assert all((each.valid_from or day) <= day <= (each.valid_until or day) for each in in_force)

    @given(purposes.filter(lambda each: each.status is PurposeStatus.OFFERED), days)
    def test_an_offered_purpose_has_law_exactly_from_its_first_day_on(
        self, purpose: Purpose, day: date
    ) -> None:
        assert purpose.conditions is not None
        assert bool(purpose.legal_basis_on(day)) is (day >= purpose.conditions.since)

    @given(purposes)
    def test_a_moved_article_leaves_no_gap(self, purpose: Purpose) -> None:
        starts = {each.valid_from for each in purpose.legal_basis}
        ended = [each.valid_until for each in purpose.legal_basis if each.valid_until]
        assert all(day + timedelta(days=1) in starts for day in ended)


@given(purposes, st.sampled_from(PersonKind))
def test_a_purpose_concerns_exactly_the_kinds_it_names(purpose: Purpose, kind: PersonKind) -> None:
    assert purpose.concerns(kind) is (kind in STATUTORY.get(purpose.code, ("", ()))[1])


def test_values_carry_no_dictionary_of_attributes() -> None:
    assert not hasattr(known("TAX_FUYO"), "__dict__")
    assert not hasattr(CATALOGUE, "__dict__")
    assert {field.name for field in fields(Purpose)} == set(Purpose.__slots__)


SMALL = """
catalogue_version = "2026-11-22"
[laws]
"所得税法" = "Income Tax Act"
[retention_rules]
A = { ja = "甲", en = "a" }
B = { ja = "乙", en = "b" }
C = { ja = "丙", en = "c" }
log = { ja = "記録", en = "log" }
none = { ja = "なし", en = "none" }
[[common_basis.shared]]
law = "所得税法"
article = "第1条"
confidence = "official"
[purposes.ONE]
status = "offered"
name = { ja = "事務", en = "affair" }
document = { ja = "書類", en = "document" }
destination = { ja = "税務署", en = "tax office" }
whose = ["employee", "spouse"]
common_basis = "shared"
legal_basis = [{ law = "所得税法", article = "第2条", valid_from = 2020-01-01, confidence = "official" }]
retention = { rule = "A", years = 7, basis = { ja = "根拠", en = "basis" }, confidence = "official" }
conditions = { since = 2016-01-01 }
"""

# what is wrong -> (the words to replace, what replaces them, the entry and the field the error must name)
BROKEN: dict[str, tuple[str, str, str, str]] = {
    "no TOML": ("[laws]", "[laws", "", "TOML"),
    "a code twice": ("[purposes.ONE]", "[purposes.ONE]\n[purposes.ONE]", "", "TOML"),
    "no version": ('catalogue_version = "2026-11-22"', "", "", "catalogue_version"),
    "a version that is no date": ('"2026-11-22"', '"v1"', "", "catalogue_version"),
    "an unknown section": ("[laws]", "[other]\n[laws]", "", "other"),
    "a law without a name": ('"Income Tax Act"', '" "', "laws", "所得税法"),
    "a rule not explained": ('C = { ja = "丙", en = "c" }', "", "retention_rules", "C"),
    "a rule too many": (
        "[[common",
        'D = { ja = "丁", en = "d" }\n[[common',
        "retention_rules",
        "D",
    ),
    "a code in small letters": ("[purposes.ONE]", "[purposes.one]", "purposes", "one"),
    "a purpose that is no table": (
        "[purposes.ONE]",
        "[purposes]\nTWO = 2\n[purposes.ONE]",
        "purposes",
        "TWO",
    ),
    "no status": ('status = "offered"', "", "purposes.ONE", "status"),
    "an unknown status": ('"offered"', '"allowed"', "purposes.ONE", "status"),
    "a name in Japanese only": ('"事務", en = "affair"', '"事務"', "purposes.ONE.name", "en"),
    "a name in a third language": (
        'en = "affair"',
        'en = "affair", fr = "affaire"',
        "purposes.ONE.name",
        "fr",
    ),
    "an empty document": ('"書類"', '""', "purposes.ONE.document", "ja"),
    "a destination that is no table": (
        '{ ja = "税務署", en = "tax office" }',
        '"tax"',
        "purposes.ONE",
        "destination",
    ),
    "nobody's number": ('["employee", "spouse"]', "[]", "purposes.ONE", "whose"),
    "an unknown kind of person": ('"spouse"', '"wife"', "purposes.ONE", "whose"),
    "a kind that is no word": ('"spouse"', "3", "purposes.ONE", "whose"),
    "a kind twice": ('"spouse"', '"employee"', "purposes.ONE", "whose"),
    "kinds that are no list": ('["employee", "spouse"]', '"employee"', "purposes.ONE", "whose"),
    "an unknown other party": (
        "common_basis = ",
        'others = ["bank"]\ncommon_basis = ',
        "purposes.ONE",
        "others",
    ),
    "a reason though offered": (
        "common_basis = ",
        'reason = { ja = "理由", en = "why" }\ncommon_basis = ',
        "purposes.ONE",
        "reason",
    ),
    "no reason though off": ('"offered"', '"off_by_default"', "purposes.ONE", "reason"),
    "a common basis that is not there": ('"shared"', '"spared"', "purposes.ONE", "common_basis"),
    "a law that is not listed": (
        'law = "所得税法", article = "第2条"',
        'law = "所得法", article = "第2条"',
        "purposes.ONE.legal_basis[1]",
        "law",
    ),
    "an article left out": (', article = "第2条"', "", "purposes.ONE.legal_basis[1]", "article"),
    "a shared article left out": ('article = "第1条"', "", "common_basis.shared[1]", "article"),
    "an article that ends before it begins": (
        "valid_from = 2020-01-01",
        "valid_from = 2020-01-01, valid_until = 2019-12-31",
        "purposes.ONE.legal_basis[1]",
        "valid_until",
    ),
    "a day with a time": ("2020-01-01", "2020-01-01T00:00:00", "purposes.ONE.legal_basis[1]", "valid_from"),
    "a day as text": ("= 2020-01-01", '= "2020-01-01"', "purposes.ONE.legal_basis[1]", "valid_from"),
    "articles that are no tables": (
        '[{ law = "所得税法", article = "第2条", valid_from = 2020-01-01, confidence = "official" }]',
        '["第2条"]',
        "purposes.ONE",
        "legal_basis",
    ),
    "a misspelt field of an article": (
        "valid_from",
        "vaild_from",
        "purposes.ONE.legal_basis[1]",
        "vaild_from",
    ),
    "an unknown confidence": (
        'basis" }, confidence = "official"',
        'basis" }, confidence = "sure"',
        "purposes.ONE.retention",
        "confidence",
    ),
    "an unknown retention rule": ('rule = "A"', 'rule = "Z"', "purposes.ONE.retention", "rule"),
    "a rule in years without years": ("years = 7, ", "", "purposes.ONE.retention", "years"),
    "no years at all": ("years = 7", "years = 0", "purposes.ONE.retention", "years"),
    "years that are true": ("years = 7", "years = true", "purposes.ONE.retention", "years"),
    "years without a rule that counts them": (
        'rule = "A"',
        'rule = "none"',
        "purposes.ONE.retention",
        "years",
    ),
    "no conditions": ("conditions = { since = 2016-01-01 }", "", "purposes.ONE", "conditions"),
    "no first day": ("since = 2016-01-01", "minimum_age = 70", "purposes.ONE.conditions", "since"),
    "an impossible age": (
        "2016-01-01",
        "2016-01-01, minimum_age = 0",
        "purposes.ONE.conditions",
        "minimum_age",
    ),
    "consent that is no yes or no": (
        "2016-01-01",
        '2016-01-01, person_consent = "yes"',
        "purposes.ONE.conditions",
        "person_consent",
    ),
    "a misspelt field of a purpose": ("destination = ", "destinaton = ", "purposes.ONE", "destination"),
    "a field nobody knows": ("conditions = ", 'memo = "x"\nconditions = ', "purposes.ONE", "memo"),
}


class TestTheLoader:
    def test_a_small_catalogue_is_read(self) -> None:
        purpose = parse_catalogue(SMALL).get("ONE")
        assert purpose is not None
        assert [each.article for each in purpose.legal_basis] == ["第1条", "第2条"]
        assert purpose.legal_basis[0].law.en == "Income Tax Act"

    @pytest.mark.parametrize(("old", "new", "entry", "field"), BROKEN.values(), ids=BROKEN)
    def test_a_broken_file_is_refused_naming_entry_and_field(
        self, old: str, new: str, entry: str, field: str
    ) -> None:
        assert old in SMALL
        with pytest.raises(CatalogueError) as caught:
            parse_catalogue(SMALL.replace(old, new, 1))
        error = caught.value
        assert (error.entry, error.field) == (entry, field)
        assert (f"[{entry}] {field}: " if entry else f"purposes.toml {field}: ") in str(error)
        assert error.message_ja in str(error)
        assert error.message_en in str(error)

    def test_a_refused_purpose_may_not_name_whose_number(self) -> None:
        refused = SMALL.replace('"offered"', '"refused"\nreason = { ja = "理由", en = "why" }')
        refused = refused.replace("conditions = { since = 2016-01-01 }", "")
        with pytest.raises(CatalogueError) as caught:
            parse_catalogue(refused)
        assert (caught.value.entry, caught.value.field) == ("purposes.ONE", "whose")

    def test_a_purpose_without_any_law_is_refused(self) -> None:
        lawless = re.sub(r"common_basis = .*\nlegal_basis = .*\n", "", SMALL)
        with pytest.raises(CatalogueError) as caught:
            parse_catalogue(lawless)
        assert (caught.value.entry, caught.value.field) == ("purposes.ONE", "legal_basis")

    @given(st.text())
    def test_any_text_is_a_catalogue_or_a_named_error(self, text: str) -> None:
        with pytest.raises(CatalogueError):
            parse_catalogue(text)

    def test_leaving_out_any_line_of_a_purpose_that_matters_is_noticed(self) -> None:
        lines = SMALL[SMALL.index("[purposes.ONE]") :].splitlines()[1:]
        optional = ("common_basis", "legal_basis")
        for line in lines:
            if not line.startswith(optional):
                with pytest.raises(CatalogueError):
                    parse_catalogue(SMALL.replace(line, ""))


class TestThePage:
    def test_the_page_in_the_documentation_is_current(self) -> None:
        assert PAGE.read_text(encoding="utf-8") == page(CATALOGUE), (
            "run: python -m policies.purposes_page > docs/purposes.md"
        )

    def test_the_page_names_every_purpose_article_and_reason(self) -> None:
        text = page(CATALOGUE)
        for purpose in CATALOGUE.purposes.values():
            assert f"`{purpose.code}`" in text
            assert purpose.document.ja in text
            assert all(each.law.ja + each.article in text for each in purpose.legal_basis)
            assert purpose.reason is None or (purpose.reason.ja in text and purpose.reason.en in text)

    def test_no_cell_breaks_the_tables(self) -> None:
        rows = [line for line in page(CATALOGUE).splitlines() if line.startswith("|")]
        assert {line.count("|") for line in rows} == {7, 6, 4, 3}

    def test_the_page_follows_a_change_of_the_catalogue(self) -> None:
        assert "申告事務" in page(parse_catalogue(SMALL.replace("事務", "申告事務")))


def test_the_file_explains_every_field_it_uses() -> None:
    text = (files("policies") / "purposes.toml").read_text(encoding="utf-8")
    header = text[: text.index("\ncatalogue_version")]
    used = set(re.findall(r"\b([a-z_]+) = ", text)) - {"ja", "en"}
    assert {name for name in used if name not in header} == set()
