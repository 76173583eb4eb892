import contextlib
from decimal import Decimal
from uuid import uuid4

import pytest

from app.integrations.microsoft import (
    CallIds,
    CartLine,
    OutcomeUnknownError,
    RefusedError,
    RegistrationState,
)
from app.integrations.microsoft.calls import Call
from app.integrations.microsoft.read_catalogue import read_customer
from app.integrations.microsoft.transport import Transport

HOUR = 3600


@pytest.fixture
def reference():
    return f"CBA-{uuid4().hex[:12]}"


@pytest.fixture
def small_vm(client):
    """A reservation that is sold without end: product, SKU and its one-year availability."""
    products = client.list_products("AzureReservationsVM")
    product = next(p for p in products if "D2s v5" in p.title or "D2s_v5" in p.title)
    skus = client.list_skus(product.id, target_view="AzureReservationsVM")
    return next(s for s in skus if s.title.endswith("EU West, 1 Year"))


@pytest.fixture
def software(client):
    (product, *_) = client.list_products("SoftwareSubscriptions", segment="commercial")
    skus = client.list_skus(product.id, target_view="SoftwareSubscriptions", segment="commercial")
    return next(s for s in skus if "1 Year" in s.title)


def catalog_item_id(client, sku, customer_id):
    (availability, *_) = client.list_availabilities(sku.product_id, sku.id, customer_id=customer_id)
    assert availability.is_purchasable
    return availability.catalog_item_id


@pytest.fixture
def reservation_line(client, small_vm, customer_id, plan_id, reference, sandbox):
    """A line that Microsoft sells: its plan is registered."""
    if client.get_registration_status(customer_id, plan_id) != RegistrationState.REGISTERED:
        client.register_subscription(customer_id, plan_id, call=CallIds.new())
        sandbox.advance(60)
    return CartLine(
        catalog_item_id=catalog_item_id(client, small_vm, customer_id),
        friendly_name=reference,
        quantity=2,
        term_duration="P1Y",
        subscription_id=plan_id,
        scope="shared",
    )


def test_a_reservation_is_bought_from_catalogue_to_reservation_id(
    client, sandbox, customer_id, plan_id, small_vm, reservation_line
):
    reference = reservation_line.friendly_name
    inventory = client.check_inventory(
        customer_id, small_vm.product_id, small_vm.id, plan_id, "westeurope"
    )
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    again = client.get_cart(customer_id, cart.id)
    answer = client.checkout(customer_id, cart.id, call=CallIds.new())
    sandbox.advance(HOUR / 2)
    order = client.get_order(customer_id, answer.orders[0].id)
    (provisioning,) = client.get_order_provisioning_status(customer_id, order.id)
    entitlements = client.list_entitlements(customer_id, "reservedinstance")
    (entitlement,) = (e for e in entitlements if e.order_id == order.id)
    (reservation,) = client.get_reservations(entitlement.artifacts[0])

    assert "InventoryCheck" in small_vm.purchase_prerequisites
    assert inventory is not None
    assert not inventory.is_restricted
    assert [line.line for line in cart.lines] == [reservation_line]
    assert cart.lines[0].error_code is None
    assert cart.lines[0].currency == "EUR"
    assert again == cart
    assert not cart.is_ordered
    assert answer.errors == ()
    assert order.alternate_id
    assert (order.status, order.customer_id) == ("completed", customer_id)
    assert (order.lines[0].friendly_name, order.lines[0].quantity) == (reference, 2)
    assert provisioning.status == "Fulfilled"
    assert entitlement.alternate_id == order.alternate_id
    assert entitlement.artifacts[0].resource_id
    assert entitlement.expires_at is not None
    assert reservation.provisioning_state == "Succeeded"
    assert reservation.quantity == 2
    assert reservation.expires_at == entitlement.expires_at
    assert [o["order_id"] for o in sandbox.orders(reference)] == [order.id]
    ordered = client.get_cart(customer_id, cart.id)
    assert ordered is not None
    assert ordered.is_ordered


def test_a_software_subscription_is_bought_from_catalogue_to_software_id(
    client, sandbox, customer_id, software, reference
):
    line = CartLine(
        catalog_item_id=catalog_item_id(client, software, customer_id),
        friendly_name=reference,
        quantity=software.minimum_quantity,
        term_duration="P1Y",
    )

    cart = client.create_cart(customer_id, line, call=CallIds.new())
    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders
    sandbox.advance(HOUR / 2)
    (subscription,) = client.list_subscriptions(customer_id, order.id)
    same = client.get_subscription(customer_id, subscription.id.upper())
    entitlements = client.list_entitlements(customer_id, "software")
    (entitlement,) = (e for e in entitlements if e.order_id == order.id)

    assert [answered.line for answered in cart.lines] == [line]
    assert subscription.friendly_name == reference
    assert subscription.order_id == order.id
    assert subscription.status == "active"
    assert subscription.commitment_ends_at is not None
    assert same == subscription
    assert entitlement.expires_at is not None
    assert entitlement.artifacts == ()


def test_perpetual_software_has_no_term_and_never_expires(client, sandbox, customer_id, reference):
    (product, *_) = client.list_products("SoftwarePerpetual")
    (sku, *_) = client.list_skus(product.id, target_view="SoftwarePerpetual")
    line = CartLine(
        catalog_item_id=catalog_item_id(client, sku, customer_id),
        friendly_name=reference,
        quantity=sku.minimum_quantity,
    )

    cart = client.create_cart(customer_id, line, call=CallIds.new())
    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders
    sandbox.advance(HOUR / 2)
    entitlements = client.list_entitlements(customer_id, "software")

    assert [answered.line for answered in cart.lines] == [line]
    assert [e.expires_at for e in entitlements if e.order_id == order.id] == [None]
    assert client.list_subscriptions(customer_id, order.id) == []


def test_checking_out_the_same_cart_again_brings_the_same_order(
    client, sandbox, customer_id, reservation_line, reference
):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())

    first = client.checkout(customer_id, cart.id, call=CallIds.new())
    second = client.checkout(customer_id, cart.id, call=CallIds.new())

    assert second == first
    assert len(sandbox.orders(reference)) == 1


def test_a_checkout_whose_answer_was_lost_is_found_by_asking_again(
    client, sandbox, customer_id, reservation_line, reference
):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    ids = CallIds.new()
    sandbox.fault("checkout", "drop_after")

    with pytest.raises(OutcomeUnknownError):
        client.checkout(customer_id, cart.id, call=ids)
    answer = client.checkout(customer_id, cart.id, call=ids)

    assert [o["order_id"] for o in sandbox.orders(reference)] == [answer.orders[0].id]


@pytest.mark.parametrize("kind", ["drop_after", "status_after:504", "truncated", "garbage"])
def test_a_purchase_whose_answer_is_spoilt_is_neither_refused_nor_repeated(
    client, sandbox, customer_id, reservation_line, kind
):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    sandbox.fault("checkout", kind)

    with pytest.raises(OutcomeUnknownError):
        client.checkout(customer_id, cart.id, call=CallIds.new())

    assert len(sandbox.orders(reservation_line.friendly_name)) == 1


def test_a_cart_is_changed_before_it_is_checked_out(client, customer_id, reservation_line):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    fewer = CartLine(
        catalog_item_id=reservation_line.catalog_item_id,
        friendly_name=reservation_line.friendly_name,
        quantity=1,
        term_duration="P1Y",
        subscription_id=reservation_line.subscription_id,
        scope="shared",
    )

    changed = client.update_cart(customer_id, cart.id, fewer, call=CallIds.new())

    assert changed.id == cart.id
    assert [line.line for line in changed.lines] == [fewer]


def test_an_order_is_in_the_list_once_microsoft_has_caught_up(
    client, sandbox, customer_id, reservation_line
):
    sandbox.change(list_lag_seconds=900)
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders

    at_once = [found.id for found in client.list_orders(customer_id)]
    sandbox.advance(901)
    later = [found.id for found in client.list_orders(customer_id)]

    assert order.id not in at_once
    assert order.id in later


def test_the_error_of_a_cart_line_is_told(client, sandbox, customer_id, reservation_line):
    sandbox.fault("create_cart", "cart_line_error")

    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())

    assert cart.lines[0].error_code
    assert cart.lines[0].error_description


def test_an_answer_to_checkout_may_hold_an_error_and_no_order(
    client, sandbox, customer_id, reservation_line, reference
):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    sandbox.fault("checkout", "order_errors")

    answer = client.checkout(customer_id, cart.id, call=CallIds.new())

    assert answer.orders == ()
    assert answer.errors[0].code
    assert answer.errors[0].description
    assert sandbox.orders(reference) == []


def test_a_state_that_nobody_has_heard_of_is_kept(client, sandbox, customer_id, reservation_line):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    sandbox.fault("checkout", "unknown_state")

    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders

    assert order.status == "Rebalancing"


def test_a_missing_software_id_is_none(client, sandbox, customer_id, reservation_line):
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    sandbox.fault("checkout", "missing_subscription_id")

    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders

    assert order.lines[0].subscription_id is None


def test_a_reservation_without_its_plan_is_refused_in_microsofts_words(
    client, customer_id, reservation_line
):
    line = CartLine(
        catalog_item_id=reservation_line.catalog_item_id,
        friendly_name=reservation_line.friendly_name,
        quantity=1,
        term_duration="P1Y",
        subscription_id=str(uuid4()),
        scope="shared",
    )

    with pytest.raises(RefusedError) as raised:
        client.create_cart(customer_id, line, call=CallIds.new())

    assert raised.value.code == "800011"
    assert raised.value.message
    assert raised.value.ms_request_id == raised.value.request_id


def test_a_cart_that_microsoft_does_not_know_is_none(client, customer_id):
    assert client.get_cart(customer_id, str(uuid4())) is None


def test_reservations_are_read_under_their_other_name(
    client, sandbox, customer_id, reservation_line
):
    sandbox.change(reservation_list_name="virtualMachineReservations")
    cart = client.create_cart(customer_id, reservation_line, call=CallIds.new())
    (order,) = client.checkout(customer_id, cart.id, call=CallIds.new()).orders
    sandbox.advance(HOUR / 2)
    entitlements = client.list_entitlements(customer_id, "reservedinstance")
    (entitlement,) = (e for e in entitlements if e.order_id == order.id)

    (reservation,) = client.get_reservations(entitlement.artifacts[0])

    assert reservation.reservation_id


def test_the_price_sheet_holds_what_the_catalogue_sells(client, small_vm):
    rows = client.read_price_sheet("azure_reservations")

    (price,) = (
        row for row in rows if (row.product_id, row.sku_id) == (small_vm.product_id, small_vm.id)
    )

    assert price.currency == "EUR"
    assert price.unit_price > Decimal(0)
    assert price.term_duration == "P1Y"
    assert price.effective_on is not None
    assert price.title == small_vm.title


def test_the_catalogue_is_read_over_all_its_pages(client, small_vm):
    products = client.list_products("AzureReservations")
    sku = client.get_sku(small_vm.product_id, small_vm.id)

    assert len({product.id for product in products}) == len(products)
    assert len(products) > 50
    assert sku == small_vm
    assert sku.attributes["armSkuName"] == "Standard_D2s_v5"


def test_what_may_be_bought_names_its_terms(client, small_vm):
    (availability, *_) = client.list_availabilities(small_vm.product_id, small_vm.id)

    assert availability.currency == "EUR"
    assert availability.catalog_item_id.startswith(f"{small_vm.product_id}:{small_vm.id}:")
    assert [term.duration for term in availability.terms] == ["P1Y"]


def test_an_inventory_check_of_an_unknown_sku_says_none(client, customer_id):
    assert client.check_inventory(customer_id, "DZNOSUCHITEM", "0001") is None


def test_customers_are_listed_over_all_their_pages(client, sandbox, token_source):
    settings = sandbox.settings()
    transport = Transport(settings, token_source(settings))
    call = Call(
        operation="list_customers",
        url=f"{sandbox.url}/v1/customers",
        ids=CallIds.new(),
        query={"size": "2"},
    )

    with contextlib.closing(transport):
        in_pages = transport.read_all(call, read_customer)

    assert in_pages == client.list_customers()
    assert len(in_pages) > 2


def test_customers_are_known_with_their_agreement(client, customer_id):
    customer = client.get_customer(customer_id.upper())
    agreements = client.list_agreements(customer_id)

    assert customer.id == customer_id
    assert customer.company_name == "Kalamata Estates"
    assert customer.country == "GR"
    assert customer.relationship == "reseller"
    assert agreements[0].type == "MicrosoftCustomerAgreement"
    assert agreements[0].agreed_on is not None


def test_without_byte_order_marks_all_reads_the_same(client, sandbox, customer_id):
    marked = client.get_customer(customer_id)
    sandbox.change(bom=False)

    assert client.get_customer(customer_id) == marked
