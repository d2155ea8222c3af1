"""The papers as somebody reads them who opens the PDF: their text, their pages, what is attached."""

import asyncio
import json
import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from custody.certificates.errors import CertificateError, CertificateFault, PrintError
from custody.certificates.facts import DisposalFacts
from custody.certificates.pages import MOST_PERSONS, certificate_page
from custody.certificates.press import Press
from custody.certificates.report import LeftOut, OverdueEpoch
from custody.certificates.typesetter import Job, picture
from custody.certificates.verify import verify
from tests.support.canary import Canaries, numbers_in
from tests.support.certificates import (
    DAY,
    FINISHED,
    KEY,
    certificate,
    contract_end,
    disposed,
    extinct,
    person,
    report,
)
from tests.support.numbers import synthetic_numbers


async def printed(facts: DisposalFacts) -> PdfReader:
    return PdfReader(BytesIO(await Press().certificate(certificate(facts), KEY)))


def text_of(pdf: PdfReader) -> str:
    """All text without white space, which PDF knows only as distance."""
    return bare("".join(page.extract_text() for page in pdf.pages))


def bare(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


async def test_the_first_certificate_says_who_what_when_why_by_whom_and_until_when() -> None:
    text = text_of(await printed(disposed()))
    for said in (
        "個人番号廃棄証明書",
        "CertificateofDisposalofIndividualNumbers",
        "株式会社わりふ商事御中",
        "割符サービス株式会社",
        "run_7Kq2mXw4-1",
        "3名（対象5名のうち、除外2名）",
        "保存期間の満了",
        "2026年1月12日10時30分",
        "佐藤花子",
        "鈴木一郎",
        "鍵の世代12を2026年4月6日までに破棄",
        "給与所得者の扶養控除等(異動)申告書",
        "提出期限の属する年の翌年1月10日の翌日から7年",
        "E-00001山田太郎2026/01/112026/01/1210:291,240",
        "髙﨑さくら",
        "𠮷田次郎",
        "完了の記録第5番",
        bare(str(KEY)),
    ):
        assert said in text, said


async def test_the_second_certificate_says_when_the_last_copy_went() -> None:
    text = text_of(await printed(extinct(disposed())))
    for said in (
        "個人番号消滅証明書",
        "run_7Kq2mXw4-2",
        "鍵の世代12を2026年4月5日10時30分に破棄しました",
        "消滅の記録第7番",
        "山田太郎",
    ):
        assert said in text, said


async def test_the_end_of_a_contract_has_a_certificate_of_its_own() -> None:
    text = text_of(await printed(contract_end()))
    for said in (
        "データ破棄証明書",
        "契約の終了日",
        "2026年1月11日",
        "解約のお申出",
        "トークン9件Tokens",
        "山田太郎",
    ):
        assert said in text, said


async def test_who_is_erased_is_named_by_the_id_that_was_exported_before() -> None:
    facts = contract_end()
    erased = replace(facts, persons=tuple(replace(one, external_id="", name="") for one in facts.persons))
    text = text_of(await printed(erased))
    for said in ("本人IDPerson'sid", "people.csv", *(f"person_{one.person}" for one in facts.persons)):
        assert said in text, said
    assert "people.csv" not in text_of(await printed(facts))


@pytest.mark.parametrize(
    "name",
    [
        "#set page(width: 1cm) #panic()",
        "$x^2$ *bold* _it_ `raw` @ref <label>",
        "\\ \"quoted\" 'single' \\u{41}",
        "]) #sys.inputs [",
        "// 註 /* 釈 */",
        "http://example.com/~a",
        "長" * 60,
        "W" * 60,
        "Nguyễn Thị Ánh",
        "辻󠄀 葛󠄀",
    ],
)
async def test_a_name_is_set_as_it_is_written(name: str) -> None:
    assert bare(name) in text_of(await printed(disposed(1, persons=(person(0, name=name),))))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("山田\n太郎\r\n\t様", "山田太郎様"),
        ("か\u3099んた e\u0301va", "がんたéva"),
        ("山田\u200b\ufeff太郎", "山田太郎"),
        ("😀 山田", "〓山田"),
        ("\u202e郎太 \x00\x1b[0m", "〓郎太〓〓[0m"),
        ("สมชาย", "〓〓〓〓〓"),
    ],
)
async def test_what_the_typeface_lacks_is_printed_as_a_missing_type(name: str, shown: str) -> None:
    text = text_of(await printed(disposed(1, persons=(person(0, name=name),))))
    assert shown in text
    assert ("この書体にない文字" in text) == ("〓" in shown)


async def test_a_name_does_not_leave_its_column_or_the_page() -> None:
    name, identity = "W" * 60, "X" * 60
    pdf = await printed(disposed(1, persons=(person(0, name=name, external_id=identity),)))
    text = pdf.pages[1].extract_text()
    assert max(len(run) for run in re.findall("W+", text)) < len(name)
    assert max(len(run) for run in re.findall("X+", text)) < len(identity)


async def test_the_machine_readable_form_is_attached_and_verifies() -> None:
    text = certificate(disposed())
    pdf = PdfReader(BytesIO(await Press().certificate(text, KEY)))
    (attached,) = pdf.attachments["certificate.json"]
    assert attached.decode() == text
    assert verify(attached.decode(), KEY).facts == disposed()


async def test_it_is_an_archivable_and_accessible_pdf_with_title_language_and_date() -> None:
    pdf = await printed(disposed())
    assert pdf.metadata is not None
    assert pdf.metadata.title == "個人番号廃棄証明書 run_7Kq2mXw4-1"
    assert pdf.metadata.author == "割符サービス株式会社"
    assert pdf.metadata.creation_date is not None
    assert pdf.metadata.creation_date.timestamp() * 1000 == disposed().issued_at
    assert pdf.root_object["/Lang"] == "ja-JP"
    assert pdf.root_object["/MarkInfo"]["/Marked"]
    xmp = pdf.root_object["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


async def test_every_font_is_embedded() -> None:
    pdf = await printed(disposed())
    for page in pdf.pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            assert "NotoSansCJKjp" in descriptor["/FontName"]
            assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


async def test_the_same_certificate_gives_the_same_bytes() -> None:
    text = certificate(disposed())
    press = Press(at_once=2)
    first, second = await asyncio.gather(press.certificate(text, KEY), press.certificate(text, KEY))
    assert first == second


async def test_a_list_of_two_thousand_repeats_its_heading_and_numbers_its_pages() -> None:
    pdf = await printed(disposed(2_000))
    pages = [bare(page.extract_text()) for page in pdf.pages]
    assert len(pages) > 30
    for place, text in enumerate(pages, 1):
        assert f"{place}/{len(pages)}" in text
    for text in pages[1:-1]:
        assert "管理番号Yourid" in text
        assert "run_7Kq2mXw4-1" in text
    whole = "".join(pages)
    assert all(f"E-{number + 1:05}" in whole for number in range(2_000))


def test_a_longer_list_than_can_be_read_stays_in_the_machine_readable_form() -> None:
    page = certificate_page(verify(certificate(disposed(MOST_PERSONS + 2)), KEY), KEY)
    assert (len(page["persons"]), page["beyond"], page["disposed"]) == (MOST_PERSONS, 2, MOST_PERSONS + 2)


async def test_nothing_is_printed_that_does_not_verify() -> None:
    text = certificate(disposed()).replace("山田", "山本")
    with pytest.raises(CertificateError) as refused:
        await Press().certificate(text, KEY)
    assert refused.value.fault is CertificateFault.ALTERED


async def test_others_go_on_while_a_paper_is_set() -> None:
    printing = asyncio.create_task(Press().certificate(certificate(disposed(200)), KEY))
    turns = 0
    while not printing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await printing).startswith(b"%PDF-")
    assert turns > 1


async def test_whoever_stops_waiting_stops_the_printing_and_the_next_has_a_turn() -> None:
    press = Press()
    printing = asyncio.create_task(press.certificate(certificate(disposed(5_000)), KEY))
    for _ in iter(press._turn.locked, True):
        await asyncio.sleep(0.001)
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    assert await press.certificate(certificate(disposed(0)), KEY)


async def test_a_paper_that_cannot_be_set_is_told_without_its_words() -> None:
    number = next(iter(synthetic_numbers(1, 7)))
    job = {"template": "certificate.typ", "data": {"issuer": number}, "timestamp": 0, "machine": ""}
    with pytest.raises(PrintError) as failed:
        await Press()._set(json.dumps(job).encode())
    assert number not in str(failed.value)
    assert "typst" in failed.value.message_en


async def test_no_number_stands_on_a_paper_or_in_its_file() -> None:
    facts = extinct(contract_end(40))
    pdf = await Press().certificate(certificate(facts), KEY)
    reader = PdfReader(BytesIO(pdf))
    text = "".join(page.extract_text() for page in reader.pages)
    ids = "".join(str(one.person) for one in facts.persons)
    assert not re.search(r"(?<![0-9])[0-9]{12}(?![0-9])", text)
    assert all(str(one.person) not in text for one in facts.persons)
    assert numbers_in(ids.encode())  # the search does find digits, were there any


async def test_the_report_counts_what_happened_and_gives_the_reasons() -> None:
    pdf = PdfReader(BytesIO(await Press().report(report())))
    text = text_of(pdf)
    assert len(pdf.pages) <= 2
    for said in (
        "個人番号の廃棄に関する経営報告書",
        "2025年4月1日から2026年3月31日まで",
        "期日到来70名",
        "廃棄67名",
        "期末の保管1,284名",
        "うち法的保留2名",
        "期日を過ぎた個人番号、及び期限までに破棄されなかった鍵はありません",
        "今後12か月に期日が到来する個人番号は61名分",
        "run_7Kq2mXw4期間満了2026/01/1137352026/01/122026/04/06まで",
        "run_9Rt6期間満了2026/03/3170承認待ち",
        "退職金に関する訴訟が係属中のためあり2",
    ):
        assert said in text, said


async def test_the_report_says_aloud_what_is_late() -> None:
    late = (OverdueEpoch(9, FINISHED - 3 * DAY, FINISHED), OverdueEpoch(10, FINISHED, None))
    text = text_of(PdfReader(BytesIO(await Press().report(report(waiting=3, overdue_epochs=late)))))
    for said in (
        "期日を過ぎて未処理の個人番号が3名分あります",
        "鍵の破棄遅れ2世代",
        "92026/01/092026/01/12",
        "102026/01/12未破棄",
    ):
        assert said in text, said
    assert "ありません" not in text


async def test_a_long_period_with_many_runs_and_reasons_stays_short() -> None:
    whole = report()
    many = tuple(LeftOut(f"理由その{number}", 40 - number, held=False) for number in range(30))
    facts = replace(whole, months=whole.months * 3, runs=whole.runs * 20, left_out=many)
    pdf = PdfReader(BytesIO(await Press().report(facts)))
    text = text_of(pdf)
    assert len(pdf.pages) <= 3
    assert "ほか56件" in text
    assert "理由その0なし40" in text
    assert "その他の理由" in text
    assert "理由その29" not in text


async def test_a_quiet_period_is_said_to_be_quiet() -> None:
    quiet = report(months=report().months[:1], runs=(), left_out=(), ahead=0)
    text = text_of(PdfReader(BytesIO(await Press().report(quiet))))
    assert "対象期間に廃棄の実施はありません" in text
    assert "対象期間に除外した者はいません" in text


async def test_a_report_with_a_number_in_it_is_not_printed() -> None:
    number = Canaries().plant("a reason")
    with pytest.raises(CertificateError) as refused:
        await Press().report(report(left_out=(LeftOut(f"係争 {number}", 1, held=True),)))
    assert refused.value.fault is CertificateFault.HOLDS_NUMBER
    assert number not in str(refused.value)


def test_the_pages_can_be_looked_at_as_pictures() -> None:
    text = certificate(disposed())
    data = json.loads(json.dumps(certificate_page(verify(text, KEY), KEY)))
    pages = picture(Job(template="certificate.typ", data=data, timestamp=0, machine=text))
    assert [page[:8] for page in pages] == [b"\x89PNG\r\n\x1a\n"] * 2
