"""What the views of every kind of asset have in common, for whoever bought it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    asset_number,
    cancellation_words,
    order_number,
    term_label,
)
from app.domain.errors import NotFoundError
from app.domain.money import percent_of, round_money
from app.domain.pricing import PricedLine
from app.models import Account, Asset, Order, Product
from app.services.asset_lists import is_expiring
from app.services.asset_prices import PRICE_COLUMNS, shown_price
from app.services.asset_search import sees_customers
from app.services.asset_timeline import TimelineEntry, timeline_for_customer
from app.services.invoice_lists import LinkedInvoice, invoices_of_asset, linked_in
from app.services.prices import Resale
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class AssetDetails:
    """Worked out for one viewer. `price` is None where it is hidden, `resale` is a reseller's."""

    id: UUID
    number: str
    kind: AssetKind
    name: str
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    purchased_at: dt.datetime
    expires_on: dt.date | None
    expiry_is_estimated: bool
    is_expiring: bool
    is_perpetual: bool
    today: dt.date
    term: str
    billing_frequency: BillingFrequency
    product_name: str
    currency: str
    price: PricedLine | None
    resale: Resale | None
    quantity: int
    discount_percent: Decimal
    final_unit_price: Decimal | None  # after the discount, net; only to be shown
    customer_name: str | None
    order_id: UUID | None
    order_number: str | None
    invoices: list[LinkedInvoice]
    microsoft_order_id: str | None
    microsoft_order_alias: str | None
    microsoft_ordered_at: dt.datetime | None
    product_id: str
    product_title: str
    product_details: str
    timeline: list[TimelineEntry]
    cancellation_reason: str


COLUMNS = (
    Asset.id,
    Asset.number,
    Asset.kind,
    Asset.name,
    Asset.status,
    Asset.provisioning_sync_status,
    Asset.purchased_at,
    Asset.provisioned_at,
    Asset.expires_on,
    Asset.expiry_is_estimated,
    Asset.term_duration,
    Asset.billing_frequency,
    *PRICE_COLUMNS,
    Asset.microsoft_product_id,
    Asset.microsoft_sku_id,
    Asset.microsoft_order_id,
    Asset.microsoft_order_alias,
    Asset.microsoft_ordered_at,
    Asset.cancellation_reason,
    Asset.product_title,
    Asset.product_details,
    Asset.order_id,
    Order.number.label("order_number"),
    Product.name.label("product_name"),
    Account.name.label("customer_name"),
    Account.hides_prices,
    is_expiring().label("is_expiring"),
    sa.func.current_date().label("today"),
)

_AS_THEY_ARE = (
    "id",
    "kind",
    "name",
    "status",
    "purchased_at",
    "expires_on",
    "expiry_is_estimated",
    "is_expiring",
    "today",
    "billing_frequency",
    "product_name",
    "currency",
    "quantity",
    "discount_percent",
    "order_id",
    "microsoft_order_id",
    "microsoft_order_alias",
    "microsoft_ordered_at",
    "product_title",
    "product_details",
)


def find_row(
    viewer: Viewer,
    asset_id: UUID,
    kind_table: sa.FromClause,
    columns: Sequence[sa.ColumnElement[Any]],
) -> Any:
    """The asset with its kind's own columns. NotFoundError for another kind or somebody else's."""
    query = (
        sa.select(*COLUMNS, *columns, invoices_of_asset(viewer, Asset.id).label("invoices"))
        .select_from(Asset)
        .join(kind_table, kind_table.c.id == Asset.id)
        .join(Account, Account.id == Asset.account_id)
        .join(Product, Product.id == Asset.product_id)
        .outerjoin(Order, Order.id == Asset.order_id)
        .where(Asset.id == asset_id, visible_to(viewer, Asset))
    )
    row = reading(viewer.scope).execute(query).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def details_of(viewer: Viewer, row: Any) -> AssetDetails:
    """From a row of `find_row`, with its timeline: one more statement."""
    shown = shown_price(viewer, row, hides_prices=row.hides_prices)
    timeline = timeline_for_customer(
        reading(viewer.scope),
        viewer,
        row.id,
        purchased_at=row.purchased_at,
        provisioned_at=row.provisioned_at,
    )
    return AssetDetails(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        number=asset_number(row.number),
        cancellation_reason=cancellation_words(row.cancellation_reason),
        sync_status=row.provisioning_sync_status,
        is_perpetual=row.term_duration is None,
        term=term_label(row.term_duration),
        price=shown.price,
        resale=shown.resale,
        final_unit_price=_final_unit_price(shown.price),
        customer_name=row.customer_name if sees_customers(viewer) else None,
        order_number=None if row.order_number is None else order_number(row.order_number),
        invoices=linked_in(row.invoices),
        product_id=f"{row.microsoft_product_id}:{row.microsoft_sku_id}",
        timeline=timeline,
    )


def _final_unit_price(price: PricedLine | None) -> Decimal | None:
    """No total is computed from it: totals discount the whole line."""
    if price is None:
        return None
    discount = percent_of(price.unit_price, price.discount_percent)
    return round_money(price.unit_price - discount, price.currency)
