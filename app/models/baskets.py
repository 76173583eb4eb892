"""Baskets: what a person means to buy for one account, line by line."""

import datetime as dt
from decimal import Decimal
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.models.tenancy import Owned, owned_by_account, owned_through


class Basket(Owned, Base):
    """One for each person and account they buy for. `form_token` is that of the order it becomes.

    It changes when an order leaves it: until then every review of the basket is the same order.
    """

    __tablename__ = "baskets"
    __table_args__ = (
        owned_by_account(),
        sa.UniqueConstraint("user_id", "account_id"),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID]  # perhaps of another account: no foreign key under RLS
    form_token: Mapped[UUID] = mapped_column(unique=True, default=uuid4)


class BasketLine(Owned, Base):
    """Open while it is neither removed nor bought. The price is what its buyer saw, to compare."""

    __tablename__ = "basket_lines"
    __table_args__ = (
        owned_through("basket_id", "baskets"),
        sa.CheckConstraint("quantity >= 1", name="quantity"),
        sa.Index("ix_basket_lines_basket_id", "basket_id", "number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1))
    basket_id: Mapped[UUID]
    form_token: Mapped[UUID] = mapped_column(unique=True)  # one form, however often it is sent
    sku_id: Mapped[UUID] = mapped_column(sa.ForeignKey("skus.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("subscriptions.id"))
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    seen_unit_price: Mapped[Decimal | None]  # None where it is hidden from the buyer
    seen_discount_percent: Mapped[Decimal]
    added_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    touched_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    removed_at: Mapped[dt.datetime | None]
    order_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("orders.id"))
