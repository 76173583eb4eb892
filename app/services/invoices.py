"""Issuing invoices and credit notes, in the caller's transaction: gapless, once, for ever."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import seeing_all
from app.documents.invoice import Party
from app.domain.access import AccountKind
from app.domain.assets import AssetStatus, ProvisioningSyncStatus, asset_number, order_number
from app.domain.errors import ConflictError
from app.domain.invoices import (
    UNITS,
    InvoiceKind,
    LineAmounts,
    RateTotal,
    TaxCategory,
    document_number,
    invoiced_amounts,
    totals_by_rate,
)
from app.domain.mail import MailKind
from app.domain.money import ZERO
from app.domain.pricing import price_line
from app.models import (
    Account,
    Asset,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    MarketplaceOptions,
    Order,
    Product,
)
from app.services.control import numbers_are_sure
from app.services.invoice_taxes import Taxation, taxation_of
from app.services.notices import tell
from app.services.today import today

_SYSTEM = "Entrepot"


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line before it has a document. `values` are the columns that are no amounts."""

    amounts: LineAmounts
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NewDocument:
    kind: InvoiceKind
    issued_on: dt.date
    taxation: Taxation
    lines: list[NewLine]
    totals: list[RateTotal]
    values: dict[str, Any]  # the columns that are no amounts


def invoice_order(
    session: Session, order: Order, *, actor: str = _SYSTEM, day: dt.date | None = None
) -> UUID | None:
    """Invoice what the executed order made to whoever pays: its reseller or the direct customer.

    Where the marketplace holds invoices until everything is synchronized, and in a restored
    database whose numbers nobody confirmed yet, the order is marked and None comes back;
    `invoice_held_order` issues it later. Call it last in the transaction: the
    row of the series is locked until it ends. `day` is the business day, today unless given: what
    is written down afterwards is mailed to nobody.
    """
    with seeing_all(session):
        options, is_sure = session.execute(
            sa.select(MarketplaceOptions, numbers_are_sure()).where(MarketplaceOptions.id == 1)
        ).one()
        if options.holds_invoices or not is_sure:
            order.invoice_is_held = True
            session.flush()
            return None
        return _issue(session, _basis_of(order), options, actor=actor, day=day)


def invoice_held_order(session: Session, order_id: UUID | None, *, actor: str = _SYSTEM) -> None:
    """Issue an invoice that waits, once every asset of its order is synchronized or cancelled.

    Call it after an asset became either. Of two assets at once the later one sees the earlier:
    both lock the order first.
    """
    if order_id is None:
        return
    with seeing_all(session):
        session.flush()
        held = sa.select(Order).where(Order.id == order_id, Order.invoice_is_held)
        order = session.scalar(held.with_for_update())
        waits = sa.or_(_is_unfinished(order_id), sa.not_(numbers_are_sure()))
        if order is None or session.scalar(sa.select(waits)):
            return
        order.invoice_is_held = False
        options = session.get_one(MarketplaceOptions, 1)
        _issue(session, _basis_of(order), options, actor=actor, day=None)


def _is_unfinished(order_id: UUID) -> sa.Exists:
    return sa.exists().where(
        Asset.order_id == order_id,
        Asset.status != AssetStatus.CANCELLED,
        Asset.provisioning_sync_status != ProvisioningSyncStatus.SYNCHRONIZED,
    )


def invoice_adopted_asset(session: Session, asset: Asset, *, actor: str) -> UUID | None:
    """Invoice what was bought outside and is taken over, to whoever pays for its account.

    At once, also where invoices are held: Microsoft has sold it already. There is no order of ours,
    so Microsoft's stands in its place. Call it last in the transaction that made the asset.
    """
    with seeing_all(session):
        session.flush()
        options = session.get_one(MarketplaceOptions, 1)
        basis = _Basis(
            assets=Asset.id == asset.id,
            payer_id=asset.tenant_id,
            currency=asset.currency,
            order_number=asset.microsoft_order_id or "",
        )
        return _issue(session, basis, options, actor=actor, day=None)


@dataclass(frozen=True, kw_only=True)
class _Basis:
    """What is invoiced, to whom, and which order it names."""

    assets: sa.ColumnElement[bool]
    payer_id: UUID
    currency: str
    order_number: str
    order_id: UUID | None = None
    buyer_reference: str = ""


def _basis_of(order: Order) -> _Basis:
    return _Basis(
        assets=Asset.order_id == order.id,
        payer_id=order.tenant_id,
        currency=order.currency,
        order_number=order_number(order.number),
        order_id=order.id,
        buyer_reference=order.buyer_reference,
    )


def _issue(
    session: Session,
    basis: _Basis,
    options: MarketplaceOptions,
    *,
    actor: str,
    day: dt.date | None,
) -> UUID | None:
    rows = session.execute(_assets_to_invoice(basis)).all()
    if not rows:
        return None
    payer = session.get_one(Account, basis.payer_id)
    taxation = taxation_of(session, payer)
    lines = [_line(taxation, payer, *row) for row in rows]
    issued_on = day or today(session)
    document = NewDocument(
        kind=InvoiceKind.INVOICE,
        issued_on=issued_on,
        taxation=taxation,
        lines=lines,
        totals=totals_by_rate([line.amounts for line in lines]),
        values={
            "account_id": payer.id,
            "tenant_id": payer.tenant_id,
            "due_on": issued_on + dt.timedelta(days=options.payment_days),
            "order_id": basis.order_id,
            "order_number": basis.order_number,
            "buyer_reference": basis.buyer_reference,
            "issued_by": actor,
            "language": payer.language,
            "currency": basis.currency,
            "seller": party_of(_distributor(session), options.name),
            "buyer": party_of(payer, payer.name),
        },
    )
    invoice = store(session, document)
    if day is None:
        tell(session, MailKind.INVOICE, invoice, invoice.id)
    return invoice.id


def _assets_to_invoice(basis: _Basis) -> sa.Select[*tuple[Any, ...]]:
    """What still lives of it, in its order."""
    return (
        sa.select(Asset, Account, Product.code)
        .join(Account, Account.id == Asset.account_id)
        .join(Product, Product.id == Asset.product_id)
        .where(basis.assets, Asset.status != AssetStatus.CANCELLED)
        .order_by(Asset.number)
    )


def _line(
    taxation: Taxation, payer: Account, asset: Asset, customer: Account, code: str
) -> NewLine:
    vat_rate = taxation.rate_of(asset, is_payers=customer.id == payer.id)
    price = price_line(
        asset.buying_unit_price,
        asset.quantity,
        discount_percent=asset.discount_percent,
        vat_rate=vat_rate,
        currency=asset.currency,
    )
    return NewLine(
        amounts=invoiced_amounts(price),
        values={
            "asset_id": asset.id,
            "asset_number": asset_number(asset.number),
            "customer_name": "" if customer.id == payer.id else customer.name,
            "code": code,
            "title": asset.product_title,
            "billing_period": "",
            "unit": UNITS[asset.kind],
        },
    )


def party_of(account: Account | None, name: str) -> dict[str, Any]:
    """A company's details, frozen. Without an account of the distributor its name stands alone."""
    party = Party(
        name=name,
        legal_name=(account and account.legal_name) or name,
        address=(account and account.address) or "",
        city=(account and account.city) or "",
        country=account.country if account else "GR",
        vat_number=(account and account.vat_number) or "",
        email=(account and account.email) or "",
    )
    return asdict(party)


def _distributor(session: Session) -> Account | None:
    query = sa.select(Account).where(Account.kind == AccountKind.DISTRIBUTOR)
    return session.scalar(query.order_by(Account.number).limit(1))


def store(session: Session, document: NewDocument) -> Invoice:
    """Give the document the next number of its series and write it down."""
    series = document.kind.series(document.issued_on)
    sequence = next_sequences(session, series)
    number = document_number(series, sequence)
    net = sum((total.net for total in document.totals), ZERO)
    vat = sum((total.vat for total in document.totals), ZERO)
    invoice = Invoice(
        id=uuid4(),
        kind=document.kind,
        series=series,
        sequence=sequence,
        number=number,
        issued_on=document.issued_on,
        net=net,
        vat=vat,
        gross=net + vat,
        search_text=search_text(number, document.values, [line.values for line in document.lines]),
        **document.values,
    )
    session.add(invoice)
    session.flush()
    session.add_all(_line_rows(invoice, document.lines))
    session.add_all(_tax_rows(invoice, document))
    session.flush()
    return invoice


def next_sequences(session: Session, series: str, count: int = 1) -> int:
    """The last of `count` numbers that follow. Whoever wants the next ones waits for our end.

    Raises ConflictError in a restored database: it may not know which were given out.
    """
    if not session.scalar(sa.select(numbers_are_sure())):
        raise ConflictError(
            "The database was restored: numbers of invoices and credit notes may have been given"
            " out that it does not know. An administrator confirms the last ones first."
        )
    given: int = session.scalars(
        sa.text(
            "INSERT INTO invoice_series AS s (series, last_sequence) VALUES (:series, :count)"
            " ON CONFLICT (series) DO UPDATE SET last_sequence = s.last_sequence + :count"
            " RETURNING last_sequence"
        ),
        {"series": series, "count": count},
    ).one()
    return given


def search_text(number: str, values: dict[str, Any], lines: list[dict[str, Any]]) -> str:
    """Everything that a search looks in, small."""
    words = [number, values["order_number"], values["buyer_reference"], values["buyer"]["name"]]
    for line in lines:
        words += [line["title"], line["asset_number"], line["customer_name"]]
    return " ".join(dict.fromkeys(filter(None, words))).casefold()


def _line_rows(invoice: Invoice, lines: list[NewLine]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            invoice_id=invoice.id,
            account_id=invoice.account_id,
            tenant_id=invoice.tenant_id,
            position=position,
            **amount_columns(line.amounts),
            **line.values,
        )
        for position, line in enumerate(lines, start=1)
    ]


def amount_columns(amounts: LineAmounts) -> dict[str, Any]:
    return {
        "unit_price": amounts.unit_price,
        "quantity": amounts.quantity,
        "original_total": amounts.original_total,
        "discount_percent": amounts.discount_percent,
        "discount_amount": amounts.discount_amount,
        "net": amounts.net,
        "vat_rate": amounts.vat_rate,
        "vat": amounts.vat,
    }


def _tax_rows(invoice: Invoice, document: NewDocument) -> list[InvoiceTax]:
    return [
        InvoiceTax(
            invoice_id=invoice.id,
            account_id=invoice.account_id,
            tenant_id=invoice.tenant_id,
            rate=total.rate,
            category=TaxCategory.STANDARD if total.rate else document.taxation.untaxed,
            net=total.net,
            vat=total.vat,
        )
        for total in document.totals
    ]
