"""What else staff narrow the list of assets down to: one filter for every column."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.domain.assets import AssetStatus, BillingFrequency
from app.models import Account, Asset, Product

_KEY_DIGITS = 10_000  # what lists sort amounts by is the amount in ten-thousandths


@dataclass(frozen=True, kw_only=True)
class AssetFilters:
    """None or empty stands for any. Ranges include both their ends; days are days in UTC.

    Names may be parts of names. Amounts are the Asset Total Amount, excl. VAT.
    """

    name: str = ""
    account_name: str = ""
    reseller_name: str = ""
    product_name: str = ""
    frequency: BillingFrequency | None = None
    quantity_from: int | None = None
    quantity_to: int | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    currency: str = ""
    purchased_from: dt.date | None = None
    purchased_to: dt.date | None = None
    expires_from: dt.date | None = None
    expires_to: dt.date | None = None
    expiring_days: int | None = None  # active, and it ends within so many days

    @property
    def is_any(self) -> bool:
        """Whether nothing is filtered."""
        return self == AssetFilters()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        return [*self._named(), *self._ranged(), *self._dated()]

    def _named(self) -> list[sa.ColumnElement[bool]]:
        reseller = orm.aliased(Account)
        found: list[sa.ColumnElement[bool]] = []
        if self.name:
            found.append(Asset.name.icontains(self.name, autoescape=True))
        if self.account_name:
            named = Account.name.icontains(self.account_name, autoescape=True)
            found.append(Asset.account_id.in_(sa.select(Account.id).where(named)))
        if self.reseller_name:
            named = reseller.name.icontains(self.reseller_name, autoescape=True)
            customers = sa.select(Account.id).join(reseller, reseller.id == Account.reseller_id)
            found.append(Asset.account_id.in_(customers.where(named)))
        if self.product_name:
            named = Product.name.icontains(self.product_name, autoescape=True)
            found.append(Asset.product_id.in_(sa.select(Product.id).where(named)))
        for column, value in (
            (Asset.billing_frequency, self.frequency),
            (Asset.currency, self.currency or None),
        ):
            if value is not None:
                found.append(column == value)
        return found

    def _ranged(self) -> list[sa.ColumnElement[bool]]:
        return [
            *_between(Asset.quantity, self.quantity_from, self.quantity_to),
            *_between(Asset.buying_total_key, _key(self.amount_from), _key(self.amount_to)),
        ]

    def _dated(self) -> list[sa.ColumnElement[bool]]:
        day_after = self.purchased_to + dt.timedelta(days=1) if self.purchased_to else None
        found = [
            *_between(Asset.purchased_at, _midnight(self.purchased_from), None),
            *_between(Asset.expires_on, self.expires_from, self.expires_to),
        ]
        if day_after:
            found.append(Asset.purchased_at < _midnight(day_after))
        if self.expiring_days is not None:
            last = sa.func.current_date() + self.expiring_days
            found += [Asset.status == AssetStatus.ACTIVE, Asset.expires_key <= last]
        return found


def _between(column: Any, first: Any, last: Any) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if first is not None:
        found.append(column >= first)
    if last is not None:
        found.append(column <= last)
    return found


def _key(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * _KEY_DIGITS)


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(), dt.UTC) if day else None
