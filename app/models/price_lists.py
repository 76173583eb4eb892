"""Price lists: how cost becomes a buying price."""

import datetime as dt
from decimal import Decimal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.domain.pricing import AdjustmentKind
from app.models.types import enum_text


class PriceList(Base):
    __tablename__ = "price_lists"
    __table_args__ = (
        sa.Index(
            "uq_price_lists_default",
            "is_default",
            unique=True,
            postgresql_where=sa.text("is_default"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)
    adjustment_kind: Mapped[AdjustmentKind] = mapped_column(enum_text(AdjustmentKind))
    percent: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]

    lines: Mapped[list["PriceListLine"]] = relationship(lazy="raise", order_by="PriceListLine.id")


class PriceListLine(Base):
    """What one product has other than its list."""

    __tablename__ = "price_list_lines"
    __table_args__ = (sa.UniqueConstraint("price_list_id", "product_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    price_list_id: Mapped[UUID] = mapped_column(sa.ForeignKey("price_lists.id"))
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("products.id"))
    adjustment_kind: Mapped[AdjustmentKind] = mapped_column(enum_text(AdjustmentKind))
    percent: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))


class CurrencyRate(Base):
    """How much of one currency a unit of another is: for what Microsoft prices in that."""

    __tablename__ = "currency_rates"
    __table_args__ = (
        sa.UniqueConstraint("from_currency", "to_currency"),
        sa.CheckConstraint("rate > 0", name="rate"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    from_currency: Mapped[str]
    to_currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(sa.Numeric(18, 8))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
