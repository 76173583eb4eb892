"""Lists of assets, for storefront and back office: filter, search, sort, pages, totals."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    asset_number,
    term_label,
)
from app.domain.errors import NotAllowedError
from app.domain.pricing import PricedLine
from app.models import Account, Asset, Reservation, SoftwareSubscription
from app.services.asset_prices import PRICE_COLUMNS, sees_selling_price, shown_price
from app.services.asset_totals import (
    MOST_COUNTED,
    CurrencySum,
    KeptTotals,
    count_matching,
    kept_totals,
)
from app.services.pages import Details, Keys, Page, PageRequest, each_row, fetch_page
from app.services.prices import Resale
from app.services.visibility import visible_to

EXPIRING_DAYS = 30
_MOST_WORDS = 8
_RESERVATIONS, _SOFTWARE = Reservation.__table__, SoftwareSubscription.__table__


class AssetSort(StrEnum):
    """By what a list is sorted: each has an index that serves it."""

    PURCHASED = "purchased"
    NAME = "name"
    CUSTOMER = "customer"
    TOTAL = "total"
    EXPIRES = "expires"


@dataclass(frozen=True, kw_only=True)
class AssetQuery:
    """What a list shows. None stands for any; `q` looks in names, numbers, ids and customers."""

    kind: AssetKind | None = None
    status: AssetStatus | None = None
    sync_status: ProvisioningSyncStatus | None = None
    account_id: UUID | None = None
    reseller_id: UUID | None = None  # its own assets and its customers'
    is_expiring: bool = False  # active, and it ends within 30 days
    q: str = ""
    sort: AssetSort = AssetSort.PURCHASED
    descending: bool = True
    page: PageRequest = field(default_factory=PageRequest)
    counts_exactly: bool = False  # a search otherwise stops counting at 1,000


@dataclass(frozen=True, kw_only=True)
class AssetRow:
    """`customer_name` is None for whoever has one account; `price` where it is hidden."""

    id: UUID
    number: str
    kind: AssetKind
    name: str
    account_id: UUID
    customer_name: str | None
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    region: str | None
    sku: str | None  # the plan's original name, of a software subscription
    term: str
    purchased_at: dt.datetime
    expires_on: dt.date | None
    expiry_is_estimated: bool
    is_expiring: bool
    billing_frequency: BillingFrequency
    quantity: int
    currency: str
    discount_percent: Decimal
    price: PricedLine | None
    resale: Resale | None


@dataclass(frozen=True, kw_only=True)
class AssetList:
    """One page, and what the whole list comes to.

    `sums` is None where prices are hidden or there is too much to add up for one look.
    `by_status` counts what there is without search and filters.
    """

    page: Page[AssetRow]
    sums: list[CurrencySum] | None
    active_sums: list[CurrencySum] | None
    hides_prices: bool
    shows_customers: bool
    by_status: Mapping[AssetStatus, int]
    failed: int  # of all of them

    @property
    def all_assets(self) -> int:
        return sum(self.by_status.values())


@dataclass(frozen=True, kw_only=True)
class RowKind:
    """What a list reads of each asset and makes of it; the back office shows more."""

    query: Callable[[], sa.Select[*tuple[Any, ...]]]
    row: Callable[[Viewer, Any], AssetRow]


def list_assets(viewer: Viewer, query: AssetQuery, *, rows: RowKind | None = None) -> AssetList:
    """Three statements, a fourth where the kept totals do not answer."""
    session = reading(viewer.scope)
    kept = _kept(viewer, query)
    row_kind = rows or ROWS
    chosen = kept.only(status=query.status, sync_status=query.sync_status)
    total, sums, is_capped = chosen.assets, chosen.sums, False
    if query.q or query.is_expiring:
        filters = _filters(viewer, query)
        total, sums = count_matching(session, viewer, filters, exactly=query.counts_exactly)
        is_capped = total == MOST_COUNTED and sums is None
    page = _page(viewer, query, row_kind, kept, total=total)
    return AssetList(
        page=replace(page, is_capped=is_capped),
        sums=None if kept.hides_prices else sums,
        active_sums=kept.only(status=AssetStatus.ACTIVE).sums,
        hides_prices=kept.hides_prices,
        shows_customers=sees_customers(viewer),
        by_status=_by_status(kept),
        failed=kept.only(sync_status=ProvisioningSyncStatus.FAILED).assets,
    )


@dataclass(frozen=True, kw_only=True)
class AssetExport:
    """`rows` are read while they are used. `currency` is the one of all of them, else empty."""

    rows: Iterator[AssetRow]
    currency: str


def export_assets(viewer: Viewer, query: AssetQuery, *, rows: RowKind | None = None) -> AssetExport:
    """Every row of the list, in its order. Raises NotAllowedError."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")
    kept, row_kind = _kept(viewer, query), rows or ROWS

    def read(page: PageRequest) -> Page[AssetRow]:
        return _page(viewer, replace(query, page=page), row_kind, kept, total=page.size)

    currencies = {row.currency for row in kept.rows}
    return AssetExport(
        rows=each_row(reading(viewer.scope), read),
        currency=currencies.pop() if len(currencies) == 1 else "",
    )


def _page(
    viewer: Viewer, query: AssetQuery, rows: RowKind, kept: KeptTotals, *, total: int
) -> Page[AssetRow]:
    keys = _keys(viewer, query, hides_prices=kept.hides_prices)
    ids = _ids(viewer, query) if total else _ids(viewer, query).where(sa.false())
    details = Details(query=rows.query(), id=Asset.id.expression)
    found = fetch_page(reading(viewer.scope), ids, keys, query.page, total=total, details=details)
    return found.with_items([rows.row(viewer, row) for row in found.items])


def _kept(viewer: Viewer, query: AssetQuery) -> KeptTotals:
    return kept_totals(
        viewer, kind=query.kind, account_id=query.account_id, reseller_id=query.reseller_id
    )


def _by_status(kept: KeptTotals) -> dict[AssetStatus, int]:
    return {status: kept.only(status=status).assets for status in AssetStatus}


def _ids(viewer: Viewer, query: AssetQuery) -> sa.Select[*tuple[Any, ...]]:
    ids: sa.Select[*tuple[Any, ...]] = sa.select(Asset.id).where(*_filters(viewer, query))
    if query.sort is AssetSort.CUSTOMER:
        ids = ids.join(Account, Account.id == Asset.account_id)
    return ids


def _filters(viewer: Viewer, query: AssetQuery) -> list[sa.ColumnElement[bool]]:
    filters = [visible_to(viewer, Asset)]
    for column, value in (
        (Asset.kind, query.kind),
        (Asset.status, query.status),
        (Asset.provisioning_sync_status, query.sync_status),
        (Asset.account_id, query.account_id),
        (Asset.tenant_id, query.reseller_id),
    ):
        if value is not None:
            filters.append(column == value)
    if query.is_expiring:
        filters.append(is_expiring())
    return [*filters, *_search(viewer, query.q)]


def _search(viewer: Viewer, q: str) -> list[sa.ColumnElement[bool]]:
    """Each word is somewhere in the asset's own text or in its customer's name."""
    return [_has(viewer, word) for word in q.replace("\0", "").split()[:_MOST_WORDS]]


def _has(viewer: Viewer, word: str) -> sa.ColumnElement[bool]:
    for special in ("/", "%", "_"):
        word = word.replace(special, f"/{special}")
    # lowered by PostgreSQL, as the column was: the two have the same idea of small letters
    in_text = Asset.search_text.like(sa.func.lower(f"%{word}%"), escape="/")
    if not sees_customers(viewer):
        return in_text
    named = sa.select(Account.id).where(Account.name.ilike(f"%{word}%", escape="/"))
    return sa.or_(in_text, Asset.account_id.in_(named))


def is_expiring() -> sa.ColumnElement[bool]:
    """Active, and over within 30 days."""
    return sa.and_(
        Asset.status == AssetStatus.ACTIVE,
        Asset.expires_key <= sa.func.current_date() + EXPIRING_DAYS,
    )


def sees_customers(viewer: Viewer) -> bool:
    """Whether there is more than one account to tell apart."""
    return viewer.is_staff or viewer.is_reseller


def _keys(viewer: Viewer, query: AssetQuery, *, hides_prices: bool) -> Keys:
    total = Asset.selling_total_key if sees_selling_price(viewer) else Asset.buying_total_key
    columns: dict[AssetSort, Sequence[sa.ColumnElement[Any]]] = {
        AssetSort.PURCHASED: (Asset.purchased_at.expression,),
        AssetSort.NAME: (Asset.name.expression,),
        AssetSort.CUSTOMER: (Account.name.expression, Account.id.expression),
        AssetSort.TOTAL: (total.expression,),
        AssetSort.EXPIRES: (Asset.expires_key.expression,),
    }
    sort = query.sort
    if (sort is AssetSort.TOTAL and hides_prices) or (
        sort is AssetSort.CUSTOMER and not sees_customers(viewer)
    ):
        sort = AssetSort.PURCHASED
    return Keys(columns=(*columns[sort], Asset.id.expression), descending=query.descending)


def _rows_query() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Asset.id,
            Asset.number,
            Asset.kind,
            Asset.name,
            Asset.account_id,
            Asset.status,
            Asset.provisioning_sync_status,
            Asset.term_duration,
            Asset.purchased_at,
            Asset.expires_on,
            Asset.expiry_is_estimated,
            Asset.billing_frequency,
            *PRICE_COLUMNS,
            is_expiring().label("is_expiring"),
            Account.name.label("customer_name"),
            Account.hides_prices,
            _RESERVATIONS.c.region,
            _SOFTWARE.c.software_subscription_sku,
        )
        .select_from(Asset)
        .join(Account, Account.id == Asset.account_id)
        .outerjoin(_RESERVATIONS, _RESERVATIONS.c.id == Asset.id)
        .outerjoin(_SOFTWARE, _SOFTWARE.c.id == Asset.id)
    )


def _row(viewer: Viewer, row: Any) -> AssetRow:
    shown = shown_price(viewer, row, hides_prices=row.hides_prices)
    return AssetRow(
        id=row.id,
        number=asset_number(row.number),
        kind=row.kind,
        name=row.name,
        account_id=row.account_id,
        customer_name=row.customer_name if sees_customers(viewer) else None,
        status=row.status,
        sync_status=row.provisioning_sync_status,
        region=row.region,
        sku=row.software_subscription_sku,
        term=term_label(row.term_duration),
        purchased_at=row.purchased_at,
        expires_on=row.expires_on,
        expiry_is_estimated=row.expiry_is_estimated,
        is_expiring=row.is_expiring,
        billing_frequency=row.billing_frequency,
        quantity=row.quantity,
        currency=row.currency,
        discount_percent=row.discount_percent,
        price=shown.price,
        resale=shown.resale,
    )


ROWS = RowKind(query=_rows_query, row=_row)
