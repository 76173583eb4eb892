"""Orders and their lines. A quote is an order that nobody has placed yet."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.domain.assets import AssetKind
from app.domain.orders import OrderStatus
from app.models.tenancy import Owned, owned_by_account, owned_through
from app.models.types import enum_text


class Order(Owned, Base):
    """For `account_id`; placed by a user of that account, of its reseller, or by staff."""

    __tablename__ = "orders"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.Index("ix_orders_account_id", "account_id", "number"),
        sa.Index("ix_orders_tenant_id", "tenant_id", "number"),
        sa.Index(
            "ix_orders_pending",
            "account_id",
            "number",
            postgresql_where=sa.text("status = 'pending_approval'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1), unique=True)
    form_token: Mapped[UUID] = mapped_column(unique=True)  # one form, however often it is sent
    status: Mapped[OrderStatus] = mapped_column(enum_text(OrderStatus))
    currency: Mapped[str]
    buyer_reference: Mapped[str] = mapped_column(default="")  # the buyer's own, a PO number
    placed_by_id: Mapped[UUID]  # a user, perhaps of another account: no foreign key under RLS
    placed_by_name: Mapped[str]
    quoted_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    quote_ends_at: Mapped[dt.datetime]
    placed_at: Mapped[dt.datetime | None]
    executed_at: Mapped[dt.datetime | None]
    decided_by_name: Mapped[str | None]  # who approved or declined
    decision_reason: Mapped[str | None]
    basket_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("baskets.id"))
    invoice_is_held: Mapped[bool] = mapped_column(default=False)  # until all is synchronized

    lines: Mapped[list["OrderLine"]] = relationship(lazy="raise", order_by="OrderLine.position")


class OrderLine(Owned, Base):
    __tablename__ = "order_lines"
    __table_args__ = (
        owned_through("order_id", "orders"),
        sa.UniqueConstraint("order_id", "position"),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.CheckConstraint("quantity >= 1", name="quantity"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[AssetKind] = mapped_column(enum_text(AssetKind))
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("products.id"))
    sku_id: Mapped[UUID] = mapped_column(sa.ForeignKey("skus.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("subscriptions.id"))
    title: Mapped[str]
    details: Mapped[str] = mapped_column(default="")
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str]
    cost_currency: Mapped[str]
    unit_cost: Mapped[Decimal]
    conversion_rate: Mapped[Decimal] = mapped_column(
        sa.Numeric(18, 8), default=Decimal(1), server_default="1"
    )  # from the cost's currency
    buying_unit_price: Mapped[Decimal]
    selling_unit_price: Mapped[Decimal | None]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    vat_rate: Mapped[Decimal]
    basket_line_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("basket_lines.id"))
    # why it was left out when the others were bought; the buyer reads it. The reason in English,
    # and what it is said from in any language: a message and its values (domain/sentences.py)
    refused_reason: Mapped[str] = mapped_column(default="", server_default="")
    refused_sentence: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
