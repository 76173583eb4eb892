"""How values look: Jinja filters. Those for dates give a `<time>` element, `…_text` plain words."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import Flask
from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from app.domain.money import round_money
from app.web.locale import page_locale, translated
from app.web.viewer import viewer_zone

_NO_TIME = Markup("\N{EN DASH}")
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
_ISO = {"en": "\xa4\xa4\xa0#,##0.00"}
_ISO_AFTER = "#,##0.00\xa0\xa4\xa4"
_DAY = {"de": "dd.MM.y"}
_SPACED_PERCENT = {"de": "\N{NO-BREAK SPACE}%"}
_TODAY_HOURS = 24
_MINUTE, _HOUR = 60, 3600


def money(amount: Decimal | None, currency: str) -> str:
    """`€1,234.50`, `\N{MINUS SIGN}€291.41`; an en dash for None."""
    is_word = get_currency_symbol(currency, locale=page_locale())[-1].isalpha()
    return _currency(amount, currency, _iso_pattern() if is_word else None)


def money_iso(amount: Decimal | None, currency: str) -> str:
    """`EUR 1,234.50`: where a list mixes currencies."""
    return _currency(amount, currency, _iso_pattern())


def _iso_pattern() -> str:
    return _ISO.get(page_locale().language, _ISO_AFTER)


def _currency(amount: Decimal | None, currency: str, pattern: str | None) -> str:
    if amount is None:
        return NONE
    if not isinstance(amount, Decimal):
        raise TypeError("Money is a Decimal.")
    rounded = round_money(amount, currency)
    text = format_currency(abs(rounded), currency, pattern, locale=page_locale())
    return f"{MINUS}{text}" if rounded < 0 else text


def percent(value: Decimal | None) -> str:
    """`7.5%`, `24%`; an en dash for None."""
    if value is None:
        return NONE
    locale = page_locale()
    sign = _SPACED_PERCENT.get(locale.language, "%")
    return f"{format_decimal(value, '#,##0.####', locale=locale)}{sign}"


def number(value: int | Decimal) -> str:
    """`1,284`."""
    return format_decimal(value, locale=page_locale())


def date_text(day: dt.date | None) -> str:
    """`9 Dec 2026`, `9 Δεκ 2026`, `09.12.2026`.

    An instant counts by its day in UTC, as business days do.
    """
    if isinstance(day, dt.datetime):
        day = day.astimezone(dt.UTC).date()
    return NONE if day is None else format_date(day, _day_pattern(), locale=page_locale())


def date(day: dt.date | None) -> Markup:
    """`9 Dec 2026` as a `<time>`."""
    if isinstance(day, dt.datetime):
        day = day.astimezone(dt.UTC).date()
    return _time(day, date_text(day))


def datetime_text(instant: dt.datetime | None) -> str:
    """`9 Dec 2026, 10:12` in the viewer's zone."""
    if instant is None:
        return NONE
    return _instant(instant.astimezone(viewer_zone()))


def datetime(instant: dt.datetime | None) -> Markup:
    """`9 Dec 2026, 10:12` in the viewer's zone, as a `<time>`; `Today 11:41` under 24 hours."""
    if instant is None:
        return _NO_TIME
    local, now = instant.astimezone(viewer_zone()), dt.datetime.now(viewer_zone())
    if local.date() == now.date():
        return _time(instant, gettext("Today %(time)s", time=f"{local:%H:%M}"))
    return _time(instant, datetime_text(instant))


def datetime_utc(instant: dt.datetime | None) -> Markup:
    """`9 Dec 2026, 08:12 UTC` as a `<time>`."""
    if instant is None:
        return _NO_TIME
    return _time(instant, f"{_instant(instant.astimezone(dt.UTC))} UTC")


def ago(instant: dt.datetime | None) -> Markup:
    """`6 s ago`, `12 min ago`, `3 h ago`, then the date; a `<time>`."""
    if instant is None:
        return _NO_TIME
    seconds = max(0, int((dt.datetime.now(dt.UTC) - instant).total_seconds()))
    if seconds < _MINUTE:
        return _time(instant, gettext("%(num)s s ago", num=seconds))
    if seconds < _HOUR:
        return _time(instant, gettext("%(num)s min ago", num=seconds // _MINUTE))
    if seconds < _TODAY_HOURS * _HOUR:
        return _time(instant, gettext("%(num)s h ago", num=seconds // _HOUR))
    return _time(instant, datetime_text(instant))


def distance(day: dt.date, today: dt.date) -> str:
    """`in 8 days`, `tomorrow`, `today`, `3 days ago`."""
    days = (day - today).days
    named = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}
    if days in named:
        return str(named[days])
    if days > 0:
        return str(ngettext("in %(num)s day", "in %(num)s days", days))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", -days))


def label(value: StrEnum | None) -> str:
    """An enum's words for people."""
    return NONE if value is None else translated(getattr(value, "label"))  # noqa: B009  # not every StrEnum


def initials(name: str) -> str:
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


def _day_pattern() -> str:
    return _DAY.get(page_locale().language, "d MMM y")


def _instant(local: dt.datetime) -> str:
    return format_datetime(local, f"{_day_pattern()}, HH:mm", locale=page_locale())


def _time(value: dt.date | None, text: str) -> Markup:
    if value is None:
        return _NO_TIME
    stamp = value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
    machine = stamp.isoformat().replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(machine, escape(text))


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago,
    "date": date,
    "date_text": date_text,
    "datetime": datetime,
    "datetime_text": datetime_text,
    "datetime_utc": datetime_utc,
    "distance": distance,
    "initials": initials,
    "label": label,
    "money": money,
    "money_iso": money_iso,
    "number": number,
    "percent": percent,
}


def init_filters(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
