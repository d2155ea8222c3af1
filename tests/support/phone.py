"""A phone in somebody's hand: Chromium, small and touched, at the page of a running server.

It remembers what a phone must never see: requests to another origin, breaches of the content security policy, errors in
the console. Japanese is drawn with the fonts that the papers are printed with, since a machine of CI has none.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, Request, sync_playwright

from custody.paper.glyphs import font_directories

CHROMIUM: Final = shutil.which("chromium") or "/usr/bin/chromium"
MISSING: Final = "Chromium is missing: run `apt-get install chromium`"
SIZE: Final = (360, 780)
_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>{directories}
  <cachedir>{cache}</cachedir>
  <alias><family>system-ui</family><prefer><family>Noto Sans CJK JP</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Noto Sans CJK JP</family></prefer></alias>
</fontconfig>
"""


@contextmanager
def chromium(place: Path) -> Iterator[Browser]:
    """The browser; the test is skipped where there is none, which CI does not accept.

    Args:
        place: an empty directory for its list of fonts.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip(MISSING)
    listed = "".join(f"\n  <dir>{directory}</dir>" for directory in font_directories())
    fonts = place / "fonts.conf"
    fonts.write_text(_FONTS.format(directories=listed, cache=place / "cache"), encoding="utf-8")
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {
            "FONTCONFIG_FILE": str(fonts),
            "HOME": str(place),
            "PATH": "/usr/bin:/bin",
        }
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS, env=environment, timeout=60_000
        )
        yield browser
        browser.close()


@dataclass
class Phone:
    """A page somebody looks at, in a browser of their own.

    Attributes:
        foreign: requests to another origin than the page's.
        wrong: errors in the console, exceptions, breaches of the content security policy.
        urls: every address that was asked for.
    """

    context: BrowserContext
    page: Page
    url: str
    foreign: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    @classmethod
    def switched_on(
        cls,
        browser: Browser,
        url: str,
        *,
        size: tuple[int, int] = SIZE,
        locale: str = "ja-JP",
        dark: bool = False,
        scripts: bool = True,
    ) -> "Phone":
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=2,
            is_mobile=size[0] < 600,
            has_touch=size[0] < 600,
            locale=locale,
            timezone_id="America/New_York",  # nothing may depend on the phone's clock being Japan's
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(10_000)
        phone = cls(context, context.new_page(), url)
        phone.page.on("request", phone._asked)
        phone.page.on("console", lambda said: phone.wrong.append(said.text) if said.type == "error" else None)
        phone.page.on("pageerror", lambda error: phone.wrong.append(str(error)))
        return phone

    def _asked(self, request: Request) -> None:
        self.urls.append(request.url)
        if not request.url.startswith((self.url, f"blob:{self.url}")):
            self.foreign.append(request.url)

    def opens(self, secret: str) -> None:
        """Follow a link."""
        self.page.goto(f"{self.url}/my#{secret}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).click()

    def sees(self, title: str) -> None:
        """Wait for a screen."""
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()

    def tells_birthday(self, era: str, year: str, month: str, day: str) -> None:
        self.page.get_by_label("暦").select_option(label=era)
        self.page.get_by_label("年", exact=True).fill(year)
        self.page.get_by_label("月", exact=True).fill(month)
        self.page.get_by_label("日", exact=True).fill(day)
        self.press("開く")

    def shot(self, place: int) -> Locator:
        """One of the photos that are asked for, from 0."""
        return self.page.locator(".shot").nth(place)

    def photographs(self, place: int, image: bytes | None = None) -> None:
        """Take a photo, and do not wait."""
        content = card() if image is None else image
        file = FilePayload(name="IMG_0001.JPG", mimeType="image/jpeg", buffer=content)
        self.shot(place).locator("input").first.set_input_files(file)

    def types(self, number: str, again: str | None = None) -> None:
        """Type a number twice, key by key."""
        self.page.locator("#number").press_sequentially(number)
        self.page.locator("#again").press_sequentially(number if again is None else again)

    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def kept(self) -> str:
        """Everything the browser keeps of the page, and all the page shows."""
        return str(
            self.page.evaluate(
                """async () => JSON.stringify([
                     {...sessionStorage}, {...localStorage}, document.cookie, history.state, location.href,
                     (await indexedDB.databases()).length, (await caches.keys()).length,
                     document.documentElement.outerHTML])"""
            )
        )


def card(back: bool = False) -> bytes:
    """What a photo of a card looks like, large as phones make them; a specimen without a number, drawn here."""
    image = Image.new("RGB", (3_000, 2_000), "#b8b2a6")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(
        (250, 260, 2_750, 1_740), 90, fill="#eef1e6" if back else "#f7ecec", outline="#8d8d8d"
    )
    font = ImageFont.truetype(str(next(font_directories()[0].glob("*.otf"))), 130)
    draw.text((400, 340), "個人番号カード 見本", fill="#555555", font=font)
    draw.text((400, 900), "うら" if back else "おもて", fill="#777777", font=font)
    draw.rounded_rectangle((1_950, 700, 2_600, 1_560), 30, fill="#d5d9df")
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
