"""An invoice or credit note as an e-invoice: EN 16931 in the syntax of UBL 2.1.

factur-x writes the XML from the standard's own business terms (BT-…, BG-…), listed in EN 16931-1.
"""

from decimal import Decimal
from typing import Any, cast

from facturx import generate_xml

from app.documents.invoice import DocumentLine, DocumentTax, InvoiceDocument, Party
from app.domain.errors import ConflictError
from app.domain.invoices import TaxCategory
from app.domain.money import minor_units
from app.translations import Words, words_in

_LEVEL = "en16931"
_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_ONE = "C62"  # UN/ECE recommendation 20: one piece
_DISCOUNT = "95"  # UNTDID 5189


def invoice_xml(document: InvoiceDocument) -> bytes:
    """The e-invoice, checked against the schema of UBL 2.1.

    Raises ConflictError where the seller has no VAT number: the standard wants one.
    """
    if not document.seller.vat_number:
        raise ConflictError("An e-invoice needs the VAT number of whoever sells: enter it first.")
    words = words_in(document.language)
    terms = {
        **_head(document, words),
        **_totals(document),
        "BG-4": _party(document.seller),
        "BG-7": _party(document.buyer),
        "BG-23": [_tax(document, tax, words) for tax in document.taxes],
        "BG-25": [_line(document, line, words) for line in document.lines],
    }
    made = generate_xml(
        terms, flavor="ubl-2.1", level=_LEVEL, check_xsd=True, check_schematron=False
    )
    return cast("bytes", made)


def _head(document: InvoiceDocument, words: Words) -> dict[str, Any]:
    head: dict[str, Any] = {
        "BT-1": document.number,
        "BT-2": document.issued_on,
        "BT-3": _CREDIT_NOTE if document.is_credit_note else _INVOICE,
        "BT-5": document.currency,
        "BT-10": document.buyer_reference or document.order_number,
        "BT-14": document.order_number,
    }
    if document.buyer_reference:
        head["BT-13"] = document.buyer_reference
    if not document.is_credit_note:
        head["BT-9"] = document.due_on
    notes = [document.reason]
    if document.vat != document.vat_line_by_line:
        notes.append(words.gettext("VAT is computed on the sum for each rate."))
    head["BG-1"] = [{"BT-22": note} for note in notes if note]
    if document.corrects_number:
        corrected = {"BT-25": document.corrects_number, "BT-26": document.corrects_issued_on}
        head["BG-3"] = [corrected]
    return head


def _totals(document: InvoiceDocument) -> dict[str, str]:
    return {
        "BT-106": _money(document, document.net),
        "BT-109": _money(document, document.net),
        "BT-110": _money(document, document.vat),
        "BT-112": _money(document, document.gross),
        "BT-115": _money(document, document.gross),
    }


def _party(party: Party) -> dict[str, Any]:
    terms = {
        "name": party.legal_name,
        "biz_name": party.name,
        "vat_identifier": party.vat_number,
        "addr_l1": party.address,
        "city": party.city,
        "country_code": party.country,
    }
    if party.email:
        terms["einvoicing_addr"], terms["einvoicing_addr_schemeid"] = party.email, "EM"
    return {name: value for name, value in terms.items() if value}


def _tax(document: InvoiceDocument, tax: DocumentTax, words: Words) -> dict[str, str]:
    terms = {
        "BT-116": _money(document, tax.net),
        "BT-117": _money(document, tax.vat),
        "BT-118": tax.category.value,
        "BT-119": _percent(tax.rate),
    }
    if reason := untaxed_reason(words, tax.category):
        terms["BT-120"] = reason
    return terms


def untaxed_reason(words: Words, category: TaxCategory) -> str:
    """Why no VAT is charged, in words; empty where that needs none."""
    if category is TaxCategory.REVERSE_CHARGE:
        return words.gettext("Reverse charge: the buyer owes the VAT.")
    if category is TaxCategory.EXEMPT:
        return words.gettext("Exempt from VAT.")
    return ""


def _line(document: InvoiceDocument, line: DocumentLine, words: Words) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "BT-126": str(line.position),
        "BT-129": str(line.quantity),
        "BT-130": _ONE,
        "BT-131": _money(document, line.net),
        "BT-146": f"{line.unit_price:.4f}",
        "BT-151": _category(document, line.vat_rate).value,
        "BT-152": _percent(line.vat_rate),
        "BT-153": line.title,
        "BT-155": line.code,
        "BG-32": [{"BT-160": words.gettext("Asset"), "BT-161": line.asset_number}],
    }
    if line.customer_name:
        note = words.gettext("For %(customer)s", customer=line.customer_name)
        terms["BT-127-00"] = [{"BT-127": note}]
    if line.discount_amount:
        terms["BG-27"] = [
            {
                "amount": _money(document, line.discount_amount),
                "base_amount": _money(document, line.original_total),
                "rate": _percent(line.discount_percent),
                "reason": words.gettext("Discount"),
                "reason_code": _DISCOUNT,
            }
        ]
    return terms


def _category(document: InvoiceDocument, rate: Decimal) -> TaxCategory:
    return next(tax.category for tax in document.taxes if tax.rate == rate)


def _money(document: InvoiceDocument, amount: Decimal) -> str:
    return f"{amount:.{minor_units(document.currency)}f}"


def _percent(rate: Decimal) -> str:
    return f"{rate:.2f}"
