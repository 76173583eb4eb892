"""What was paid in each of the last months, and what ends in each of the next."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetMonthEvent
from app.domain.money import ZERO, TaxedPrice
from app.models import Account, AssetMonth
from app.services.asset_prices import sees_selling_price
from app.services.visibility import visible_to

MONTHS = 12
_YEAR_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class MonthValue:
    """One bar. `month` is its first day."""

    month: dt.date
    value: Decimal | int


@dataclass(frozen=True, kw_only=True)
class MonthSum:
    """What was bought in a month. `margin` is for who may know costs, and where each is known."""

    month: dt.date
    assets: int
    total: TaxedPrice
    margin: Decimal | None


@dataclass(frozen=True, kw_only=True)
class CurrencyMonths:
    """Twelve months of one currency, this one the last."""

    currency: str
    months: Sequence[MonthSum]

    def shown(self, *, with_vat: bool) -> list[MonthValue]:
        return [
            MonthValue(month=each.month, value=each.total.shown(with_vat=with_vat))
            for each in self.months
        ]

    def total(self, *, with_vat: bool) -> Decimal:
        return sum((each.total.shown(with_vat=with_vat) for each in self.months), ZERO)

    @property
    def margins(self) -> list[MonthValue] | None:
        """None where a cost is not the viewer's to know, or is not known."""
        known = [
            MonthValue(month=each.month, value=each.margin)
            for each in self.months
            if each.margin is not None
        ]
        return known if len(known) == len(self.months) else None


@dataclass(frozen=True, kw_only=True)
class AssetMonths:
    """`spend` is None where prices are hidden. `expiries` begin with this month, all of them 0 too.

    Both are empty where there is nothing in any month.
    """

    spend: list[CurrencyMonths] | None
    expiries: list[MonthValue]


def asset_months(
    viewer: Viewer, *, account_id: UUID | None = None, reseller_id: UUID | None = None
) -> AssetMonths:
    """Read in one statement, whatever number of assets there is."""
    filters = [visible_to(viewer, AssetMonth)]
    for column, value in ((AssetMonth.account_id, account_id), (AssetMonth.tenant_id, reseller_id)):
        if value is not None:
            filters.append(column == value)
    rows = reading(viewer.scope).execute(_query(viewer).where(*filters)).all()
    hides_prices = bool(rows and rows[0].hides_prices)
    return AssetMonths(
        spend=None if hides_prices else _spend(viewer, rows),
        expiries=_expiries(rows),
    )


def months_around(day: dt.date, first: int, last: int) -> list[dt.date]:
    """The first days of months, counted from the day's own, which is 0."""
    own = day.year * _YEAR_MONTHS + day.month - 1
    return [
        dt.date(number // _YEAR_MONTHS, number % _YEAR_MONTHS + 1, 1)
        for number in range(own + first, own + last + 1)
    ]


def _query(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    net, vat = AssetMonth.buying_net, AssetMonth.buying_vat
    hides_prices: sa.ColumnElement[bool] = sa.false()
    if sees_selling_price(viewer):
        net, vat = AssetMonth.selling_net, AssetMonth.selling_vat
        own = sa.select(Account.hides_prices).where(Account.id == viewer.account_id)
        hides_prices = own.scalar_subquery()
    this_month = sa.func.date_trunc("month", sa.func.current_date())
    key = (AssetMonth.event, AssetMonth.month, AssetMonth.currency)
    assets = sa.func.sum(AssetMonth.assets)
    is_shown = sa.case(
        (
            AssetMonth.event == AssetMonthEvent.BOUGHT,
            AssetMonth.month.between(this_month - dt.timedelta(days=340), this_month),
        ),
        else_=AssetMonth.month.between(this_month, this_month + dt.timedelta(days=340)),
    )
    return (
        sa.select(
            *key,
            assets.label("assets"),
            sa.func.sum(net).label("net"),
            sa.func.sum(vat).label("vat"),
            (sa.func.sum(AssetMonth.buying_net) - sa.func.sum(AssetMonth.cost)).label("margin"),
            sa.func.sum(AssetMonth.uncosted).label("uncosted"),
            sa.func.current_date().label("today"),
            hides_prices.label("hides_prices"),
        )
        .where(is_shown)
        .group_by(*key)
        .having(assets > 0)
        .order_by(*key)
    )


def _spend(viewer: Viewer, rows: Sequence[Any]) -> list[CurrencyMonths]:
    bought = [row for row in rows if row.event is AssetMonthEvent.BOUGHT]
    knows_cost = viewer.may(Permission.VIEW_COST)

    def month_sum(month: dt.date, row: Any | None) -> MonthSum:
        is_known = knows_cost and not (row and row.uncosted)
        return MonthSum(
            month=month,
            assets=int(row.assets) if row else 0,
            total=TaxedPrice(row.net, row.vat) if row else TaxedPrice(ZERO, ZERO),
            margin=(row.margin if row else ZERO) if is_known else None,
        )

    return [
        CurrencyMonths(
            currency=currency,
            months=_each_month(
                {row.month: row for row in bought if row.currency == currency},
                months_around(bought[0].today, 1 - MONTHS, 0),
                month_sum,
            ),
        )
        for currency in sorted({row.currency for row in bought})
    ]


def _each_month(
    rows: Mapping[dt.date, Any],
    months: Iterable[dt.date],
    make: Callable[[dt.date, Any | None], MonthSum],
) -> list[MonthSum]:
    return [make(month, rows.get(month)) for month in months]


def _expiries(rows: Sequence[Any]) -> list[MonthValue]:
    ending = [row for row in rows if row.event is AssetMonthEvent.EXPIRES]
    if not ending:
        return []
    months = months_around(ending[0].today, 0, MONTHS - 1)
    return [
        MonthValue(month=month, value=sum(int(row.assets) for row in ending if row.month == month))
        for month in months
    ]
