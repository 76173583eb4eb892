"""Logos as they are kept: raster, encoded again by us, small."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from app.domain.brand import LARGEST_LOGO
from app.domain.errors import InvalidError

_FORMATS = ("PNG", "JPEG", "WEBP")
_LARGEST_SIDE = 4000
_BOX = (480, 120)  # what a logo is made to fit, in pixels
_WRONG = "Choose a picture: PNG, JPEG or WebP."


def encoded_logo(data: bytes) -> bytes:
    """A PNG of at most 480 x 120 pixels with nothing in it but the picture.

    Raises InvalidError for what is too large or no such picture, whatever its name says.
    """
    if len(data) > LARGEST_LOGO:
        raise InvalidError("Choose a picture of at most 256 kB.", field="logo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encoded(Image.open(io.BytesIO(data), formats=_FORMATS))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InvalidError(_WRONG, field="logo") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise InvalidError(_too_large(), field="logo") from error


def _encoded(image: Image.Image) -> bytes:
    if max(image.size) > _LARGEST_SIDE:  # known from its head: nothing is unpacked yet
        raise InvalidError(_too_large(), field="logo")
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail(_BOX)
    bare = Image.new("RGBA", upright.size)  # without what else the file carried
    bare.paste(upright)
    encoded = io.BytesIO()
    bare.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def _too_large() -> str:
    return f"Choose a picture of at most {_LARGEST_SIDE:,} × {_LARGEST_SIDE:,} pixels."  # noqa: RUF001
