"""The list of orders, one of them, and the reseller's yes or no."""

from uuid import uuid4

import pytest

from app.domain.access import AccountKind, Role
from app.models import Asset
from tests.factories import AccountFactory, UserFactory
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words
from tests.support.order_pages import AGREED, review_url, stored_order
from tests.support.spreadsheet import records


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def user(market, sign_in):
    """A buyer of the reseller's customer, signed in."""
    user = UserFactory(account=market.customer, role=Role.BUYER, name="Giorgos Dimas")
    sign_in(user)
    return user


@pytest.fixture
def quoted(app, market, user):
    """The review page of seven reservations."""
    return review_url(app, market, user)


def test_whoever_is_not_signed_in_is_asked_to(client):
    for path in ("/orders/", f"/orders/{uuid4()}/", f"/orders/{uuid4()}/review/"):
        assert client.get(path).status_code == 303


@pytest.mark.parametrize("what", ["review", "order"])
def test_somebody_elses_order_is_not_there(client, quoted, sign_in, what):
    sign_in(UserFactory(account=AccountFactory(kind=AccountKind.RESELLER)))
    url = quoted if what == "review" else quoted.removesuffix("review/")

    assert client.get(url).status_code == 404
    assert client.get(f"/orders/{uuid4()}/").status_code == 404


@pytest.fixture
def pending(app, client, market, user):
    """An order that waits for the reseller; nobody is signed in any more."""
    change(market.customer, needs_approval=True)
    url = review_url(app, market, user)
    return client.post_form(url, AGREED).location


def test_an_order_that_needs_approval_is_sent_for_it(client, market, quoted):
    change(market.customer, needs_approval=True)
    button = page(client.get(quoted)).select_one("form button.primary")

    sent = client.post_form(quoted, AGREED)

    assert words(button) == "Send for approval"
    assert "This order waits for approval" in client.get(sent.location).text
    assert rows(Asset) == []


def test_the_buyer_cannot_approve(client, pending):
    found = page(client.get(pending))
    token = found.select_one("[name=csrf_token]")["value"]

    assert found.find(id="order-decision") is None
    assert client.post(f"{pending}approve", data={"csrf_token": token}).status_code == 403


def test_the_resellers_administrator_approves_once(client, market, pending, sign_in):
    sign_in(UserFactory(account=market.reseller, name="Maria Ioannou"))
    found = page(client.get(pending))
    sent = {"csrf_token": found.select_one("[name=csrf_token]")["value"]}

    answers = [client.post(f"{pending}approve", data=sent) for _ in range(2)]

    text = words(page(client.get(pending)).main)
    assert words(found.select_one("#order-decision .primary")) == "Approve for €1,071.55"
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Approved by Maria Ioannou" in text
    assert len(rows(Asset)) == 1


def test_declining_needs_a_reason_that_the_buyer_reads(client, market, user, pending, sign_in):
    sign_in(UserFactory(account=market.reseller, name="Maria Ioannou"))

    without = client.post_form(f"{pending}decline", {"reason": " "}, form_at=pending)
    declined = client.post_form(f"{pending}decline", {"reason": "Too early"}, form_at=pending)

    assert without.status_code == 422
    assert words(page(without).find(id="reason-error")) == "Say why, the buyer will read it."
    assert declined.status_code == 303
    sign_in(user)
    assert "Maria Ioannou: “Too early”" in client.get(pending).text


def test_a_buyer_of_the_reseller_does_not_decide(client, market, pending, sign_in):
    sign_in(UserFactory(account=market.reseller, role=Role.BUYER))
    found = page(client.get(pending))
    token = found.select_one("[name=csrf_token]")["value"]

    assert found.find(id="order-decision") is None
    assert client.post(f"{pending}approve", data={"csrf_token": token}).status_code == 403


def test_an_order_declined_meanwhile_cannot_be_approved(client, market, pending, sign_in):
    sign_in(UserFactory(account=market.reseller))
    token = page(client.get(pending)).select_one("[name=csrf_token]")["value"]
    client.post(f"{pending}decline", data={"csrf_token": token, "reason": "No"})

    answer = client.post(f"{pending}approve", data={"csrf_token": token})

    assert answer.status_code == 422
    assert "does not wait for approval" in words(page(answer).find(id="error-summary"))


def test_an_order_not_placed_is_in_no_list_and_leads_to_its_review(client, quoted):
    url = quoted.removesuffix("review/")

    assert "No orders yet" in client.get("/orders/").text
    assert client.get(url).location == quoted


def test_the_list_shows_number_what_status_and_total_with_the_vat_words(client, market, quoted):
    client.post_form(quoted, {**AGREED, "buyer_reference": "PO-17"})

    row = page(client.get("/orders/")).select_one("tbody tr")

    assert words(row.select_one("a.row")) == f"ORD-{stored_order(quoted).number:06d}"
    assert market.sku.title in words(row)
    assert "PO-17" in words(row)
    assert words(row.select_one("[data-l=Status]")) == "Executed"
    assert words(row.select_one('[data-l="Total, excl. VAT"]')) == "€864.15"
    assert row.select_one("[data-l=Customer]") is None


def test_totals_carry_vat_on_request(client, quoted):
    client.post_form(quoted, AGREED)

    found = page(client.get("/orders/?vat=incl"))

    assert words(found.select_one('[data-l="Total, incl. VAT"]')) == "€1,071.55"


def test_a_reseller_sees_the_customer_of_each_order(client, market, quoted, sign_in):
    client.post_form(quoted, AGREED)
    sign_in(UserFactory(account=market.reseller))

    row = page(client.get("/orders/")).select_one("tbody tr")

    assert words(row.select_one("[data-l=Customer]")) == market.customer.name


def test_search_and_status_narrow_the_list(client, market, quoted):
    client.post_form(quoted, {**AGREED, "buyer_reference": "PO-17"})

    def found(query):
        return len(page(client.partial(f"/orders/?{query}")).select("tbody tr"))

    assert [found("q=po-17"), found("q=po-18")] == [1, 0]
    assert [found("status=executed"), found("status=declined")] == [1, 0]


@pytest.mark.parametrize("query", ["status=quoted", "sort=cost", "page=x", "before=x", "vat=1"])
def test_values_nobody_knows_are_ignored_with_a_notice(client, quoted, query):
    client.post_form(quoted, AGREED)

    answer = client.get(f"/orders/?{query}")

    assert answer.status_code == 200
    assert "was not understood and is ignored" in answer.text
    assert len(page(answer).select("tbody tr")) == 1


def test_the_pages_ask_postgresql_little(client, app, market, user, at_most):
    urls = [review_url(app, market, user) for _ in range(5)]
    orders = [client.post_form(url, AGREED).location for url in urls]

    for path in ("/orders/", orders[0], urls[0]):
        with at_most(6):
            client.get(path)


def test_htmx_gets_the_table_alone(client, quoted):
    client.post_form(quoted, AGREED)

    answer = client.partial("/orders/")

    assert answer.text.lstrip().startswith('<section id="order-table"')


def test_the_list_is_also_a_file(client, market, user, quoted, sign_in):
    client.post_form(quoted, {**AGREED, "buyer_reference": "=PO-17"})
    sign_in(UserFactory(account=market.customer))

    answer = client.get("/orders/?format=csv&status=executed")

    heads, row = answer.text.strip().splitlines()
    assert heads.endswith("Total (excl. VAT),Currency")
    assert f"ORD-{stored_order(quoted).number:06d}" in row
    assert "'=PO-17" in row
    assert row.endswith("864.15,EUR")

    (row,) = records(client.get("/orders/?format=xlsx&status=executed").data)
    assert (row["Reference"], row["Total (excl. VAT)"]) == ("=PO-17", 864.15)


def test_who_may_not_export_gets_no_file(client, user):
    assert client.get("/orders/?format=csv").status_code == 403
    assert client.get("/subscriptions/?format=csv").status_code == 403


def test_every_column_of_the_list_sorts_it_and_says_so(client, quoted):
    client.post_form(quoted, AGREED)
    heads = page(client.get("/orders/")).select("thead th")

    links = [head.select_one("a")["href"] for head in heads]

    assert len(links) == len(heads) == 5
    for number, link in enumerate(links):
        head = page(client.get(link)).select("thead th")[number]
        assert head["aria-sort"] in {"ascending", "descending"}
