"""Made-up kits, and what happens to their sheets between a printer and a scanner."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from custody.kits.code import new_kit_code
from custody.kits.facts import Contact, Kit, KitDependent, PostalAddress, Recipient, Reminder
from custody.kits.press import kits_job
from custody.kits.typesetter import typeset
from custody.paper.pdf import opened
from policies.catalogue_table import Bilingual
from policies.purposes import PurposeStatus, load_catalogue

FORM_PAGE: Final = 2
"""Where the form's first sheet lies in a kit, counted from zero."""
_SIDE: Final = 20_000
_PIXELS: Final = 10**9
_NAMES: Final = (
    "髙﨑 花子",
    "髙﨑 さくら",
    "髙﨑 𠮷彦",
    "髙﨑 みどり",
    "髙﨑 太郎",
    "髙﨑 次郎",
    "髙﨑 三郎",
    "髙﨑 四郎",
)


def code_of(seed: int) -> str:
    """A kit code drawn from a seed."""
    return new_kit_code(random.Random(f"kit {seed}").randbytes)  # noqa: S311 - the same codes each time


def purposes(count: int) -> tuple[Bilingual, ...]:
    """The names of the first purposes that are offered."""
    offered = [one.name for one in load_catalogue().purposes.values() if one.status is PurposeStatus.OFFERED]
    return tuple(offered[:count])


def kit(seed: int = 1, dependents: int = 2, *, spouse: bool = True, **changes: Any) -> Kit:
    """A kit; with a spouse under 第3号 as long as it has dependents."""
    usual = Kit(
        code=code_of(seed),
        company="株式会社わりふ商事",
        return_to=PostalAddress("135-0061", "東京都江東区豊洲9丁目99番99号\nわりふ豊洲ビル8階"),
        return_name="わりふ商事 個人番号受付センター",
        recipient=Recipient(
            name="髙﨑 𠮷男",
            kana="タカサキ ヨシオ",
            postal=PostalAddress(
                "530-0001", "大阪府大阪市北区梅田九丁目9番99-1203号\nグランメゾン梅田タワー"
            ),
            born_on=date(1985, 4, 3),
        ),
        dependents=tuple(
            KitDependent(name, "長女" if place else "配偶者", third_category=spouse and place == 0)
            for place, name in enumerate(_NAMES[:dependents])
        ),
        purposes=purposes(6),
        issued_on=date(2026, 11, 24),
        deadline=date(2026, 12, 18),
        contact=Contact("個人番号受付センター", "0120-000-000", "平日 9時〜18時", "kit@warifu.example"),
    )
    return replace(usual, **changes)


def longest_kit(dependents: int = 8) -> Kit:
    """A kit whose every text is as long as may be."""
    usual, address = kit(99), PostalAddress("135-0061", "東" * 120)
    return replace(
        usual,
        company="社" * 60,
        return_to=address,
        return_name="受" * 60,
        recipient=replace(usual.recipient, name="名" * 60, kana="カ" * 60, postal=address),
        dependents=tuple(KitDependent("扶" * 60, "続" * 12, place == 0) for place in range(dependents)),
        purposes=(purposes(30) * 2)[:40],
        contact=Contact("問" * 40, "0" * 11, "時" * 40, "m" * 40),
    )


def reminder(seed: int = 1, **changes: Any) -> Reminder:
    """A postcard for the kit of the same seed."""
    usual = Reminder(
        code=code_of(seed),
        company="株式会社わりふ商事",
        sender=PostalAddress("100-0001", "東京都千代田区千代田9番99号"),
        name="髙﨑 𠮷男",
        postal=PostalAddress("530-0001", "大阪府大阪市北区梅田九丁目9番99-1203号"),
        deadline=date(2027, 1, 15),
    )
    return replace(usual, **changes)


def printed(*kits: Kit) -> bytes:
    """Kits as PDF, set in this process."""
    return typeset(json.loads(kits_job(kits)))


@cache
def sheet(page: int = FORM_PAGE, dpi: int = 200, seed: int = 1) -> Image.Image:
    """A page of a kit as a scanner sees it, in grey; not to be drawn on."""
    return drawn(printed(kit(seed)), dpi)[page]


def drawn(pdf: bytes, dpi: int) -> list[Image.Image]:
    """All pages of a PDF, in grey."""
    with opened(pdf) as document:
        return [document.draw(place, dpi, _SIDE, _PIXELS) for place in range(len(document))]


def rotated(picture: Image.Image, degrees: float) -> Image.Image:
    """Laid on the scanner at an angle."""
    return picture.rotate(degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)


def blurred(picture: Image.Image, radius: float) -> Image.Image:
    """Out of focus, the radius in pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def noisy(picture: Image.Image, sigma: float) -> Image.Image:
    """Grainy, as a small sensor takes it."""
    return ImageChops.add(picture, Image.effect_noise(picture.size, sigma), 1, -128)


def darkened(picture: Image.Image, share: float, floor: int = 20) -> Image.Image:
    """In bad light: white is this share of white, and black is not black."""
    return picture.point([round(floor + grey * share) for grey in range(256)])


def shaded(picture: Image.Image) -> Image.Image:
    """With the photographer's shadow over one half, softly."""
    shade = (
        Image.linear_gradient("L").resize(picture.size).point([40 + grey * 215 // 255 for grey in range(256)])
    )
    return ImageChops.multiply(picture, shade)


def slanted(picture: Image.Image, share: float) -> Image.Image:
    """Seen from below: the upper edge is shorter by this share on each side, on a dark table."""
    width, height = picture.size
    lost = share * width
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    seen = ((lost, lost), (width - lost, lost), (width, height), (0, height))
    return picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        _perspective(seen, corners),
        Image.Resampling.BICUBIC,
        fillcolor=70,
    )


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Without its margins: this share of each side."""
    width, height = picture.size
    return picture.crop(
        (round(width * share), round(height * share), round(width * (1 - share)), round(height * (1 - share)))
    )


def on_a_table(picture: Image.Image) -> Image.Image:
    """A photo with much around the sheet, all of it patterned."""
    table = Image.effect_noise((picture.width * 2, picture.height * 3 // 2), 60)
    lines = ImageDraw.Draw(table)
    for at in range(0, table.width, 37):
        lines.line((at, 0, at + 200, table.height), fill=90, width=5)
    table.paste(picture, (picture.width // 2, picture.height // 5))
    return table


def stained(picture: Image.Image, share: float) -> Image.Image:
    """With a blot on the lower middle of the QR code, this share of its side."""
    blotted = picture.copy()
    scale = picture.width / 210
    left, top, side = 161 * scale, 15 * scale, 27 * scale
    x, y, radius = left + side * 0.55, top + side * 0.6, side * share / 2
    ImageDraw.Draw(blotted).ellipse((x - radius, y - radius, x + radius, y + radius), fill=40)
    return blotted


def as_jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    """A photo."""
    return _saved(picture, format="JPEG", quality=quality)


def as_png(picture: Image.Image) -> bytes:
    """A screenshot."""
    return _saved(picture, format="PNG")


def as_webp(picture: Image.Image) -> bytes:
    """A photo of a newer phone."""
    return _saved(picture, format="WEBP", quality=80)


def as_scan(pictures: Sequence[Image.Image]) -> bytes:
    """A PDF out of a scanner: a picture for each page."""
    return _saved(pictures[0], format="PDF", save_all=True, append_images=pictures[1:], resolution=200)


def _saved(picture: Image.Image, **how: Any) -> bytes:
    file = BytesIO()
    picture.save(file, **how)
    return file.getvalue()


def _perspective(
    seen: Sequence[tuple[float, float]], corners: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """The eight numbers that map what is seen to where it was, by Gauss and Jordan."""
    rows = []
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for place in range(8):
        best = max(range(place, 8), key=lambda row, place=place: abs(rows[row][place]))
        rows[place], rows[best] = rows[best], rows[place]
        rows[place] = [value / rows[place][place] for value in rows[place]]
        for other in range(8):
            if other != place:
                factor = rows[other][place]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[place], strict=True)]
    return tuple(row[8] for row in rows)
