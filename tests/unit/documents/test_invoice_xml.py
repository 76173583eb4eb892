"""The e-invoice, against the schema of UBL 2.1 and CEN's business rules of EN 16931.

The schema is OASIS' own, by lxml (factur-x checks it while it writes, too); the rules are CEN's own
XSLT, run by Saxon.
"""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.invoice_xml import invoice_xml
from app.domain.errors import ConflictError
from app.domain.invoices import InvoiceKind, TaxCategory
from app.domain.languages import Language
from tests.support.documents import (
    BUYER,
    DAY,
    SELLER,
    broken_rules,
    document,
    schema_errors,
    text_of,
)

CREDIT = {
    "kind": InvoiceKind.CREDIT_NOTE,
    "number": "CRN-2026-000001",
    "corrects_number": "INV-2026-000009",
    "corrects_issued_on": DAY,
    "reason": "Nothing was bought.",
}
FREE = [("10.00", 1, "0", "0")]


@pytest.mark.parametrize(
    "made",
    [
        document(),
        document([("33.35", 1, "0", "19")] * 3),
        document(**CREDIT),
        document(FREE),
        document(FREE, untaxed=TaxCategory.EXEMPT),
        document(
            FREE,
            untaxed=TaxCategory.REVERSE_CHARGE,
            buyer=replace(BUYER, country="DE", vat_number="DE123456789"),
        ),
        document([*FREE, ("10.00", 2, "5", "24")]),
        document(language=Language.EL, buyer_reference=""),
        document([("500", 3, "0", "10")], currency="JPY"),
        document([("50.00", 1, "100", "24")]),
        document(buyer=replace(BUYER, address="", city="", vat_number="")),
    ],
    ids=[
        "all examples",
        "cents differ",
        "credit note",
        "zero rated",
        "exempt",
        "reverse charge",
        "two rates",
        "greek, no reference",
        "yen",
        "for nothing",
        "little known of the buyer",
    ],
)
def test_the_standard_has_nothing_against_it(made):
    xml = invoice_xml(made)

    assert schema_errors(xml) == []
    assert broken_rules(xml) == []


@st.composite
def drawn_lines(draw):
    return (
        str(Decimal(draw(st.integers(1, 9_999_999))) / 100),
        draw(st.integers(1, 500)),
        str(Decimal(draw(st.integers(0, 10_000))) / 100),
        draw(st.sampled_from(["0", "6", "13", "19", "24"])),
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(drawn_lines(), min_size=1, max_size=5), st.booleans())
def test_whatever_is_sold_the_standard_has_nothing_against_it(examples, is_credit):
    values = CREDIT if is_credit else {}

    xml = invoice_xml(document(examples, **values))

    assert schema_errors(xml) == []
    assert broken_rules(xml) == []


def test_vat_is_that_of_the_sum_for_each_rate():
    xml = invoice_xml(document([("33.35", 1, "0", "19")] * 3))

    assert text_of(xml, "//cac:TaxTotal/cbc:TaxAmount") == ["19.01"]
    assert text_of(xml, "//cbc:TaxInclusiveAmount") == ["119.06"]
    assert "VAT is computed on the sum for each rate." in text_of(xml, "/*/cbc:Note")


def test_it_carries_numbers_references_and_assets():
    xml = invoice_xml(document())

    assert text_of(xml, "/*/cbc:ID") == ["INV-2026-000001"]
    assert text_of(xml, "/*/cbc:InvoiceTypeCode") == ["380"]
    assert text_of(xml, "//cac:OrderReference/*") == ["PO-7", "ORD-000045"]
    assert text_of(xml, "//cac:AdditionalItemProperty/cbc:Value")[:2] == [
        "AST-000001",
        "AST-000002",
    ]
    assert text_of(xml, "//cac:InvoiceLine/cac:AllowanceCharge/cbc:Amount") == [
        "360.00",
        "108.02",
        "224.89",
        "48.62",
    ]


def test_a_credit_note_is_one_and_names_its_invoice():
    xml = invoice_xml(document(**CREDIT))

    assert text_of(xml, "/*/cbc:CreditNoteTypeCode") == ["381"]
    assert text_of(xml, "//cac:InvoiceDocumentReference/cbc:ID") == ["INV-2026-000009"]
    assert text_of(xml, "/*/cbc:Note") == ["Nothing was bought."]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (b"<cbc:ID>INV-2026-000001</cbc:ID>", b"", "ID"),
        (b"<cbc:IssueDate>2026-03-31<", b"<cbc:IssueDate>31.03.2026<", "31.03.2026"),
        (b"</cac:LegalMonetaryTotal>", b"</cac:LegalMonetaryTotal><cbc:Tip>5</cbc:Tip>", "Tip"),
    ],
    ids=["a field is missing", "a date is none", "an element is unknown"],
)
def test_the_schema_would_find_a_mistake(right, wrong, said):
    """The proof that the check can fail."""
    xml = invoice_xml(document())
    assert right in xml

    found = schema_errors(xml.replace(right, wrong, 1))

    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        (b">10889.24</cbc:TaxInclusiveAmount", b">10889.25</cbc:TaxInclusiveAmount", "BR-CO-15"),
        (b">8893.48</cbc:LineExtensionAmount", b">8893.47</cbc:LineExtensionAmount", "BR-CO-10"),
        (b">526.99</cbc:TaxAmount", b">528.99</cbc:TaxAmount", "BR-CO-14"),
        (b">EL800000001<", b">800000001<", "BR-CO-09"),
        (b"<cbc:ID>INV-2026-000001</cbc:ID>", b"<cbc:ID></cbc:ID>", "BR-02"),
    ],
)
def test_the_rules_would_find_a_mistake(right, wrong, rule):
    """The proof that the check can fail."""
    xml = invoice_xml(document())
    assert right in xml

    found = broken_rules(xml.replace(right, wrong, 1))

    assert any(f"[{rule}]" in each for each in found), found


def test_without_our_vat_number_there_is_no_e_invoice():
    with pytest.raises(ConflictError, match="VAT number"):
        invoice_xml(document(seller=replace(SELLER, vat_number="")))
