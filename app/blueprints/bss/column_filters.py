"""The filters of the list of assets, one for each column, as its address holds them."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from flask import request
from flask_babel import gettext as _

from app.blueprints.bss import bp
from app.domain.assets import BillingFrequency
from app.services.asset_filters import AssetFilters
from app.web.pagination import ListQuery, ignored, list_url

_LONGEST = 100
_YEARS = range(1900, 2200)
_WHOLE = re.compile(r"\d{1,9}")
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,4})?")


@dataclass(frozen=True, kw_only=True)
class FilterChip:
    """A filter that is on. `url` is the list without it."""

    label: str
    url: str


def _text(text: str) -> str:
    return text.replace("\x00", "")[:_LONGEST]


def _currency(text: str) -> str:
    if text not in list_currencies():
        raise ValueError(text)
    return text


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _day(text: str) -> dt.date:
    day = dt.date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError(text)
    return day


# argument of the address → (field of AssetFilters, how it is read); ValueError for nonsense
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "name": ("name", _text),
    "account_name": ("account_name", _text),
    "reseller_name": ("reseller_name", _text),
    "product_name": ("product_name", _text),
    "frequency": ("frequency", BillingFrequency),
    "quantity_from": ("quantity_from", _whole),
    "quantity_to": ("quantity_to", _whole),
    "amount_from": ("amount_from", _amount),
    "amount_to": ("amount_to", _amount),
    "currency": ("currency", _currency),
    "purchased_from": ("purchased_from", _day),
    "purchased_to": ("purchased_to", _day),
    "expires_from": ("expires_from", _day),
    "expires_to": ("expires_to", _day),
}
COLUMN_FILTERS = tuple(_READERS)


def with_column_filters(query: ListQuery) -> ListQuery:
    """`query` with those that were understood; others become notices."""
    choices, notices = dict(query.choices), list(query.notices)
    for name, (_field, read) in _READERS.items():
        text = request.args.get(name, "").strip()
        if not text:
            continue
        try:
            read(text)
        except ValueError:
            notices.append(ignored(name))
        else:
            choices[name] = text
    return replace(query, choices=choices, notices=tuple(notices))


def column_filters(query: ListQuery) -> AssetFilters:
    """The same in the service's words."""
    found = {
        field: read(query.choices[name])
        for name, (field, read) in _READERS.items()
        if name in query.choices
    }
    days = query.choices.get("expiring")
    if days not in {None, "30"}:
        found["expiring_days"] = int(days or 0)
    return AssetFilters(**found)


@bp.app_template_global()
def column_filter_chips(query: ListQuery) -> list[FilterChip]:
    """What is on, in words, each with the way to take it away."""
    labels = {
        "name": _("Name"),
        "account_name": _("Account"),
        "reseller_name": _("Reseller"),
        "product_name": _("Product"),
        "frequency": _("Billing Frequency"),
        "quantity_from": _("Quantity from"),
        "quantity_to": _("Quantity to"),
        "amount_from": _("Amount from"),
        "amount_to": _("Amount to"),
        "currency": _("Currency"),
        "purchased_from": _("Purchased from"),
        "purchased_to": _("Purchased to"),
        "expires_from": _("Expires from"),
        "expires_to": _("Expires to"),
    }
    frequencies = {each.value: each.label for each in BillingFrequency}
    return [
        FilterChip(
            label=f"{label}: {frequencies.get(value, value)}",
            url=list_url(**{name: None}),
        )
        for name, label in labels.items()
        if (value := query.choices.get(name)) is not None
    ]
