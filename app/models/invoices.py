"""Invoices and credit notes of the distributor. Once issued nothing of them changes but payment.

The owner is whoever pays: a reseller, also for its customers' assets, or a direct customer. An end
customer owns none, so that row-level security itself keeps buying prices from it.
"""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.domain.invoices import InvoiceKind, TaxCategory
from app.domain.languages import Language
from app.models.tenancy import Owned, owned_by_account, owned_through
from app.models.types import enum_text


class InvoiceSeries(Base):
    """The last number given out. Its row stays locked until the document is stored or forgotten."""

    __tablename__ = "invoice_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    last_sequence: Mapped[int] = mapped_column(sa.BigInteger)


def _list_indexes() -> list[sa.Index]:
    """Every way the list is sorted, by everybody and for one account."""
    sorts = {
        "issued": ("issued_on", "issued_at", "id"),
        "due": ("due_on", "id"),
        "total": ("gross_key", "id"),
        "number": ("number", "id"),
    }
    return [
        sa.Index("_".join(["ix_invoices", *owner, name]), *owner, *columns)
        for owner in ((), ("account_id",))
        for name, columns in sorts.items()
    ]


class Invoice(Owned, Base):
    """An invoice, or a credit note that corrects one. All amounts are positive."""

    __tablename__ = "invoices"
    __table_args__: Any = (
        owned_by_account(),
        sa.UniqueConstraint("id", "account_id", "tenant_id"),
        sa.UniqueConstraint("series", "sequence"),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("(kind = 'credit_note') = (corrects_id IS NOT NULL)", name="corrects"),
        sa.CheckConstraint("gross = net + vat", name="gross"),
        sa.CheckConstraint("credited_gross BETWEEN 0 AND gross", name="credited"),
        sa.Index("ix_invoices_order_id", "order_id"),
        sa.Index("ix_invoices_corrects_id", "corrects_id"),
        sa.Index("ix_invoices_paid", "account_id", "paid_on", "number"),
        sa.Index(
            "ix_invoices_still_open",
            "account_id",
            "due_on",
            "number",
            postgresql_where=sa.text("kind = 'invoice' AND gross <> credited_gross + paid_amount"),
        ),
        *_list_indexes(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[InvoiceKind] = mapped_column(enum_text(InvoiceKind))
    series: Mapped[str]
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[str]
    issued_on: Mapped[dt.date]
    issued_at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    due_on: Mapped[dt.date]
    order_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("orders.id"))
    order_number: Mapped[str]
    buyer_reference: Mapped[str] = mapped_column(default="")
    corrects_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("invoices.id"))
    reason: Mapped[str] = mapped_column(default="")  # of a credit note, in words for people
    issued_by: Mapped[str]
    language: Mapped[Language] = mapped_column(enum_text(Language))
    currency: Mapped[str]
    seller: Mapped[dict[str, Any]]  # both parties as they were: fields of documents.invoice.Party
    buyer: Mapped[dict[str, Any]]
    net: Mapped[Decimal]
    vat: Mapped[Decimal]
    gross: Mapped[Decimal]
    search_text: Mapped[str]
    # what lists sort by: beneath row-level security no index compares numeric columns
    gross_key: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Computed("(gross * 10000)::bigint", persisted=True)
    )
    # what happens to it afterwards
    credited_gross: Mapped[Decimal] = mapped_column(default=Decimal(0))
    paid_on: Mapped[dt.date | None]
    paid_amount: Mapped[Decimal] = mapped_column(default=Decimal(0))
    payment_reference: Mapped[str] = mapped_column(default="")


class InvoiceLine(Owned, Base):
    """What an asset costs, or what is taken back of it."""

    __tablename__ = "invoice_lines"
    __table_args__: Any = (
        owned_through("invoice_id", "invoices"),
        sa.UniqueConstraint("invoice_id", "position"),
        sa.CheckConstraint("quantity >= 1", name="quantity"),
        sa.CheckConstraint("net = original_total - discount_amount", name="net"),
        sa.Index(
            "uq_invoice_lines_asset_id",  # an asset is invoiced once
            "asset_id",
            unique=True,
            postgresql_where=sa.text("corrects_line_id IS NULL"),
        ),
        sa.Index("ix_invoice_lines_asset_id", "asset_id"),
        sa.Index("ix_invoice_lines_corrects_line_id", "corrects_line_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    invoice_id: Mapped[UUID]
    position: Mapped[int]
    corrects_line_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("invoice_lines.id"))
    asset_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assets.id"))
    asset_number: Mapped[str]
    customer_name: Mapped[str]  # whose asset it is, where that is not the buyer; else empty
    code: Mapped[str]
    title: Mapped[str]
    billing_period: Mapped[str] = mapped_column(default="")  # empty for One-Time
    unit: Mapped[str]
    unit_price: Mapped[Decimal]
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    original_total: Mapped[Decimal]
    discount_percent: Mapped[Decimal]
    discount_amount: Mapped[Decimal]
    net: Mapped[Decimal]
    vat_rate: Mapped[Decimal]
    vat: Mapped[Decimal]  # of the line alone; the document's is that of the sum


class InvoiceTax(Owned, Base):
    """One line for each rate."""

    __tablename__ = "invoice_taxes"
    __table_args__ = (owned_through("invoice_id", "invoices"),)

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(primary_key=True)
    category: Mapped[TaxCategory] = mapped_column(enum_text(TaxCategory))
    net: Mapped[Decimal]
    vat: Mapped[Decimal]


class InvoiceEvent(Owned, Base):
    """What happened to an issued invoice: append-only."""

    __tablename__ = "invoice_events"
    __table_args__ = (
        owned_through("invoice_id", "invoices"),
        sa.Index("ix_invoice_events_invoice_id", "invoice_id", "id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    invoice_id: Mapped[UUID]
    at: Mapped[dt.datetime] = mapped_column(server_default=sa.func.now())
    event: Mapped[str]  # paid, reopened, credited
    actor: Mapped[str]
    day: Mapped[dt.date | None]
    amount: Mapped[Decimal]
    reference: Mapped[str] = mapped_column(default="")


class BalanceMonth(Owned, Base):
    """What a month added to an account's balance, kept by a trigger: invoices, less credit notes
    on the day of their issue, less payments on the day on which they arrived.
    """

    __tablename__ = "balance_months"

    account_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    currency: Mapped[str] = mapped_column(primary_key=True)
    entries: Mapped[int] = mapped_column(sa.BigInteger)
    moved: Mapped[Decimal]
