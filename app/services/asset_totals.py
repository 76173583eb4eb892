"""Counts and sums of assets: kept ones, and those of a search, counted as far as it is cheap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind, AssetStatus, ProvisioningSyncStatus
from app.domain.money import TaxedPrice
from app.models import Account, Asset, AssetTotal
from app.services.asset_prices import sees_selling_price
from app.services.visibility import visible_to

MOST_COUNTED = 1000


@dataclass(frozen=True, kw_only=True)
class CurrencySum:
    """What assets of one currency cost together."""

    currency: str
    assets: int
    total: TaxedPrice


@dataclass(frozen=True, kw_only=True)
class KeptTotal:
    kind: AssetKind
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    currency: str
    assets: int
    total: TaxedPrice


@dataclass(frozen=True, kw_only=True)
class KeptTotals:
    """All that is kept of the assets a viewer sees. Sums are left out where prices are hidden."""

    rows: Sequence[KeptTotal]
    hides_prices: bool

    def only(
        self,
        *,
        kind: AssetKind | None = None,
        status: AssetStatus | None = None,
        sync_status: ProvisioningSyncStatus | None = None,
    ) -> "KeptTotals":
        """The part of it with these values; None is any."""
        rows = [
            row
            for row in self.rows
            if kind in {None, row.kind}
            and status in {None, row.status}
            and sync_status in {None, row.sync_status}
        ]
        return KeptTotals(rows=rows, hides_prices=self.hides_prices)

    @property
    def assets(self) -> int:
        return sum(row.assets for row in self.rows)

    @property
    def sums(self) -> list[CurrencySum] | None:
        """By currency; None where prices are hidden."""
        if self.hides_prices:
            return None
        return add_up((row.currency, row.assets, row.total) for row in self.rows)


def kept_totals(
    viewer: Viewer,
    *,
    kind: AssetKind | None = None,
    account_id: UUID | None = None,
    reseller_id: UUID | None = None,
) -> KeptTotals:
    """Read in one statement, whatever number of assets there is."""
    filters = [visible_to(viewer, AssetTotal)]
    for column, value in (
        (AssetTotal.kind, kind),
        (AssetTotal.account_id, account_id),
        (AssetTotal.tenant_id, reseller_id),
    ):
        if value is not None:
            filters.append(column == value)
    found = reading(viewer.scope).execute(_kept_query(viewer).where(*filters)).all()
    return KeptTotals(
        rows=[_kept_total(row) for row in found],
        hides_prices=bool(found and found[0].hides_prices),
    )


def _kept_query(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    net, vat = AssetTotal.buying_net, AssetTotal.buying_vat
    hides_prices: sa.ColumnElement[bool] = sa.false()
    if sees_selling_price(viewer):
        net, vat = AssetTotal.selling_net, AssetTotal.selling_vat
        own = sa.select(Account.hides_prices).where(Account.id == viewer.account_id)
        hides_prices = own.scalar_subquery()
    key = (
        AssetTotal.kind,
        AssetTotal.status,
        AssetTotal.provisioning_sync_status,
        AssetTotal.currency,
    )
    assets = sa.func.sum(AssetTotal.assets)
    return (
        sa.select(
            *key,
            assets.label("assets"),
            sa.func.sum(net).label("net"),
            sa.func.sum(vat).label("vat"),
            hides_prices.label("hides_prices"),
        )
        .group_by(*key)
        .having(assets > 0)
        .order_by(*key)
    )


def _kept_total(row: Any) -> KeptTotal:
    return KeptTotal(
        kind=row.kind,
        status=row.status,
        sync_status=row.provisioning_sync_status,
        currency=row.currency,
        assets=int(row.assets),
        total=TaxedPrice(row.net, row.vat),
    )


def count_matching(
    session: Session, viewer: Viewer, filters: Sequence[sa.ColumnElement[bool]], *, exactly: bool
) -> tuple[int, list[CurrencySum] | None]:
    """How many assets match and what they cost; without sums where there are more than 1,000.

    `exactly` counts and adds up all of them, which takes as long as it takes.
    """
    columns: tuple[sa.ColumnElement[Any], ...] = (
        (Asset.selling_net.expression, Asset.selling_vat.expression)
        if sees_selling_price(viewer)
        else (Asset.buying_net.expression, Asset.buying_vat.expression)
    )
    net, vat = (sa.func.coalesce(column, 0) for column in columns)
    matching = sa.select(Asset.currency, net.label("net"), vat.label("vat")).where(*filters)
    if not exactly:
        matching = matching.limit(MOST_COUNTED + 1)
    found = matching.subquery()
    sums = (sa.func.count(), sa.func.sum(found.c.net), sa.func.sum(found.c.vat))
    query = sa.select(found.c.currency, *sums).group_by(found.c.currency)
    rows = session.execute(query.order_by(found.c.currency)).all()
    total = sum(row[1] for row in rows)
    if total > MOST_COUNTED and not exactly:
        return MOST_COUNTED, None
    return total, add_up((row[0], row[1], TaxedPrice(row[2], row[3])) for row in rows)


def add_up(parts: Iterable[tuple[str, int, TaxedPrice]]) -> list[CurrencySum]:
    """One sum for each currency: amounts of two currencies are never added."""
    sums: dict[str, tuple[int, Decimal, Decimal]] = {}
    for currency, assets, total in parts:
        before = sums.get(currency, (0, Decimal(0), Decimal(0)))
        sums[currency] = (before[0] + assets, before[1] + total.net, before[2] + total.vat)
    return [
        CurrencySum(currency=currency, assets=assets, total=TaxedPrice(net, vat))
        for currency, (assets, net, vat) in sorted(sums.items())
    ]
