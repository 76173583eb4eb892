"""Invoices in the storefront: list, view, files, statement; nothing for end customers."""

import csv
import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from app.domain.access import Role
from tests.factories import AccountFactory, ReservationFactory, SoftwareSubscriptionFactory
from tests.support.documents import EXAMPLES, broken_rules
from tests.support.html import page, words
from tests.support.invoices import invoice_of
from tests.support.storefront_world import SECRETS

LIST = "/billing/invoices/"
WORKED = [
    ("€1,200.00", "1", "€1,200.00", "\N{EN DASH}", "€1,200.00", "€1,488.00"),
    ("€1,200.00", "3", "€3,600.00", "10%", "€3,240.00", "€4,017.60"),
    ("€123.45", "7", "€864.15", "12.5%", "€756.13", "€937.60"),
    ("€19.99", "150", "€2,998.50", "7.5%", "€2,773.61", "€3,300.60"),
    ("€486.18", "2", "€972.36", "5%", "€923.74", "€1,145.44"),
]


@pytest.fixture
def distributor(app):
    return AccountFactory(
        distributor=True, name="Entrepot", legal_name="Entrepot S.A.", vat_number="EL800000001"
    )


@pytest.fixture
def reseller(world, distributor, sign_in):
    return sign_in(world.user_of(world.reseller))


@pytest.fixture
def invoice(world, distributor):
    """Of the example that the reseller's customer bought, at the reseller's 111.11."""
    return invoice_of(world.customer, [world.example()], buyer_reference="PO-77")


def view_of(invoice):
    return f"{LIST}{invoice.id}/"


def rows_of(answer):
    return [words(row) for row in page(answer).select("#invoice-table tbody tr")]


def facts(answer):
    names = [words(dt) for dt in page(answer).select("main dl dt")]
    return dict(zip(names, [words(dd) for dd in page(answer).select("main dl dd")], strict=True))


def test_the_list_shows_what_was_invoiced_and_its_total(reseller, invoice):
    answer = reseller.get(LIST)

    [row] = rows_of(answer)
    for said in (invoice.number, "PO-77", "Open", "€843.88"):
        assert said in row
    assert "Total, incl. VAT €843.88 · open €843.88" in words(page(answer).select_one(".sums"))


@pytest.mark.parametrize("number", range(5))
def test_the_worked_lines_stand_on_page_pdf_and_csv(sign_in, world, distributor, number):
    unit_price, quantity, discount, rate = EXAMPLES[number]
    shown_unit, shown_quantity, original, shown_discount, net, gross = WORKED[number]
    asset = ReservationFactory(
        account=world.direct,
        quantity=quantity,
        buying_unit_price=Decimal(unit_price),
        discount_percent=Decimal(discount),
        vat_rate=Decimal(rate),
    )
    made = invoice_of(world.direct, [asset])
    client = sign_in(world.user_of(world.direct))

    answer = client.get(view_of(made))
    [cells] = [
        [words(td) for td in row.select("td")] for row in page(answer).select("#main tbody tr")
    ]
    text = PdfReader(io.BytesIO(client.get(f"{view_of(made)}pdf").data)).pages[0].extract_text()
    [record] = csv.DictReader(
        io.StringIO(client.get(f"{LIST}?format=csv").data.decode("utf-8-sig"))
    )

    assert cells[1:] == [
        "azure-plan-reserved-instances",
        "",
        shown_unit,
        "Instance",
        shown_quantity,
        original,
        shown_discount,
        net,
    ]
    assert facts(answer)["Total Before Tax"] == net
    assert facts(answer)["Final Price"] == gross
    assert f"Final Price {gross}" in text
    assert record["Total Before Tax"] == net.replace("€", "").replace(",", "")
    assert record["Final Price"] == gross.replace("€", "").replace(",", "")


def test_the_view_links_to_asset_order_and_files(reseller, invoice, world):
    answer = reseller.get(view_of(invoice))
    links = {words(link): link["href"] for link in page(answer).select("main a")}

    assert links["PDF"] == f"{view_of(invoice)}pdf"
    assert links["E-invoice (XML)"] == f"{view_of(invoice)}xml"
    assert links[invoice.order_number] == f"/orders/{invoice.order_id}/"
    [asset_link] = [url for url in links.values() if url.startswith("/billing/assets/res")]
    assert reseller.get(asset_link).status_code == 200
    assert "Aegean Foods S.A." in words(page(answer).select_one("tbody"))


def test_asset_and_order_link_back_to_the_invoice(reseller, invoice):
    asset_url = next(
        link["href"]
        for link in page(reseller.get(view_of(invoice))).select("tbody a")
        if "/assets/" in link["href"]
    )
    for url in (asset_url, f"/orders/{invoice.order_id}/"):
        linked = [link["href"] for link in page(reseller.get(url)).select("main a")]
        assert any(link.startswith(view_of(invoice)) for link in linked)


def test_software_is_sold_in_licences(sign_in, world, distributor):
    asset = SoftwareSubscriptionFactory(account=world.direct)
    client = sign_in(world.user_of(world.direct))

    answer = client.get(view_of(invoice_of(world.direct, [asset])))

    assert "Licence" in words(page(answer).select_one("tbody tr"))


def test_where_cents_differ_from_the_assets_the_page_says_why(sign_in, world, distributor):
    assets = [
        ReservationFactory(
            account=world.direct, buying_unit_price=Decimal("33.35"), vat_rate=Decimal(19)
        )
        for _ in range(3)
    ]
    client = sign_in(world.user_of(world.direct))

    text = words(page(client.get(view_of(invoice_of(world.direct, assets)))).main)

    assert "€19.01" in text
    assert "Line by line, as the assets show it, it would be €19.02." in text


def test_the_e_invoice_keeps_the_rules(reseller, invoice):
    answer = reseller.get(f"{view_of(invoice)}xml")

    assert answer.mimetype == "application/xml"
    assert f'filename="{invoice.number}.xml"' in answer.headers["Content-Disposition"]
    assert broken_rules(answer.data) == []


def test_without_our_vat_number_the_e_invoice_is_a_conflict_in_words(sign_in, world):
    made = invoice_of(world.direct, [ReservationFactory(account=world.direct)])
    client = sign_in(world.user_of(world.direct))

    answer = client.get(f"{view_of(made)}xml")

    assert answer.status_code == 409
    assert "VAT number" in words(page(answer).main)


def test_an_end_customer_finds_nothing_and_reads_why(sign_in, world, invoice):
    client = sign_in(world.user_of(world.customer))

    listed = client.get(LIST)

    assert "Your reseller invoices you" in words(page(listed).main)
    answers = [listed, client.get("/billing/"), client.get("/billing/statement/")]
    answers.append(client.get(f"{LIST}?format=csv"))
    answers.append(client.get(f"/orders/{invoice.order_id}/"))
    for end in ("", "pdf", "xml"):
        answers.append(client.get(f"{view_of(invoice)}{end}"))
        assert answers[-1].status_code == 404
    for answer in answers:
        for secret in (*SECRETS, invoice.number):
            assert secret not in answer.text, answer.request.path


def test_a_reseller_reads_its_buying_price_and_no_cost_anywhere(reseller, invoice):
    text = PdfReader(io.BytesIO(reseller.get(f"{view_of(invoice)}pdf").data)).pages[0]
    answers = [reseller.get(view_of(invoice)).text, text.extract_text()]
    answers.append(reseller.get(f"{view_of(invoice)}xml").text)

    for answer in answers:
        assert "111.11" in answer
        for secret in ("101.77", "123.45"):  # Microsoft's price; what the customer is charged
            assert secret not in answer


def test_another_account_finds_nothing(sign_in, world, invoice):
    for account in (world.direct, AccountFactory(reseller_account=True)):
        client = sign_in(world.user_of(account))
        assert client.get(view_of(invoice)).status_code == 404


def test_search_status_and_days_narrow_the_list(reseller, world, invoice):
    old = invoice_of(world.customer, [world.example()], days_ago=70)

    def found(query):
        return [row.split()[0] for row in rows_of(reseller.get(f"{LIST}?{query}"))]

    assert found("") == [invoice.number, old.number]
    assert found("sort=issued") == [old.number, invoice.number]
    assert found("status=overdue") == [old.number]
    assert found("status=paid") == []
    assert found("q=po-77") == [invoice.number]
    assert found(f"to={old.issued_on}") == [old.number]
    assert found(f"from={invoice.issued_on}&to={invoice.issued_on}") == [invoice.number]
    answer = reseller.get(f"{LIST}?from=yesterday&status=late")
    assert len(page(answer).select(".notice")) == 2


def test_htmx_gets_the_list_alone(reseller, invoice):
    answer = reseller.partial(LIST)

    assert answer.text.strip().startswith("<section")
    assert invoice.number in answer.text


def test_an_empty_list_and_one_without_matches_say_so(reseller):
    assert "No invoices yet" in reseller.get(LIST).text
    assert "No invoice matches" in reseller.get(f"{LIST}?q=nothing").text


def test_whoever_may_not_export_gets_no_file(sign_in, world, invoice):
    client = sign_in(world.user_of(world.reseller, role=Role.VIEWER))

    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}?format=csv").status_code == 403
    assert client.get(f"{view_of(invoice)}pdf").status_code == 200


def test_the_statement_runs_to_its_balance(reseller, invoice):
    answer = reseller.get("/billing/statement/")
    text = words(page(answer).main)

    assert "Balance at the end €843.88" in text
    assert invoice.number in text
    assert "Opening balance" in text
    earlier = reseller.get("/billing/statement/?from=2000-01-01&to=2000-12-31")
    assert "Nothing is open." in words(page(earlier).main)


def test_billing_says_how_many_there_are_to_pay(reseller, invoice):
    assert facts(reseller.get("/billing/"))["Invoices"].startswith("1 1 to pay")


def test_what_is_no_day_in_the_address_of_the_statement_is_said(reseller):
    shown = words(page(reseller.get("/billing/statement/?from=soon&to=2026-02-30")).main)
    assert "The value of from in the address was not understood and is ignored." in shown
    assert "The value of to in the address was not understood and is ignored." in shown

    plain = words(page(reseller.get("/billing/statement/?from=2026-01-01&to=")).main)
    assert "not understood" not in plain


def test_the_pages_take_few_statements(reseller, world, invoice, at_most):
    for _ in range(5):
        invoice_of(world.customer, [world.example(), world.example()])
    reseller.get(LIST)

    for url, most in ((LIST, 6), (view_of(invoice), 12), ("/billing/statement/", 6)):
        with at_most(most):
            assert reseller.get(url).status_code == 200
