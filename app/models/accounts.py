"""Accounts: the distributor, resellers, their end customers, direct customers."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.domain.access import AccountKind
from app.domain.languages import Language
from app.models.types import enum_text


def _waits_for_its_reseller(context: Any) -> bool:
    """An end customer's orders do, until its reseller says otherwise."""
    return bool(context.get_current_parameters()["kind"] is AccountKind.END_CUSTOMER)


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        sa.UniqueConstraint("id", "tenant_id"),
        sa.CheckConstraint("(kind = 'end_customer') = (reseller_id IS NOT NULL)", name="reseller"),
        sa.Index("ix_accounts_tenant_id_name", "tenant_id", "name", "id"),
        sa.Index("ix_accounts_name", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(start=1), unique=True)
    kind: Mapped[AccountKind] = mapped_column(enum_text(AccountKind))
    reseller_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    tenant_id: Mapped[UUID] = mapped_column(
        sa.Computed("coalesce(reseller_id, id)", persisted=True)
    )
    name: Mapped[str]
    legal_name: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str]  # ISO 3166 alpha-2; decides the VAT
    currency: Mapped[str]  # ISO 4217
    vat_number: Mapped[str | None]
    is_tax_exempt: Mapped[bool] = mapped_column(default=False)
    timezone: Mapped[str] = mapped_column(default="Europe/Athens")
    language: Mapped[Language] = mapped_column(  # of its documents and mails
        enum_text(Language), default=Language.EN
    )
    microsoft_tenant_id: Mapped[str | None]  # the customer id at Partner Center
    microsoft_domain: Mapped[str | None]
    has_microsoft_agreement: Mapped[bool | None]  # None: nobody looked yet
    microsoft_agreed_on: Mapped[dt.date | None]
    microsoft_gone_at: Mapped[dt.datetime | None]  # Partner Center does not list it any more
    microsoft_read_at: Mapped[dt.datetime | None]
    price_list_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("price_lists.id"))
    default_markup: Mapped[Decimal] = mapped_column(default=Decimal(0))  # a reseller's, per cent
    markup: Mapped[Decimal | None]  # the reseller's for this customer, per cent
    needs_approval: Mapped[bool] = mapped_column(default=_waits_for_its_reseller)
    hides_prices: Mapped[bool] = mapped_column(default=False)  # from this end customer
    may_order: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    shared_views: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of lists
    hourly_spend_limit: Mapped[Decimal | None]  # instead of the one for all; in control's currency
    created_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())

    reseller: Mapped["Account | None"] = relationship(
        remote_side="Account.id", lazy="raise", viewonly=True
    )


class AccountEvent(Base):
    """What staff changed of an account: for staff alone, and never changed again."""

    __tablename__ = "account_events"
    __table_args__ = (sa.Index("ix_account_events_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    event: Mapped[str]
    actor: Mapped[str]
    changes: Mapped[dict[str, Any]]  # label → [before, after], in words
