"""What is for sale to an account, at its prices, out of our own table."""

from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetKind
from app.domain.errors import InvalidError, NotFoundError
from app.services.catalogue import (
    PERPETUAL,
    ReservationSearch,
    SoftwareSearch,
    choices_by_type,
    find_reservation_skus,
    get_offer,
    get_software_plan,
    list_software_plans,
)
from app.services.pages import PageRequest
from tests.factories import AccountFactory, ProductFactory, SkuFactory, generic_product, session
from tests.integration.services.buyers import Marketplace, change, person, staff, stranger

pytestmark = pytest.mark.usefixtures("app_context")

PAGE = PageRequest(size=25)
IN_WESTEUROPE = ReservationSearch(reservation_type="Virtual Machine", region="westeurope")


@pytest.fixture
def market(app):
    return Marketplace()


@pytest.fixture
def viewer(market):
    return person(market.direct)


def reservation(**values):
    return SkuFactory(reservation=True, product=generic_product(), **values)


def found(viewer, account, search=IN_WESTEUROPE):
    return find_reservation_skus(viewer, account.id, search, page=PAGE).items


def refined(**values):
    return ReservationSearch(
        reservation_type="Virtual Machine", **{"region": "westeurope", **values}
    )


def test_types_come_in_the_wizards_order_and_only_where_something_is_for_sale(viewer):
    reservation(reservation_type="SQL Database")
    reservation(reservation_type="Quantum Hours")
    reservation(reservation_type="MariaDB", cost=None)

    values = list(choices_by_type(viewer))

    assert values == ["Virtual Machine", "SQL Database", "Quantum Hours"]


def test_the_filters_of_a_type_offer_what_is_there(viewer):
    reservation(region="AU East", arm_region="australiaeast", term_duration="P3Y", cores=16)
    reservation(category="GPU", ram_gb=Decimal("1.75"))
    reservation(reservation_type="SQL Database", category="Hyperscale")

    choices = choices_by_type(viewer)["Virtual Machine"]

    def values(entries):
        return [(entry.value, entry.label) for entry in entries]

    assert values(choices.categories) == [("GPU", "GPU"), ("General purpose", "General purpose")]
    assert values(choices.regions) == [("australiaeast", "AU East"), ("westeurope", "EU West")]
    assert values(choices.terms) == [("P1Y", "1 year"), ("P3Y", "3 years")]
    assert values(choices.cores) == [("2", "2"), ("16", "16")]
    assert [label for _, label in values(choices.ram)] == ["1.75 GB", "8 GB"]


def test_a_reservation_is_listed_with_the_accounts_price(market, viewer):
    [offer] = found(viewer, market.direct)

    assert offer.title == market.sku.title
    assert (offer.price.unit_price, offer.term, offer.reason) == (
        Decimal("123.45"),
        "1 year",
        None,
    )


@pytest.mark.parametrize(
    ("search", "matches"),
    [
        (refined(region="northeurope"), False),
        (refined(category="General purpose"), True),
        (refined(category="GPU"), False),
        (refined(term="P1Y"), True),
        (refined(term="P3Y"), False),
        (refined(cores=2), True),
        (refined(cores=4), False),
        (refined(ram_gb=Decimal(8)), True),
        (refined(ram_gb=Decimal(16)), False),
        (refined(q="d2S standard"), True),
        (refined(q="100%"), False),
        (refined(q="nul\0"), False),
    ],
)
def test_each_filter_narrows_the_list(market, viewer, search, matches):
    assert bool(found(viewer, market.direct, search)) is matches


def test_a_region_must_be_chosen(market, viewer):
    with pytest.raises(InvalidError) as refused:
        found(viewer, market.direct, refined(region=""))

    assert refused.value.field == "region"


def test_what_is_withdrawn_or_unpublished_is_not_listed(market, viewer):
    change(market.sku, cost=None)

    assert found(viewer, market.direct) == []

    change(market.sku, cost=Decimal(1))
    change(generic_product(), is_published=False)

    assert found(viewer, market.direct) == []


def test_another_currency_is_listed_with_the_reason(market, viewer):
    change(market.sku, currency="USD")

    [offer] = found(viewer, market.direct)

    assert offer.price is None
    assert "USD" in offer.reason


def test_each_audience_sees_its_price_of_the_same_sku(market):
    change(market.customer, markup=Decimal(10))

    [buyers] = found(person(market.customer), market.customer)
    [resellers] = found(person(market.reseller), market.customer)

    assert (buyers.price.unit_price, buyers.resale) == (Decimal("135.80"), None)
    assert resellers.price.unit_price == Decimal("123.45")
    assert resellers.resale.price.unit_price == Decimal("135.80")


def test_hidden_prices_are_not_in_the_list(market):
    change(market.customer, hides_prices=True)

    [offer] = found(person(market.customer), market.customer)

    assert (offer.price, offer.resale, offer.reason) == (None, None, None)


def test_prices_of_a_foreign_account_are_not_found(market):
    for viewer in (stranger(), person(market.direct)):
        with pytest.raises(NotFoundError):
            found(viewer, market.customer)
        with pytest.raises(NotFoundError):
            get_offer(viewer, market.sku.id, account_id=market.customer.id)


def test_pages_of_reservations(market, viewer):
    for number in range(30):
        reservation(title=f"Reserved VM Instance, Size {number:02d}")

    first = find_reservation_skus(viewer, market.direct.id, IN_WESTEUROPE, page=PAGE)
    last = find_reservation_skus(
        viewer, market.direct.id, IN_WESTEUROPE, page=PageRequest(size=25, number=99)
    )

    assert (first.total, len(first.items), last.number, len(last.items)) == (31, 25, 2, 6)


def test_a_list_costs_the_same_few_statements_however_long_it_is(market, viewer, at_most):
    for _ in range(25):
        reservation()
        SkuFactory()

    with at_most(3):
        found(viewer, market.direct)
    with at_most(4):
        list_software_plans(viewer, market.direct.id, SoftwareSearch(), page=PAGE)


def test_one_offer_of_a_published_product(market, viewer):
    assert get_offer(viewer, market.sku.id, account_id=market.direct.id).id == market.sku.id
    with pytest.raises(NotFoundError):
        get_offer(viewer, uuid4(), account_id=market.direct.id)

    change(generic_product(), is_published=False)

    with pytest.raises(NotFoundError):
        get_offer(viewer, market.sku.id, account_id=market.direct.id)


@pytest.fixture
def plan(market):
    product = ProductFactory(name="Windows Server CAL", description="For one user.")
    SkuFactory(product=product, cost=Decimal(16), term_duration="P1Y")
    SkuFactory(product=product, cost=Decimal(40), term_duration="P3Y")
    SkuFactory(product=product, cost=Decimal(7), segment="education")
    SkuFactory(product=product, cost=None)
    return product


def plans(viewer, account, **search):
    return list_software_plans(viewer, account.id, SoftwareSearch(**search), page=PAGE).items


def test_a_plan_shows_its_terms_and_its_lowest_price(market, viewer, plan):
    [shown] = plans(viewer, market.direct, q="windows user")

    assert (shown.name, shown.terms) == ("Windows Server CAL", ["1 year", "3 years"])
    assert shown.price_from.unit_price == Decimal("17.60")


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ({"segment": "education"}, ["Windows Server CAL"]),
        ({"segment": "nonprofit"}, []),
        ({"term": "P3Y"}, ["Windows Server CAL"]),
        ({"term": PERPETUAL}, ["Office LTSC"]),
        ({"q": "office"}, ["Office LTSC"]),
    ],
)
def test_plans_by_segment_term_and_words(market, viewer, plan, search, names):
    SkuFactory(product=ProductFactory(name="Office LTSC"), term_duration=None)

    assert [shown.name for shown in plans(viewer, market.direct, **search)] == names


def test_one_plan_with_every_segment(market, viewer, plan):
    shown = get_software_plan(viewer, plan.id, account_id=market.direct.id)

    assert [(offer.segment, offer.term) for offer in shown.offers] == [
        ("commercial", "1 year"),
        ("commercial", "3 years"),
        ("education", "1 year"),
    ]
    assert {offer.kind for offer in shown.offers} == {AssetKind.SOFTWARE_SUBSCRIPTION}


def test_a_plan_that_is_no_plan_is_not_found(market, viewer, plan):
    change(plan, is_published=False)

    for product_id in (plan.id, generic_product().id, uuid4()):
        with pytest.raises(NotFoundError):
            get_software_plan(viewer, product_id, account_id=market.direct.id)


def test_staff_see_what_an_account_would_pay(market):
    own = AccountFactory()

    [offer] = found(staff(), own)

    assert offer.price.unit_price == Decimal("123.45")


def test_the_wizard_finds_its_rows_by_index_among_many(market, viewer):
    session.execute(sa.text(MANY_SKUS), {"product_id": generic_product().id})
    session.execute(sa.text("ANALYZE skus"))
    session.commit()

    with session.begin():
        plan = "\n".join(session.scalars(sa.text(EXPLAIN)))

    assert "Seq Scan on skus" not in plan
    assert len(found(viewer, market.direct, refined(region="region-7"))) == 25


MANY_SKUS = """
INSERT INTO skus (id, product_id, kind, microsoft_product_id, microsoft_sku_id, segment, title,
  description, term_duration, reservation_type, category, region, arm_region, cores, ram_gb,
  minimum_quantity, maximum_quantity, cost, currency)
SELECT gen_random_uuid(), :product_id, 'reservation', 'DZ' || n / 100, n::text, 'commercial',
  'Reserved VM Instance, Size ' || n, '', 'P1Y', 'Virtual Machine', 'General purpose',
  'Region ' || n % 50, 'region-' || n % 50, n % 64, 8, 1, 100, 10, 'EUR'
FROM generate_series(1, 20000) AS n
"""
EXPLAIN = """
EXPLAIN SELECT * FROM skus WHERE kind = 'reservation' AND reservation_type = 'Virtual Machine'
  AND arm_region = 'region-7' AND cost IS NOT NULL ORDER BY title, id LIMIT 26
"""
