"""The printed invoice: every number and word of it, in three languages."""

import io

import pytest
from pypdf import PdfReader

from app.documents.invoice_pdf import invoice_pdf
from app.domain.invoices import InvoiceKind, TaxCategory
from app.domain.languages import Language
from tests.support.documents import BUYER, DAY, EXAMPLES, document


def pages_of(printed):
    reader = PdfReader(io.BytesIO(printed))
    return [page.extract_text().replace("\N{ZERO WIDTH SPACE}", "") for page in reader.pages]


def printed(*args, **values):
    return "\n".join(pages_of(invoice_pdf(document(*args, **values))))


@pytest.mark.parametrize(
    ("example", "row", "vat", "final"),
    [
        (0, "1,200.00 Instance 1 1,200.00 \N{EN DASH} 1,200.00", "€288.00", "€1,488.00"),
        (1, "1,200.00 Instance 3 3,600.00 10% 3,240.00", "€777.60", "€4,017.60"),
        (2, "123.45 Instance 7 864.15 12.5% 756.13", "€181.47", "€937.60"),
        (3, "19.99 Instance 150 2,998.50 7.5% 2,773.61", "€526.99", "€3,300.60"),
        (4, "486.18 Instance 2 972.36 5% 923.74", "€221.70", "€1,145.44"),
    ],
)
def test_the_worked_lines_are_printed_as_they_were_computed_by_hand(example, row, vat, final):
    text = printed([EXAMPLES[example]])

    assert row in text
    assert vat in text
    assert f"Final Price {final}" in text


def test_all_lines_stand_on_one_invoice_with_a_line_for_each_rate():
    text = printed()

    for said in (
        "Total Before Tax €8,893.48",
        "VAT 19% on 2,773.61 €526.99",
        "VAT 24% on 6,119.87 €1,468.77",
        "Final Price €10,889.24",
    ):
        assert said in text


def test_it_says_who_sells_to_whom_and_what_to_quote():
    text = printed()

    for said in (
        "Entrepot S.A.",
        "VAT number: EL800000001",
        "Northwind Cloud S.A.",
        "VAT number: EL800000002",
        "Number INV-2026-000001",
        "Date 31 Mar 2026",
        "Due date 30 Apr 2026",
        "Order ORD-000045",
        "Your reference PO-7",
        "AST-000001",
        "For Aegean Foods S.A.",
        "Please pay by 30 Apr 2026 and quote INV-2026-000001.",
    ):
        assert said in text
    assert "VAT is computed on the sum" not in text


def test_where_cents_differ_from_the_assets_it_says_why():
    text = printed([("33.35", 1, "0", "19")] * 3)

    assert "VAT 19% on 100.05 €19.01" in text
    assert "VAT is computed on the sum for each rate. Line by line it would be €19.02." in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.EL,
            ["Τιμολόγιο", "Τελική τιμή 10.889,24 €", "ΦΠΑ 24% επί 6.119,87", "Παρουσία", "Άδεια"],
        ),
        (
            Language.DE,
            ["Rechnung", "Endpreis 10.889,24 €", "USt. 24 % auf 6.119,87", "Instanz", "Lizenz"],
        ),
    ],
)
def test_it_speaks_greek_and_german(language, said):
    text = printed(language=language).replace("\xa0", " ")

    for words in said:
        assert words in text
    assert "Final Price" not in text


def test_letters_of_many_alphabets_are_printed():
    name = "Ωμέγα Łódź Müller Ştefan Българ S.A."

    text = printed(buyer=type(BUYER)(**{**vars(BUYER), "legal_name": name}))

    assert name in text


def test_a_credit_note_names_the_invoice_and_the_reason():
    text = printed(
        kind=InvoiceKind.CREDIT_NOTE,
        number="CRN-2026-000001",
        corrects_number="INV-2026-000009",
        corrects_issued_on=DAY,
        reason="Nothing was bought.",
    )

    assert "Credit note" in text
    assert "Corrects invoice INV-2026-000009" in text
    assert "Reason: Nothing was bought." in text
    assert "Please pay" not in text


@pytest.mark.parametrize("language", Language)
def test_neither_what_is_corrected_nor_tens_of_millions_break_in_two(language):
    text = printed(
        [("12345678.90", 8, "0", "24")],
        kind=InvoiceKind.CREDIT_NOTE,
        corrects_number="INV-2026-000001",
        corrects_issued_on=DAY,
        language=language,
    )

    lines = text.splitlines()
    assert any("INV-2026-000001, 31" in line and line.endswith("2026") for line in lines)
    whole = "98,765,431.20" if language is Language.EN else "98.765.431,20"
    assert any(line.count(whole) == 2 for line in lines)
    heads = {Language.EN: "Quantity", Language.EL: "Περίοδος", Language.DE: "Einzelpreis"}
    assert heads[language] in text


def test_a_reverse_charge_is_said():
    text = printed([("10.00", 1, "0", "0")], untaxed=TaxCategory.REVERSE_CHARGE)

    assert "Reverse charge: the buyer owes the VAT." in text
    assert "VAT 0% on 10.00 €0.00" in text


def test_a_long_one_goes_over_pages_with_its_heads_and_its_number():
    pages = pages_of(invoice_pdf(document(EXAMPLES * 12)))

    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "Invoice INV-2026-000001" in page
        assert f"Page {number} of {len(pages)}" in page
    assert all("Original Total" in page for page in pages[:-1])
    assert "Final Price" in pages[-1]


def test_the_same_document_gives_the_same_bytes():
    assert invoice_pdf(document()) == invoice_pdf(document())


def test_yen_have_no_decimals():
    assert "1,500" in printed([("500", 3, "0", "10")], currency="JPY")
