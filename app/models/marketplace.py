"""Marketplace options: how the storefront presents itself. One row."""

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.languages import Language
from app.models.types import enum_text


class MarketplaceOptions(Base):
    __tablename__ = "marketplace_options"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    name: Mapped[str] = mapped_column(default="Entrepot")
    shows_vat: Mapped[bool] = mapped_column(default=False)
    viewers_may_switch_vat: Mapped[bool] = mapped_column(default=True)
    country: Mapped[str] = mapped_column(default="GR")
    currency: Mapped[str] = mapped_column(default="EUR")
    timezone: Mapped[str] = mapped_column(default="Europe/Athens")
    language: Mapped[Language] = mapped_column(  # with the next: what new accounts begin with
        enum_text(Language), default=Language.EN, server_default="en"
    )
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    quote_hours: Mapped[int] = mapped_column(default=24)
    terms: Mapped[str] = mapped_column(default="", server_default="")  # agreed to when buying
    largest_order: Mapped[Decimal | None]  # net, in `currency`; None: no limit
    payment_days: Mapped[int] = mapped_column(default=30)
    holds_invoices: Mapped[bool] = mapped_column(default=False)  # until all is synchronized
