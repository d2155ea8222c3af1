"""What people do with their phones: 360 by 780 pixels, Chromium, by a mailed link or one on paper."""

from datetime import datetime
from typing import Final

from playwright.sync_api import expect

from tests.support.canary import wrong
from tests.support.cast import AOKI, BABA, DOI, GOTO, HANAKO, HAYASHI
from tests.support.print_room import Printed, link_on
from tests.support.story import Story
from warifu import CollectionState, InquiryState
from warifu.audit import verify_proof

COMPANY: Final = "株式会社テスト"
QUESTION: Final = "カードを失くしました。何を送ればよいですか。"
ANSWER: Final = "番号の記載された住民票の写しをお送りください。"
RELEASED: Final = "個人番号を利用(提供)"


def an_employee_and_the_spouse_give_their_numbers(story: Story) -> None:
    aoki = story.picks_up(AOKI, story.mailed(AOKI))
    aoki.is_told(COMPANY)
    page = aoki.phone.page
    aoki.person(AOKI.name).get_by_role("button").click()
    aoki.photographs_papers()
    page.locator("#number").press_sequentially(wrong(story.number(AOKI)))
    expect(page.locator("#number-error")).to_have_text(
        "番号のどこかが違います。書類と1桁ずつ見比べてください。"
    )
    page.locator("#number").fill("")
    aoki.types(story.number(AOKI))

    aoki.phone.sees("提出するもの")
    aoki.person(HANAKO.name).get_by_role("button").click()
    aoki.phone.sees("書類の写真")
    expect(page.locator("main")).to_contain_text("委任状が必要です")
    expect(page.locator("blockquote")).to_contain_text(f"{AOKI.name} を代理人と定め")
    aoki.phone.press("番号の入力へ進む")
    expect(page.locator("#papers-error")).to_have_text("あと 2 枚の写真が必要です。")
    aoki.photographs_papers()
    aoki.types(story.number(HANAKO))
    receipt = aoki.finishes()
    assert all(name in receipt for name in (AOKI.name, HANAKO.name, "個人番号カード", "委任状"))
    story.puts_away(aoki)


def a_letter_is_read_by_a_phone(story: Story, letters: Printed) -> None:
    sheet, *_ = story.room.for_whom(story.employer.handler(), letters, BABA.external_id)
    baba = story.picks_up(BABA, link_on(sheet))
    baba.is_told(COMPANY)
    baba.photographs_papers()
    baba.types(story.number(BABA))
    baba.finishes()
    story.puts_away(baba)


def somebody_does_not_want_to_give_it(story: Story) -> None:
    doi = story.picks_up(DOI, story.mailed(DOI))
    doi.is_told(COMPANY)
    doi.declines()
    story.puts_away(doi)
    assert story.shown(story.employer.handler(), DOI).state is CollectionState.REFUSED


def somebody_asks_and_is_answered(story: Story) -> None:
    goto = story.picks_up(GOTO, story.mailed(GOTO))
    goto.is_told(COMPANY)
    goto.asks(QUESTION)
    tanaka = story.employer.handler()
    (inquiry,) = tanaka.inquiries(state=InquiryState.OPEN)
    thread = tanaka.inquiry(inquiry.inquiry_id)
    assert thread is not None
    assert [(each.text, inquiry.external_id) for each in thread.messages] == [(QUESTION, GOTO.external_id)]
    tanaka.answer_inquiry(inquiry.inquiry_id, ANSWER)
    goto.phone.page.reload()
    expect(goto.phone.page.locator(".talk")).to_contain_text(ANSWER)
    story.puts_away(goto)


def somebody_books_an_appointment(story: Story) -> None:
    starts = [datetime(2026, 12, 1, hour) for hour in (10, 11)]  # noqa: DTZ001 - by the clock in Japan
    tanaka = story.employer.handler()
    assert tanaka.offer_appointment_slots(["本社3階"] * 2, starts, [30] * 2, [1] * 2).rejections == ()
    hayashi = story.picks_up(HAYASHI, story.mailed(HAYASHI))
    hayashi.is_told(COMPANY)
    hayashi.goes_to("対面での確認を予約する")
    hayashi.phone.page.get_by_role("button", name="この時間を予約する").first.click()
    expect(hayashi.phone.page.locator("[data-mine-text]")).to_contain_text("10:00")
    story.puts_away(hayashi)
    (booked,) = story.employer.handler().appointments()
    assert (booked.external_id, booked.starts_in_japan) == (HAYASHI.external_id, "2026-12-01T10:00+09:00")


def the_person_sees_who_used_it(story: Story) -> None:
    """本人開示: through the same link, each entry with a proof that the client's verifier accepts."""
    key = story.begun.verifier_key
    aoki = story.picks_up(AOKI, story.mailed(AOKI))
    aoki.goes_to("番号が使われた記録を見る")
    card = aoki.phone.page.locator(".use").filter(has_text=RELEASED)
    for told in ("tanaka", "給与所得の源泉徴収票作成事務", "2026年分 年末調整"):
        expect(card).to_contain_text(told)
    card.locator("summary").click()
    proof, entry = aoki.saves("証明を保存する", card), aoki.saves("記録を保存する", card)
    verified = verify_proof(proof, entry.encode(), key)
    assert (verified.fields["purpose"], verified.fields["human"]) == ("TAX_GENSEN", "tanaka")
    assert key in aoki.phone.text()
    story.puts_away(aoki)
