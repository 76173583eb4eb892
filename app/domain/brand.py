"""A brand's one hue: the colours that follow from it, and how far they stand apart.

Style sheets name colours in OKLCH. Mail programs do not know it, and whether white on such a
colour can be read is a matter of sRGB: both are computed here (CSS Color 4, WCAG 2.2).
"""

import math

HUES = range(360)
MARKETPLACE_HUE = 264
LARGEST_LOGO = 256 * 1024  # bytes of the file that is sent
# Lightness and chroma in ui.css: a filled button in the light and in the dark theme.
FILL_LIGHT, FILL_DARK = (0.50, 0.19), (0.52, 0.17)
_LINEAR_BELOW, _LUMINANCE_BELOW = 0.0031308, 0.04045

Rgb = tuple[float, float, float]  # sRGB, each from 0 to 1


def srgb_of(lightness: float, chroma: float, hue: float) -> Rgb:
    """The colour of `oklch(lightness chroma hue)`; what a screen cannot show is cut off."""
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 to 21; text needs 4.5."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def fill_colour(hue: int) -> str:
    """What a filled button with white words is coloured, for mail programs: `#1d4fbf`."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in srgb_of(*FILL_LIGHT, hue))


def _encoded(linear: float) -> float:
    linear = min(max(linear, 0.0), 1.0)
    if linear <= _LINEAR_BELOW:
        return 12.92 * linear
    return 1.055 * float(linear ** (1 / 2.4)) - 0.055


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_decoded(part) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _decoded(encoded: float) -> float:
    if encoded <= _LUMINANCE_BELOW:
        return encoded / 12.92
    return float(((encoded + 0.055) / 1.055) ** 2.4)
