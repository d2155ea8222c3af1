"""Images of papers: known by decoding them, made anew as plain JPEG, so that nothing but the picture is kept.

Accepted are JPEG, PNG and WebP, at most 10 MiB and 50 megapixels. What comes out has no EXIF (where, when, by which
phone), stands upright, and is at most 2,400 pixels on its longer side. Everything happens in memory.
"""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_BYTES: Final = 10 * 1024 * 1024
_MOST_PIXELS: Final = 50_000_000
_LONGER_SIDE: Final = 2_400
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 85


def clean_image(content: bytes) -> bytes | None:
    """The picture alone, as JPEG; None if this is no image that is accepted.

    Args:
        content: the file as it came.
    """
    if not 0 < len(content) <= LARGEST_BYTES:
        return None
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as found:
            if found.width * found.height > _MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(found).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((_LONGER_SIDE, _LONGER_SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)  # without the metadata that came along
    out = BytesIO()
    bare.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
