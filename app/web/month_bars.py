"""Bars of months as SVG, drawn on the server. Templates use components/month_bars.html."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_date
from flask import Flask
from flask_babel import get_locale

from app.services.asset_months import MonthValue

WIDTH, HEIGHT = 372, 132
_TOP, _BASE = 14, 112  # between them stand the bars; above the largest value, below the months
_FILLED = 0.68  # of a month's width


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A value and where its bar stands, in units of the view box. `label_x` is the middle."""

    month: dt.date
    value: Decimal | int
    x: str
    y: str
    width: str
    height: str
    label_x: str


def bars_of(points: Sequence[MonthValue]) -> list[Bar]:
    """One for each month, from the base line up; a value below zero hangs from it."""
    values = [float(point.value) for point in points]
    highest, lowest = max([0.0, *values]), min([0.0, *values])
    scale = (_BASE - _TOP) / ((highest - lowest) or 1.0)
    step = WIDTH / max(len(points), 1)
    zero = _TOP + highest * scale
    return [
        Bar(
            month=point.month,
            value=point.value,
            x=f"{(place + (1 - _FILLED) / 2) * step:.1f}",
            y=f"{zero - max(value, 0.0) * scale:.1f}",
            width=f"{step * _FILLED:.1f}",
            height=f"{abs(value) * scale:.1f}",
            label_x=f"{(place + 0.5) * step:.1f}",
        )
        for place, (point, value) in enumerate(zip(points, values, strict=True))
    ]


def month(day: dt.date, length: str = "long") -> str:
    """`November 2026`; `Nov` where `length` is "short". In the reader's language."""
    pattern = "LLL" if length == "short" else "LLLL y"
    return format_date(day, pattern, locale=get_locale() or "en")


def init_month_bars(app: Flask) -> None:
    app.jinja_env.globals["bars_of"] = bars_of
    app.jinja_env.filters["month"] = month
