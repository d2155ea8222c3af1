"""Write the screenshots of the page for the person, on a phone and on a desk, from a vault that lives as long as this.

    .venv/bin/python -m examples.selfservice_pictures

They go to docs/selfservice/. Chromium is needed; people and numbers are made up, and no number is in a picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser

from tests.support.canary import wrong
from tests.support.doorstep import Doorstep
from tests.support.live import Server
from tests.support.numbers import synthetic_numbers
from tests.support.phone import Phone, card, chromium

PLACE: Final = Path(__file__).parents[1] / "docs" / "selfservice"
SIZES: Final = {"360": (360, 780), "1280": (1280, 800)}
WHO: Final = "太郎"
BIRTHDAY: Final = ("平成", "2", "4", "1")
NUMBER: Final = synthetic_numbers(1, seed=4_711)[0]


def main() -> None:
    """Take them all."""
    PLACE.mkdir(exist_ok=True)
    with TemporaryDirectory() as vault, TemporaryDirectory() as fonts, chromium(Path(fonts)) as browser:
        server = Server(Path(vault))
        with server.running():
            for width, size in SIZES.items():
                doorstep = Doorstep.of(server)
                doorstep.offers("2026-12-01T10:00", "2026-12-01T13:30")
                with camera(browser, server, width, size) as walk:
                    walk.gives(doorstep)
                    walk.reads(doorstep)
            doorstep = Doorstep.of(server)
            with camera(browser, server, "360-dark", SIZES["360"], locale="en-GB", dark=True) as walk:
                walk.begins_in_english(doorstep)


@contextmanager
def camera(
    browser: Browser,
    server: Server,
    name: str,
    size: tuple[int, int],
    locale: str = "ja-JP",
    *,
    dark: bool = False,
) -> Iterator["Walk"]:
    """A phone whose screens are kept under a name."""
    phone = Phone.switched_on(browser, server.url, size=size, locale=locale, dark=dark)
    yield Walk(phone, name)
    phone.context.close()


class Walk:
    """Somebody's way through the page, with a picture of each screen."""

    def __init__(self, phone: Phone, name: str) -> None:
        self._phone = phone
        self._name = name

    def keep(self, screen: str) -> None:
        """Write the screen as it is now."""
        path = PLACE / f"{screen}-{self._name}.png"
        self._phone.page.screenshot(path=path, full_page=True, animations="disabled", scale="css")
        print(path.name)

    def gives(self, doorstep: Doorstep) -> None:
        """From the link to the receipt."""
        phone = self._phone
        phone.opens(doorstep.link(WHO, family=True).secret)
        phone.sees("ご本人の確認")
        self.keep("1-door")
        phone.tells_birthday(*BIRTHDAY)
        phone.sees("株式会社みらい商事からのお願い")
        self.keep("2-purpose")
        phone.press("確認しました。提出に進む")
        phone.sees("提出するもの")
        phone.page.locator(".person button").nth(2).click()
        phone.sees("書類の写真")
        self.keep("4-attorney")
        phone.press("戻る")
        phone.page.locator(".person button").nth(0).click()
        self._photographs()
        self._types()
        self.keep("6-overview")
        phone.press("内容を確認して提出を終える")
        phone.press("提出を終える")
        phone.page.locator("[data-given] li").wait_for()
        self.keep("7-receipt")

    def reads(self, doorstep: Doorstep) -> None:
        """What comes after."""
        phone = self._phone
        phone.page.get_by_role("button", name="番号が使われた記録を見る").click()
        phone.page.locator(".use").first.wait_for()
        self.keep("8-record")
        phone.press("戻る")
        phone.page.get_by_role("button", name="質問する").click()
        phone.page.get_by_label("質問").fill("引っ越したばかりです。どの書類を出せばよいですか。")
        phone.press("送る")
        phone.page.locator(".talk li").wait_for()
        doorstep.answers("番号の記載された住民票の写しをお送りください。", WHO)
        phone.page.reload()
        phone.page.locator(".talk li").nth(1).wait_for()
        self.keep("9-questions")
        phone.press("戻る")
        phone.page.get_by_role("button", name="対面での確認を予約する").click()
        phone.page.get_by_role("button", name="この時間を予約する").first.click()
        phone.page.get_by_text("あなたの予約").wait_for()
        self.keep("10-appointment")

    def begins_in_english(self, doorstep: Doorstep) -> None:
        """The number in English, in the dark."""
        phone = self._phone
        phone.opens(doorstep.link(WHO).secret)
        phone.page.get_by_label("Calendar").select_option(label="Heisei (平成)")
        for label, value in (("Year", "2"), ("Month", "4"), ("Day", "1")):
            phone.page.get_by_label(label, exact=True).fill(value)
        phone.press("Open")
        phone.press("I have read this; continue")
        phone.sees("Photos of papers")
        self.keep("3-photos")

    def _photographs(self) -> None:
        phone = self._phone
        phone.sees("書類の写真")
        phone.photographs(0, card())
        phone.shot(0).get_by_text("受け取りました").wait_for()
        self.keep("3-photos")
        phone.photographs(1, card(back=True))
        phone.shot(1).get_by_text("受け取りました").wait_for()
        phone.press("番号の入力へ進む")

    def _types(self) -> None:
        phone = self._phone
        phone.sees("マイナンバーの入力")
        phone.page.locator("#number").press_sequentially(wrong(NUMBER))
        phone.page.locator("h1").click()  # which covers the digits
        self.keep("5-number")
        phone.page.locator("#number").fill("")
        phone.types(NUMBER)
        phone.press("この番号を提出する")
        phone.sees("提出するもの")


if __name__ == "__main__":
    main()
