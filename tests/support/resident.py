"""Somebody with a phone who was asked for a number, and what they do on the page."""

import re
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from io import BytesIO
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.support.phone import Phone, card

PLACE: Final = (35.0, 39.0, 31.0), (139.0, 44.0, 43.0)
"""Where the photos are taken, in degrees, minutes and seconds: in the middle of Tokyo."""

_GPS: Final = 0x8825
_DESCRIPTION: Final = 0x010E
_CAMERA: Final = 0x0110
MARK: Final = "taken at home"
"""What the camera writes into every photo, besides its place."""


@dataclass
class Resident:
    """A person.

    Attributes:
        link: what they were sent.
    """

    phone: Phone
    born: date
    link: str

    @classmethod
    def holds(cls, browser: Browser, url: str, born: date, link: str) -> "Resident":
        """Somebody with a phone of 360 by 780 pixels."""
        return cls(Phone.switched_on(browser, url), born, link)

    def comes_in(self) -> None:
        """Open the link, and say when one was born."""
        self.phone.page.goto(self.link)
        self.phone.sees("ご本人の確認")
        self.phone.tells_birthday(
            "西暦", *(str(part) for part in (self.born.year, self.born.month, self.born.day))
        )

    def is_told(self, company: str) -> None:
        """Read what for, and go on."""
        self.phone.sees(f"{company}からのお願い")
        self.phone.press("確認しました。提出に進む")

    def person(self, name: str) -> Locator:
        """One of the people of their family on the overview."""
        return self.phone.page.locator(".person").filter(has_text=name)

    def photographs_papers(self) -> None:
        """Take the two photos that are asked for."""
        phone = self.phone
        phone.sees("書類の写真")
        for place in range(2):
            phone.photographs(place, photo(back=bool(place)))
            phone.shot(place).get_by_text("受け取りました").wait_for()
        phone.press("番号の入力へ進む")

    def types(self, number: str) -> None:
        """Type a number twice, and send it."""
        phone = self.phone
        phone.sees("マイナンバーの入力")
        phone.types(number)
        expect(phone.page.locator("#again-note")).to_have_text("一致しました")
        phone.press("この番号を提出する")

    def finishes(self) -> str:
        """End the giving; the receipt that is saved."""
        phone = self.phone
        phone.sees("確認と提出")
        phone.press("提出を終える")
        phone.sees("提出が終わりました")
        return self.saves("控えを保存する(テキスト)")

    def declines(self) -> None:
        """Say that one does not want to give it."""
        phone = self.phone
        phone.press("戻る")
        phone.press("番号を提出したくない")
        phone.sees("番号を提出したくないとき")
        phone.press("提出しないと回答する")
        expect(phone.page.locator(".person .tag")).to_have_text("提出しない")

    def asks(self, text: str) -> None:
        """Write to the company."""
        phone = self.phone
        self.goes_to("質問する")
        phone.page.get_by_label("質問").fill(text)
        phone.press("送る")
        expect(phone.page.locator(".talk li.mine")).to_contain_text(text)

    def goes_to(self, what: str) -> None:
        """Go from the overview to something else, by way of it if need be."""
        button = self.phone.page.get_by_role("button", name=what)
        button.or_(self.phone.button("戻る")).first.wait_for()
        if not button.is_visible():
            self.phone.press("戻る")
        button.click()

    def saves(self, button: str, within: Locator | None = None) -> str:
        """Press what hands over a file; its text."""
        place = within or self.phone.page.locator("main")
        with self.phone.page.expect_download() as saved:
            place.get_by_role("button", name=button).click()
        return saved.value.path().read_text(encoding="utf-8")

    def leaves(self) -> None:
        """Close the page as it asks one to."""
        self.phone.press("終了する")
        self.phone.sees("終了しました")


def photo(*, back: bool) -> bytes:
    """A photo of a card with what phones write into it: camera, place, a description."""
    with Image.open(BytesIO(card(back=back))) as picture:
        exif = Image.Exif()
        exif[_DESCRIPTION] = MARK
        exif[_CAMERA] = "Synthetic Phone 1"
        exif[_GPS] = {1: "N", 2: PLACE[0], 3: "E", 4: PLACE[1]}
        out = BytesIO()
        picture.save(out, "JPEG", quality=80, exif=exif)
    return out.getvalue()


def tells_where_it_was_taken(picture: bytes) -> bool:
    """Whether a picture says more than it shows."""
    with Image.open(BytesIO(picture)) as image:
        return bool(image.getexif()) or MARK.encode() in picture


def link_in(mail: EmailMessage) -> str:
    """The link that a mail brings."""
    (link,) = set(re.findall(r"^ *(http\S+/my#\S+)\s*$", str(mail.get_content()), re.MULTILINE))
    return str(link)
