"""An invoice or a credit note as it is printed and sent: frozen values, every number worked out."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from app.domain.invoices import InvoiceKind, TaxCategory
from app.domain.languages import Language


@dataclass(frozen=True, kw_only=True)
class Party:
    """A company as it stood when the document was issued."""

    name: str
    legal_name: str
    address: str
    city: str
    country: str  # ISO 3166 alpha-2
    vat_number: str
    email: str


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    position: int
    asset_number: str
    customer_name: str  # whose asset it is, where that is not the buyer; else empty
    code: str
    title: str
    billing_period: str
    unit: str  # "Instance" or "Licence"
    unit_price: Decimal
    quantity: int
    original_total: Decimal
    discount_percent: Decimal
    discount_amount: Decimal
    net: Decimal
    vat_rate: Decimal
    vat: Decimal  # of the line alone


@dataclass(frozen=True, kw_only=True)
class DocumentTax:
    rate: Decimal
    category: TaxCategory
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceDocument:
    """Amounts of a credit note are positive, as EN 16931 has them."""

    kind: InvoiceKind
    number: str
    issued_on: dt.date
    due_on: dt.date
    order_number: str
    buyer_reference: str
    corrects_number: str  # of the invoice that a credit note corrects; else empty
    corrects_issued_on: dt.date | None
    reason: str
    language: Language
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    taxes: tuple[DocumentTax, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal

    @property
    def is_credit_note(self) -> bool:
        return self.kind is InvoiceKind.CREDIT_NOTE

    @property
    def vat_line_by_line(self) -> Decimal:
        """What assets and lists add up to; it may differ from `vat` by cents."""
        return sum((line.vat for line in self.lines), Decimal(0))
