"""Invoices and credit notes as a list, for the storefront and the back office."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.errors import NotAllowedError
from app.domain.invoices import InvoiceKind, InvoiceState
from app.models import Account, Invoice, InvoiceLine
from app.services.invoice_states import (
    SHOWN_OPEN,
    has_state,
    open_amount,
    state_of,
    state_word,
    sum_gross,
    sum_open,
)
from app.services.pages import Keys, Page, PageRequest, each_row, fetch_page
from app.services.today import today
from app.services.visibility import visible_to


class InvoiceSort(StrEnum):
    """The values of `sort=`."""

    ISSUED = "issued"
    DUE = "due"
    TOTAL = "total"
    NUMBER = "number"
    ACCOUNT = "account"
    ORDER = "order"
    STATUS = "status"
    OPEN = "open"


_KEYS: dict[InvoiceSort, tuple[Any, ...]] = {  # but for the status, which depends on the day
    InvoiceSort.ISSUED: (Invoice.issued_on, Invoice.issued_at, Invoice.id),
    InvoiceSort.DUE: (Invoice.due_on, Invoice.id),
    InvoiceSort.TOTAL: (Invoice.gross_key, Invoice.id),
    InvoiceSort.NUMBER: (Invoice.number, Invoice.id),
    InvoiceSort.ACCOUNT: (Invoice.buyer["name"].astext, Invoice.id),
    InvoiceSort.ORDER: (Invoice.order_number, Invoice.id),
    InvoiceSort.OPEN: (SHOWN_OPEN, Invoice.id),
}


@dataclass(frozen=True, kw_only=True)
class InvoiceQuery:
    """What the list shows. `q` looks in numbers, names, references and what was bought."""

    q: str = ""
    state: InvoiceState | None = None
    kind: InvoiceKind | None = None
    issued_from: dt.date | None = None
    issued_to: dt.date | None = None
    account_id: UUID | None = None
    sort: InvoiceSort = InvoiceSort.ISSUED
    descending: bool = True
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    """Amounts are positive; `kind.sign` says which way they count."""

    id: UUID
    number: str
    kind: InvoiceKind
    state: InvoiceState | None
    account_id: UUID
    account_name: str
    issued_on: dt.date
    due_on: dt.date
    order_number: str
    buyer_reference: str
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    open_amount: Decimal
    paid_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class InvoiceSum:
    """All that match in one currency: credit notes count against invoices."""

    currency: str
    gross: Decimal
    open_amount: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceList:
    page: Page[InvoiceRow]
    sums: list[InvoiceSum]
    account_name: str | None  # of the account that the list is limited to


def list_invoices(viewer: Viewer, wanted: InvoiceQuery) -> InvoiceList:
    """Four statements."""
    session = reading(viewer.scope)
    day = today(session)
    filters = _filters(viewer, wanted, day)
    sums, total = _sums(session, filters)
    name = None
    if wanted.account_id is not None:
        name = session.scalar(sa.select(Account.name).where(Account.id == wanted.account_id))
    return InvoiceList(
        page=_page(session, wanted, filters, day=day, total=total), sums=sums, account_name=name
    )


def export_invoices(viewer: Viewer, wanted: InvoiceQuery) -> Iterator[InvoiceRow]:
    """Every row of the list, for a file."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")

    def read(page: PageRequest) -> Page[InvoiceRow]:
        session = reading(viewer.scope)
        day = today(session)
        filters = _filters(viewer, wanted, day)
        return _page(session, wanted, filters, day=day, total=0, request=page)

    return each_row(viewer.scope, read)


def _filters(viewer: Viewer, wanted: InvoiceQuery, day: dt.date) -> list[sa.ColumnElement[bool]]:
    filters = [visible_to(viewer, Invoice)]
    if wanted.state is not None:
        filters.append(has_state(wanted.state, day))
    if wanted.kind is not None:
        filters.append(Invoice.kind == wanted.kind)
    if wanted.issued_from is not None:
        filters.append(Invoice.issued_on >= wanted.issued_from)
    if wanted.issued_to is not None:
        filters.append(Invoice.issued_on <= wanted.issued_to)
    if wanted.account_id is not None:
        filters.append(Invoice.account_id == wanted.account_id)
    if text := wanted.q.strip().casefold():
        filters.append(Invoice.search_text.contains(text, autoescape=True))
    return filters


def _sums(session: Session, filters: list[sa.ColumnElement[bool]]) -> tuple[list[InvoiceSum], int]:
    query = (
        sa.select(Invoice.currency, sum_gross(), sum_open(), sa.func.count())
        .where(*filters)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    rows = session.execute(query).all()
    sums = [InvoiceSum(currency=row[0], gross=row[1], open_amount=row[2]) for row in rows]
    return sums, sum(row[3] for row in rows)


def _page(
    session: Session,
    wanted: InvoiceQuery,
    filters: list[sa.ColumnElement[bool]],
    *,
    day: dt.date,
    total: int,
    request: PageRequest | None = None,
) -> Page[InvoiceRow]:
    keys = _keys(wanted, day)
    query = sa.select(Invoice).where(*filters)
    found = fetch_page(session, query, keys, request or wanted.page, total=total)
    return found.with_items([_row(row[0], day) for row in found.items])


def _keys(wanted: InvoiceQuery, day: dt.date) -> Keys:
    columns = _KEYS.get(wanted.sort) or (state_word(day), Invoice.id)
    return Keys(columns=[column.expression for column in columns], descending=wanted.descending)


def _row(invoice: Invoice, day: dt.date) -> InvoiceRow:
    return InvoiceRow(
        id=invoice.id,
        number=invoice.number,
        kind=invoice.kind,
        state=state_of(invoice, day),
        account_id=invoice.account_id,
        account_name=invoice.buyer["name"],
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        order_number=invoice.order_number,
        buyer_reference=invoice.buyer_reference,
        currency=invoice.currency,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        open_amount=open_amount(invoice),
        paid_on=invoice.paid_on,
    )


@dataclass(frozen=True, kw_only=True)
class LinkedInvoice:
    """An invoice or a credit note, for a link."""

    id: UUID
    number: str


def invoices_of_order(session: Session, viewer: Viewer, order_id: UUID) -> list[LinkedInvoice]:
    """What the viewer may see of it: nothing for an end customer, whose reseller is invoiced."""
    return _linked(session, viewer, Invoice.order_id == order_id)


def invoices_of_asset(
    viewer: Viewer, asset_id: sa.SQLColumnExpression[UUID]
) -> sa.ScalarSelect[Any]:
    """Those with a line of the asset, as a column of the query that reads it; see linked_in."""
    of_asset = sa.select(InvoiceLine.invoice_id).where(InvoiceLine.asset_id == asset_id)
    numbers = sa.func.jsonb_agg(
        aggregate_order_by(
            sa.func.jsonb_build_array(Invoice.id, Invoice.number),
            Invoice.issued_at,
            Invoice.number,
        ),
        type_=JSONB,
    )
    return (
        sa.select(numbers)
        .where(Invoice.id.in_(of_asset.correlate_except(InvoiceLine)), visible_to(viewer, Invoice))
        .correlate_except(Invoice)
        .scalar_subquery()
    )


def linked_in(column: list[tuple[str, str]] | None) -> list[LinkedInvoice]:
    """What invoices_of_asset found."""
    return [LinkedInvoice(id=UUID(id_), number=number) for id_, number in column or ()]


def _linked(session: Session, viewer: Viewer, which: sa.ColumnElement[bool]) -> list[LinkedInvoice]:
    query = sa.select(Invoice.id, Invoice.number).where(which, visible_to(viewer, Invoice))
    rows = session.execute(query.order_by(Invoice.issued_at, Invoice.number))
    return [LinkedInvoice(id=row.id, number=row.number) for row in rows]
