"""Assets: what was bought at Microsoft, one record for each reservation or software subscription.

Money columns are frozen when the order is executed. `buying_*` is what the distributor invoices,
`selling_*` what a reseller charges its end customer (empty where no reseller stands between).
"""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.database import Base
from app.domain.assets import (
    AssetKind,
    AssetMonthEvent,
    AssetOrigin,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
)
from app.models.tenancy import Owned, owned_by_account, owned_through
from app.models.types import enum_text

_SEARCH_TEXT = (
    "lower(name || ' ast-' || lpad(number::text, 6, '0') || ' ' || coalesce(microsoft_order_id, '')"
    " || ' ' || coalesce(microsoft_order_alias, '') || ' ' || microsoft_ids)"
)


_SORTS = {
    "purchased_at": ("purchased_at",),
    "buying_total": ("buying_total_key",),
    "expires": ("expires_key",),
    "status": ("status", "purchased_at"),
    "ends": ("status", "expires_key"),
}
_STAFF_SORTS = {
    "name": ("name",),
    "quantity": ("quantity",),
    "frequency": ("billing_frequency", "purchased_at"),
    "product": ("product_id", "purchased_at"),
    "sync": ("provisioning_sync_status", "purchased_at"),
}


def _list_indexes() -> list[sa.Index]:
    """For every way a list is sorted, by everybody, within a tenant, within an account."""
    indexes = [
        sa.Index("_".join(["ix_assets", *owner, name]), *owner, *columns, "id")
        for owner in ((), ("tenant_id",), ("account_id",))
        for name, columns in _SORTS.items()
    ]
    # Names begin with what they are a name of: the storefront's lists, which are of one kind,
    # would pass over all of the other.
    indexes += [
        sa.Index(f"ix_assets_{owner}_kind_name", owner, "kind", "name", "id")
        for owner in ("tenant_id", "account_id")
    ]
    indexes += [
        sa.Index(f"ix_assets_{name}", *columns, "id") for name, columns in _STAFF_SORTS.items()
    ]
    indexes += [
        sa.Index(
            "_".join(["ix_assets", *owner, "not_synchronized"]),
            *owner,
            "provisioning_sync_status",
            "purchased_at",
            "id",
            postgresql_where=sa.text("provisioning_sync_status <> 'synchronized'"),
        )
        for owner in ((), ("tenant_id",), ("account_id",))
    ]
    return [
        *indexes,
        sa.Index("ix_assets_account_id_selling_total", "account_id", "selling_total_key", "id"),
    ]


class Asset(Owned, Base):
    __tablename__ = "assets"
    __mapper_args__ = {"polymorphic_on": "kind", "version_id_col": None}  # noqa: RUF012
    __table_args__: Any = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.CheckConstraint("quantity >= 1", name="quantity"),
        sa.CheckConstraint("discount_percent BETWEEN 0 AND 100", name="discount"),
        sa.Index("ix_assets_order_id", "order_id"),
        sa.Index(
            "ix_assets_to_expire", "expires_on", postgresql_where=sa.text("status = 'active'")
        ),
        *_list_indexes(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1), unique=True)
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind))
    order_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("orders.id"))
    order_line_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("order_lines.id"), unique=True)
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("products.id"))
    name: Mapped[str]
    status: Mapped[AssetStatus] = mapped_column(enum_text(AssetStatus))
    provisioning_sync_status: Mapped[ProvisioningSyncStatus] = mapped_column(
        enum_text(ProvisioningSyncStatus)
    )
    purchased_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    provisioned_at: Mapped[dt.datetime | None]
    expires_on: Mapped[dt.date | None]  # None: perpetual, or not known yet
    expiry_is_estimated: Mapped[bool] = mapped_column(default=False)
    billing_frequency: Mapped[BillingFrequency] = mapped_column(
        enum_text(BillingFrequency), default=BillingFrequency.ONE_TIME
    )
    term_duration: Mapped[str | None]
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str]
    cost_currency: Mapped[str]
    unit_cost: Mapped[Decimal]
    conversion_rate: Mapped[Decimal] = mapped_column(
        sa.Numeric(18, 8), default=Decimal(1), server_default="1"
    )  # from the cost's currency
    discount_percent: Mapped[Decimal]
    vat_rate: Mapped[Decimal]
    buying_unit_price: Mapped[Decimal]
    buying_net: Mapped[Decimal]
    buying_vat: Mapped[Decimal]
    selling_unit_price: Mapped[Decimal | None]
    selling_net: Mapped[Decimal | None]
    selling_vat: Mapped[Decimal | None]
    microsoft_product_id: Mapped[str]
    microsoft_sku_id: Mapped[str]
    product_title: Mapped[str]
    product_details: Mapped[str] = mapped_column(default="")
    microsoft_order_id: Mapped[str | None]
    microsoft_order_alias: Mapped[str | None]
    microsoft_ordered_at: Mapped[dt.datetime | None]
    microsoft_ids: Mapped[str] = mapped_column(default="")  # all other ids, for the search
    microsoft_refreshed_at: Mapped[dt.datetime | None]  # when Microsoft's side was last read
    # what Microsoft says otherwise and we keep: field → [ours, Microsoft's]
    microsoft_differs: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    origin: Mapped[AssetOrigin] = mapped_column(
        enum_text(AssetOrigin), default=AssetOrigin.ORDERED, server_default="ordered"
    )
    cancelled_at: Mapped[dt.datetime | None]
    # the customer reads it
    cancellation_reason: Mapped[str] = mapped_column(default="", server_default="")
    search_text: Mapped[str] = mapped_column(sa.Computed(_SEARCH_TEXT, persisted=True))
    # what lists sort by: beneath row-level security no index compares numeric columns
    buying_total_key: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Computed("(buying_net * 10000)::bigint", persisted=True)
    )
    selling_total_key: Mapped[int] = mapped_column(
        sa.BigInteger,
        sa.Computed("(coalesce(selling_net, buying_net) * 10000)::bigint", persisted=True),
    )
    expires_key: Mapped[dt.date] = mapped_column(
        sa.Computed("coalesce(expires_on, '9999-12-31'::date)", persisted=True)
    )
    custom_fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tags: Mapped[list[str]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)  # counts saves; a form of an older one is 409


class Reservation(Asset):
    """An Azure Plan Reservation and what Microsoft says of it."""

    __tablename__ = "reservations"
    __mapper_args__ = {"polymorphic_identity": AssetKind.RESERVATION}  # noqa: RUF012
    __table_args__: Any = (owned_through("id", "assets"), sa.Index(None, "subscription_id"))

    id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, primary_key=True), Asset.id)
    account_id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, nullable=False), Asset.account_id)
    tenant_id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, nullable=False), Asset.tenant_id)
    subscription_id: Mapped[UUID] = mapped_column(sa.ForeignKey("subscriptions.id"))
    reservation_type: Mapped[str | None]
    region: Mapped[str | None]
    arm_region: Mapped[str | None]
    scope: Mapped[str] = mapped_column(default="Shared")
    reservation_id: Mapped[str | None]
    reservation_order_id: Mapped[str | None]
    reservation_status: Mapped[str | None]  # Microsoft's word, kept as it is


class SoftwareSubscription(Asset):
    """A software plan bought for one or three years, or for ever."""

    __tablename__ = "software_subscriptions"
    __mapper_args__ = {"polymorphic_identity": AssetKind.SOFTWARE_SUBSCRIPTION}  # noqa: RUF012
    __table_args__: Any = (owned_through("id", "assets"),)

    id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, primary_key=True), Asset.id)
    account_id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, nullable=False), Asset.account_id)
    tenant_id: Mapped[UUID] = column_property(sa.Column(sa.Uuid, nullable=False), Asset.tenant_id)
    software_subscription_sku: Mapped[str]  # the plan's original name
    segment: Mapped[str] = mapped_column(default="commercial")
    software_id: Mapped[str | None]  # Microsoft's subscription id; perpetual software has none
    microsoft_status: Mapped[str | None]


class AssetEvent(Owned, Base):
    """What happened to an asset beside its purchases, append-only: expired, drifted, adopted."""

    __tablename__ = "asset_events"
    __table_args__ = (
        owned_through("asset_id", "assets"),
        sa.Index("ix_asset_events_asset_id", "asset_id", "id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    asset_id: Mapped[UUID]
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    event: Mapped[str]
    actor: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AssetTotal(Owned, Base):
    """Counts and sums of assets, kept by a trigger so that no page adds up 100,000 rows."""

    __tablename__ = "asset_totals"

    account_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind), primary_key=True)
    status: Mapped[AssetStatus] = mapped_column(enum_text(AssetStatus), primary_key=True)
    provisioning_sync_status: Mapped[ProvisioningSyncStatus] = mapped_column(
        enum_text(ProvisioningSyncStatus), primary_key=True
    )
    currency: Mapped[str] = mapped_column(primary_key=True)
    assets: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    buying_net: Mapped[Decimal] = mapped_column(default=Decimal(0))
    buying_vat: Mapped[Decimal] = mapped_column(default=Decimal(0))
    selling_net: Mapped[Decimal] = mapped_column(default=Decimal(0))
    selling_vat: Mapped[Decimal] = mapped_column(default=Decimal(0))

    __table_args__ = (sa.Index("ix_asset_totals_tenant_id", "tenant_id"),)


class AssetMonth(Owned, Base):
    """What was bought in a month and what ends in it, kept by a trigger. Months are UTC's.

    `cost` is Microsoft's price in the account's currency, of all but the `uncosted` assets, whose
    currency no rate converts.
    """

    __tablename__ = "asset_months"
    __table_args__ = (
        sa.Index("ix_asset_months_tenant_id", "tenant_id", "month"),
        sa.Index("ix_asset_months_month", "month"),
    )

    account_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    event: Mapped[AssetMonthEvent] = mapped_column(enum_text(AssetMonthEvent), primary_key=True)
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    assets: Mapped[int] = mapped_column(sa.BigInteger)
    uncosted: Mapped[int] = mapped_column(sa.BigInteger)
    buying_net: Mapped[Decimal]
    buying_vat: Mapped[Decimal]
    selling_net: Mapped[Decimal]
    selling_vat: Mapped[Decimal]
    cost: Mapped[Decimal]


class SearchWord(Owned, Base):
    """A word of an asset, or of an account's name: then it is about the account itself.

    Triggers keep the words. The key is the index that a search reads.
    """

    __tablename__ = "search_words"
    word: Mapped[str] = mapped_column(sa.Text(collation="C"), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    about_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
