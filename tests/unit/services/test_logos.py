"""Logos: what is taken, and what is left of it."""

import pytest

from app.domain.errors import InvalidError
from app.services.logos import encoded_logo
from tests.support.pictures import opened, picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_raster_picture_becomes_a_small_png(file_format):
    logo = opened(encoded_logo(picture(file_format)))

    assert (logo.format, logo.size, logo.mode) == ("PNG", (360, 120), "RGBA")


def test_a_small_picture_is_not_blown_up():
    assert opened(encoded_logo(picture(size=(20, 10)))).size == (20, 10)


def test_nothing_is_kept_but_the_picture():
    data = picture("JPEG", comment=b"taken at home") + b"<script>alert(1)</script>"

    kept = encoded_logo(data)

    assert b"home" not in kept
    assert b"script" not in kept


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        picture("GIF", size=(20, 10)),
        picture("BMP", size=(20, 10)),
        b"",
        b"abc",
        picture()[:60],
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["svg", "gif", "bmp", "empty", "text", "torn", "head"],
)
def test_what_is_no_such_picture_is_refused(data):
    with pytest.raises(InvalidError, match="PNG, JPEG or WebP") as caught:
        encoded_logo(data)
    assert caught.value.field == "logo"


def test_a_large_file_and_a_huge_picture_are_refused():
    with pytest.raises(InvalidError, match="256 kB"):
        encoded_logo(picture() + bytes(256 * 1024))
    with pytest.raises(InvalidError, match="pixels"):
        encoded_logo(picture(size=(4001, 10)))
    with pytest.raises(InvalidError, match="pixels"):
        encoded_logo(picture(size=(4000, 4001)))
