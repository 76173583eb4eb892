"""A brand's hue: every one of them can be read, on light and on dark."""

import re
from pathlib import Path

import pytest

from app.domain.brand import (
    FILL_DARK,
    FILL_LIGHT,
    HUES,
    MARKETPLACE_HUE,
    contrast,
    fill_colour,
    srgb_of,
)

CSS = Path(__file__).parents[3] / "app" / "static" / "css" / "ui.css"
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
AA = 4.5


@pytest.mark.parametrize(
    ("oklch", "srgb"),
    [  # CSS Color 4's own: white, black, sRGB red and blue
        ((1.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((0.62796, 0.25768, 29.234), (1.0, 0.0, 0.0)),
        ((0.45201, 0.31321, 264.052), (0.0, 0.0, 1.0)),
    ],
)
def test_oklch_is_turned_into_srgb(oklch, srgb):
    assert srgb_of(*oklch) == pytest.approx(srgb, abs=0.004)


def test_contrast_is_that_of_wcag():
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast((0x77 / 255,) * 3, WHITE) == pytest.approx(4.48, abs=0.005)


def test_the_numbers_are_those_of_the_style_sheet():
    css = CSS.read_text(encoding="utf-8")

    assert f"--brand-h:{MARKETPLACE_HUE}" in css
    assert "--accent-fill:light-dark(oklch(.50 var(--brand-c) var(--brand-h))" in css
    assert "oklch(.52 .17 var(--brand-h))" in css
    assert "--brand-c:.19" in css
    assert (FILL_LIGHT, FILL_DARK) == ((0.50, 0.19), (0.52, 0.17))


@pytest.mark.parametrize(
    ("accent", "ground"),
    [
        (FILL_LIGHT, WHITE),  # white words on a button, in light and in dark
        (FILL_DARK, WHITE),
        ((0.44, 0.19), WHITE),  # under the pointer
        ((0.47, 0.17), WHITE),
        ((0.48, 0.19), WHITE),  # a link
        ((0.78, 0.115), srgb_of(0.25, 0.02, 264)),  # a link in dark
    ],
)
def test_every_hue_keeps_its_words_readable(accent, ground):
    worst = min(contrast(srgb_of(*accent, hue), ground) for hue in HUES)

    assert worst >= AA


@pytest.mark.parametrize("hue", [264, 0, 120, 359])
def test_a_mails_button_has_the_same_colour_in_six_digits(hue):
    colour = fill_colour(hue)

    assert re.fullmatch("#[0-9a-f]{6}", colour)
    parts = tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    assert contrast(parts, WHITE) >= AA
