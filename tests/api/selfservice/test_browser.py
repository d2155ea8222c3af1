"""The page on a phone: Chromium, 360 by 780 pixels, against a running server. Every number is synthetic."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from custody.selfservice.link import Factor
from policies.collection import State
from policies.collection_codes import Deficiency
from tests.support.canary import wrong
from tests.support.capture import capturing
from tests.support.doorstep import Doorstep
from tests.support.live import Server
from tests.support.numbers import synthetic_numbers
from tests.support.phone import Phone, card, chromium

OWN, CHILDS, SPOUSES = synthetic_numbers(3, seed=990)
TITLE = "株式会社みらい商事からのお願い"
BIRTHDAY = ("平成", "2", "4", "1")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def doorstep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorstep]:
    server = Server(tmp_path_factory.mktemp("vault"))
    with capturing() as log, server.running():
        yield Doorstep.of(server)
    assert [line for line in log.lines if line["level"] != "info"] == []
    for number in (OWN, CHILDS, SPOUSES):
        assert number not in log.text
    assert "wfl_" not in log.text


@pytest.fixture
def phone(browser: Browser, doorstep: Doorstep) -> Iterator[Phone]:
    switched_on = Phone.switched_on(browser, doorstep.server.url)
    yield switched_on
    switched_on.context.close()


def comes_in(phone: Phone, doorstep: Doorstep, *, family: bool = False) -> None:
    phone.opens(doorstep.link(family=family).secret)
    phone.tells_birthday(*BIRTHDAY)
    phone.sees(TITLE)
    phone.press("確認しました。提出に進む")


def photographs_the_card(phone: Phone) -> None:
    for place in range(2):
        phone.photographs(place, card(back=bool(place)))
        phone.shot(place).get_by_text("受け取りました").wait_for()
    phone.press("番号の入力へ進む")
    phone.sees("マイナンバーの入力")


def assert_quiet(phone: Phone) -> None:
    """Nothing went elsewhere, and nothing went wrong."""
    assert phone.foreign == []
    assert phone.wrong == []
    for address in phone.urls:
        assert not any(number in address for number in (OWN, CHILDS, SPOUSES))
        assert "wfl_" not in address


def kept(phone: Phone) -> str:
    """Everything the browser keeps of the page, and all the page shows."""
    return str(
        phone.page.evaluate(
            """async () => JSON.stringify([
                 {...sessionStorage}, {...localStorage}, document.cookie, history.state, location.href,
                 (await indexedDB.databases()).length, (await caches.keys()).length,
                 document.documentElement.outerHTML])"""
        )
    )


def test_somebody_gives_their_number_with_a_phone(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    assert phone.page.url == f"{phone.url}/my"
    phone.sees("書類の写真")
    photographs_the_card(phone)
    phone.types(OWN)
    expect(phone.page.locator("#number-note")).to_have_text("12桁そろいました")
    expect(phone.page.locator("#again-note")).to_have_text("一致しました")
    phone.press("この番号を提出する")
    phone.sees("確認と提出")
    assert OWN not in kept(phone)
    phone.press("提出を終える")
    phone.sees("提出が終わりました")
    with phone.page.expect_download() as saved:
        phone.press("控えを保存する(テキスト)")
    receipt = saved.value.path().read_text(encoding="utf-8")
    assert "個人番号の受付票" in receipt
    assert "c2sp.org/tlog-proof@v1" in receipt
    assert OWN not in receipt
    assert OWN not in kept(phone)
    (cookie,) = phone.context.cookies()
    assert (cookie.get("name"), cookie.get("httpOnly"), cookie.get("secure")) == (
        "__Host-warifu-visit",
        True,
        True,
    )
    assert doorstep.collection().state is State.ARRIVED
    assert_quiet(phone)


def test_the_receipt_can_be_saved_once_it_is_there(phone: Phone, doorstep: Doorstep) -> None:
    held: list[Route] = []
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    phone.types(OWN)
    phone.press("この番号を提出する")
    phone.sees("確認と提出")
    phone.page.route("**/my/api/receipt", lambda route: held.append(route))  # noqa: PLW0108
    phone.press("提出を終える")
    phone.sees("提出が終わりました")
    expect(phone.button("控えを保存する(テキスト)")).to_be_hidden()
    held[0].continue_()
    with phone.page.expect_download():
        phone.press("控えを保存する(テキスト)")
    assert_quiet(phone)


def test_a_wrong_digit_is_told_while_it_is_typed(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    first, error = phone.page.locator("#number"), phone.page.locator("#number-error")
    first.press_sequentially(wrong(OWN)[:11])
    expect(phone.page.locator("#number-note")).to_have_text("あと 1 桁")
    expect(error).to_be_empty()
    first.press_sequentially(wrong(OWN)[11:])
    expect(error).to_have_text("番号のどこかが違います。書類と1桁ずつ見比べてください。")
    expect(first).to_have_attribute("aria-invalid", "true")
    phone.press("この番号を提出する")
    expect(first).to_be_focused()
    first.fill("")
    first.press_sequentially("ー".join(OWN[place : place + 4] for place in (0, 4, 8)))
    expect(first).to_have_value(OWN)
    expect(error).to_be_empty()
    phone.page.locator("#again").press_sequentially(SPOUSES)
    expect(phone.page.locator("#again-error")).to_have_text("1回目と2回目の番号が違います。")
    assert not [address for address in phone.urls if address.endswith("/my/api/number")]
    assert_quiet(phone)


def test_digits_are_covered_but_while_they_are_typed_or_asked_for(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    first, second = phone.page.locator("#number"), phone.page.locator("#again")
    first.press_sequentially(OWN)
    expect(first).not_to_have_class("covered")
    second.press_sequentially("1")
    expect(first).to_have_class("covered")
    phone.press("番号を表示する")
    expect(first).not_to_have_class("covered")
    phone.press("番号を隠す")
    expect(first).to_have_class("covered")
    second.fill("")
    second.focus()
    phone.page.evaluate(
        """() => {
             const field = document.querySelector("#again");
             field.dispatchEvent(new InputEvent("beforeinput", {inputType: "insertFromPaste", cancelable: true}));
           }"""
    )
    expect(phone.page.locator("#again-error")).to_contain_text("もう一度入力してください")


def test_a_lost_connection_is_waited_for_and_nothing_given_is_lost(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    phone.photographs(0)
    phone.shot(0).get_by_text("受け取りました").wait_for()
    phone.context.set_offline(True)
    phone.photographs(1, card(back=True))
    expect(phone.page.locator("#banner")).to_contain_text("通信が途切れました")
    expect(phone.shot(1).locator("[data-status]")).to_have_text("通信が戻るのを待っています")
    phone.context.set_offline(False)
    phone.shot(1).get_by_text("受け取りました").wait_for()
    phone.press("番号の入力へ進む")
    phone.types(OWN)

    phone.page.reload()
    phone.sees("マイナンバーの入力")
    expect(phone.page.locator("#number")).to_have_value("")
    phone.page.go_back()
    phone.sees("書類の写真")
    expect(phone.shot(0)).to_contain_text("受け取りました")
    expect(phone.shot(1)).to_contain_text("受け取りました")
    phone.press("番号の入力へ進む")
    phone.types(OWN)
    phone.context.set_offline(True)
    phone.press("この番号を提出する")
    expect(phone.page.locator("#banner")).to_contain_text("通信が途切れました")
    phone.context.set_offline(False)
    phone.sees("確認と提出")
    assert len(doorstep.collection().codes) == 0
    assert [line for line in phone.wrong if "ERR_INTERNET_DISCONNECTED" not in line] == []
    assert phone.foreign == []


def test_a_family_gives_its_numbers_and_the_spouse_a_power_of_attorney(
    phone: Phone, doorstep: Doorstep
) -> None:
    comes_in(phone, doorstep, family=True)
    phone.sees("提出するもの")
    child, spouse = (phone.page.locator(".person").nth(place) for place in (1, 2))
    child.get_by_role("button").click()
    phone.sees("マイナンバーの入力")
    expect(phone.page.locator("main")).to_contain_text("ご家族の書類の写真は要りません")
    phone.types(CHILDS)
    phone.press("この番号を提出する")
    phone.sees("提出するもの")
    expect(child).to_contain_text("番号を受け取りました")
    spouse.get_by_role("button").click()
    phone.sees("書類の写真")
    expect(phone.page.locator("main")).to_contain_text("委任状が必要です")
    expect(phone.page.locator("blockquote")).to_contain_text("試験 E1 を代理人と定め")
    phone.press("番号の入力へ進む")
    expect(phone.page.locator("#papers-error")).to_have_text("あと 2 枚の写真が必要です。")
    photographs_the_card(phone)
    phone.types(SPOUSES)
    phone.press("この番号を提出する")
    phone.sees("提出するもの")
    expect(spouse).to_contain_text("写真 2 枚を受け取りました")
    assert_quiet(phone)


def test_other_papers_a_photo_taken_again_and_one_taken_back(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    phone.page.get_by_label("個人番号の記載された住民票の写し・住民票記載事項証明書").check()
    expect(phone.page.locator(".shot")).to_have_count(1)
    phone.page.get_by_label("運転免許証").check()
    expect(phone.page.locator(".shot")).to_have_count(3)
    phone.photographs(0)
    phone.shot(0).get_by_text("受け取りました").wait_for()
    phone.photographs(0, card(back=True))
    expect(phone.shot(0).get_by_role("button", name="取り消す")).to_be_visible()
    phone.photographs(1)
    phone.shot(1).get_by_text("受け取りました").wait_for()
    phone.shot(1).get_by_role("button", name="取り消す").click()
    expect(phone.shot(1)).to_contain_text("必須")
    phone.photographs(1, b"this is no image")
    expect(phone.shot(1).locator("[data-error]")).to_contain_text("この画像は開けませんでした")
    phone.photographs(1)
    phone.shot(1).get_by_text("受け取りました").wait_for()
    phone.press("番号の入力へ進む")
    phone.sees("マイナンバーの入力")
    assert_quiet(phone)


def test_a_missing_child_is_added_and_somebody_does_not_want_to_give(
    phone: Phone, doorstep: Doorstep
) -> None:
    comes_in(phone, doorstep)
    phone.sees("書類の写真")
    phone.press("戻る")
    phone.press("ここにいないご家族を追加する")
    phone.press("追加する")
    expect(phone.page.locator("#name-error")).to_have_text("氏名を入力してください。")
    expect(phone.page.locator("#born-error")).to_have_text("年・月・日を数字で入力してください。")
    phone.page.get_by_label("氏名").fill("試験 花子")
    phone.page.get_by_label("暦").select_option(label="令和")
    for label, value in (("年", "元"), ("月", "５"), ("日", "5")):
        phone.page.get_by_label(label, exact=True).fill(value)
    expect(phone.page.locator("[data-read]")).to_have_text("2019年(令和元年)5月5日")
    phone.press("追加する")
    phone.sees("提出するもの")
    expect(phone.page.locator(".person")).to_have_count(2)
    phone.press("番号を提出したくない")
    phone.sees("番号を提出したくないとき")
    phone.page.get_by_label("試験 花子").check()
    phone.press("提出しないと回答する")
    phone.sees("提出するもの")
    expect(phone.page.locator(".person").nth(1)).to_contain_text("提出しない")
    assert_quiet(phone)


def test_deficiencies_are_said_in_plain_words(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    phone.types(OWN)
    phone.press("この番号を提出する")
    phone.sees("確認と提出")
    doorstep.finds_fault(Deficiency.IMAGE_BLURRED)
    phone.page.reload()
    phone.sees("確認と提出")
    phone.press("戻る")
    phone.sees("提出するもの")
    expect(phone.page.locator(".person")).to_contain_text("画像がぼやけて読み取れません")
    expect(phone.page.locator(".person .tag")).to_have_text("要修正")
    assert_quiet(phone)


def test_the_other_language_loses_nothing_that_was_typed(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    phone.page.locator("#number").press_sequentially(wrong(OWN))
    phone.press("Switch to English")
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    expect(phone.page.locator("#number")).to_have_value(wrong(OWN))
    expect(phone.page.locator("#number-error")).to_have_text(
        "A digit is wrong somewhere. Compare each of them with the paper."
    )
    phone.page.reload()
    phone.sees("Typing the number")
    assert_quiet(phone)


def test_the_record_questions_and_appointments_come_after(phone: Phone, doorstep: Doorstep) -> None:
    doorstep.offers("2026-12-01T10:00", "2026-12-01T11:00")
    comes_in(phone, doorstep)
    phone.press("戻る")
    phone.page.get_by_role("button", name="質問する").click()
    message = phone.page.get_by_label("質問")
    message.fill(f"番号は {OWN} です")
    phone.press("送る")
    expect(phone.page.locator("#message-error")).to_contain_text("ここに書かないでください")
    message.fill("引っ越したばかりです。")
    phone.press("送る")
    expect(phone.page.locator(".talk li.mine")).to_contain_text("引っ越したばかりです。")
    doorstep.answers("住民票の写しをお送りください。")
    phone.press("戻る")
    phone.page.get_by_role("button", name="質問する").click()
    expect(phone.page.locator(".talk")).to_contain_text("住民票の写しをお送りください。")
    phone.press("戻る")

    phone.page.get_by_role("button", name="対面での確認を予約する").click()
    phone.page.get_by_role("button", name="この時間を予約する").first.click()
    expect(phone.page.locator("[data-mine-text]")).to_contain_text("10:00")
    phone.press("この時間に変更する")
    expect(phone.page.locator("[data-mine-text]")).to_contain_text("11:00")
    phone.press("予約を取り消す")
    expect(phone.page.get_by_role("button", name="この時間を予約する")).to_have_count(2)
    phone.press("戻る")

    phone.page.get_by_role("button", name="番号が使われた記録を見る").click()
    expect(phone.page.locator(".use").first).to_contain_text("本人が記録を閲覧")
    phone.page.locator(".use summary").first.click()
    with phone.page.expect_download() as saved:
        phone.page.get_by_role("button", name="証明を保存する").first.click()
    assert saved.value.path().read_text().startswith("c2sp.org/tlog-proof@v1")
    assert_quiet(phone)


def test_the_end_of_a_visit_is_told_once_it_has_ended_and_not_before(
    phone: Phone, doorstep: Doorstep
) -> None:
    comes_in(phone, doorstep)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.page.route("**/my/api/leave", hold)
    with phone.page.expect_request("**/my/api/leave"):
        phone.press("終了する")
    expect(phone.page.locator("#leave")).to_be_disabled()
    assert phone.page.get_by_text("終了しました").count() == 0
    assert phone.context.cookies() != []
    held[0].continue_()
    phone.sees("終了しました")
    assert phone.context.cookies() == []


def test_a_visit_that_the_server_did_not_end_is_not_told_as_ended(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    told = {"code": "THROTTLED", "messageJa": "少し待ってからやり直してください", "messageEn": "Wait a while"}
    answer = {"errors": [{"message": "", "extensions": told}]}

    def refuse(route: Route) -> None:
        route.fulfill(status=429, json=answer)

    phone.page.route("**/my/api/leave", refuse)
    phone.press("終了する")
    expect(phone.page.get_by_text("少し待ってからやり直してください")).to_be_visible()
    assert phone.page.get_by_text("終了しました").count() == 0
    phone.page.unroute("**/my/api/leave", refuse)
    phone.press("終了する")
    phone.sees("終了しました")


def test_a_visit_that_ended_asks_again_and_goes_on_where_it_was(phone: Phone, doorstep: Doorstep) -> None:
    comes_in(phone, doorstep)
    photographs_the_card(phone)
    doorstep.server.clock.advance(minutes=31)
    phone.types(OWN)
    phone.press("この番号を提出する")
    phone.sees("ご本人の確認")
    expect(phone.page.locator("main")).to_contain_text("安全のため、いったん閉じました")
    assert OWN not in kept(phone)
    phone.tells_birthday(*BIRTHDAY)
    phone.sees("マイナンバーの入力")
    phone.press("終了する")
    phone.sees("終了しました")
    phone.page.reload()
    phone.sees("届いたリンクから開いてください")
    assert phone.context.cookies() == []


def test_a_wrong_birthday_and_a_passcode(phone: Phone, doorstep: Doorstep) -> None:
    link = doorstep.link(factor=Factor.PASSCODE)
    phone.opens(link.secret)
    phone.press("開く")
    expect(phone.page.locator("#birth-error")).to_have_text("年・月・日を数字で入力してください。")
    phone.tells_birthday("昭和", "60", "2", "29")
    expect(phone.page.locator("#birth-error")).not_to_be_empty()
    phone.tells_birthday("西暦", "1990", "4", "1")
    expect(phone.page.locator("#door-error")).to_contain_text("5 回間違えた")
    phone.press("確認コードを受け取った方はこちら")
    phone.page.get_by_label("確認コード(8文字)").fill(str(link.passcode).lower())
    phone.press("開く")
    phone.sees(TITLE)


def test_the_keyboard_alone_is_enough(phone: Phone, doorstep: Doorstep) -> None:
    phone.opens(doorstep.link().secret)
    phone.sees("ご本人の確認")
    expect(phone.page.locator("h1")).to_be_focused()
    keyboard = phone.page.keyboard
    for keys in ("Tab", "平", "Tab", "2", "Tab", "4", "Tab", "1", "Enter"):
        if keys == "平":
            phone.page.get_by_label("暦").select_option(label="平成")
        else:
            keyboard.press(keys)
    phone.sees(TITLE)
    expect(phone.page.locator("h1")).to_be_focused()
    for _ in range(2):
        keyboard.press("Tab")
    expect(phone.button("確認しました。提出に進む")).to_be_focused()
    keyboard.press("Enter")
    phone.sees("書類の写真")


@pytest.mark.parametrize("size", [(320, 640), (360, 780), (1280, 800)])
def test_nothing_is_wider_than_the_screen_and_everything_can_be_touched(
    browser: Browser, doorstep: Doorstep, size: tuple[int, int]
) -> None:
    phone = Phone.switched_on(browser, doorstep.server.url, size=size)
    comes_in(phone, doorstep, family=True)
    phone.sees("提出するもの")
    assert_fits(phone)
    phone.page.locator(".person button").nth(2).click()
    phone.sees("書類の写真")
    assert_fits(phone)
    phone.press("戻る")
    phone.page.locator(".person button").nth(1).click()
    phone.sees("マイナンバーの入力")
    phone.types(CHILDS)
    assert_fits(phone)
    phone.context.close()


def assert_fits(phone: Phone) -> None:
    found = phone.page.evaluate(
        """() => {
             const small = [...document.querySelectorAll("button, summary, label.choice, select")]
               .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
               .map((each) => each.outerHTML.slice(0, 80));
             return [Math.max(0, document.body.scrollWidth - document.documentElement.clientWidth), small];
           }"""
    )
    assert found == [0, []]


def test_without_javascript_the_page_says_what_to_do(browser: Browser, doorstep: Doorstep) -> None:
    phone = Phone.switched_on(browser, doorstep.server.url, scripts=False)
    phone.page.goto(f"{phone.url}/my")
    assert "JavaScript をオンにしてください" in phone.text()
    assert "Please turn JavaScript on" in phone.text()
    phone.context.close()
