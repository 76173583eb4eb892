"""Microsoft's catalogue and prices in our own tables."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.assets import AssetKind
from app.domain.errors import ConflictError
from app.integrations.microsoft import CatalogueProduct, CatalogueSku, MicrosoftError, PriceRow
from app.models import Product, Sku
from app.services.catalogue_refresh import refresh_catalogue
from sandbox.catalogue.model import get_catalogue
from tests.factories import NOW, ProductFactory, SkuFactory, generic_product, session

pytestmark = pytest.mark.usefixtures("app_context")

VM = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
TODAY = NOW.date()


@pytest.fixture
def microsoft(app, sandbox):
    return app.extensions["purchase_driver"].partner_center


def everything_sold():
    catalogue = get_catalogue()
    return catalogue.list_items("AzureReservations") + catalogue.list_items("Software")


def stored(item):
    session.rollback()
    return session.scalars(
        sa.select(Sku).where(
            Sku.microsoft_product_id == item.product_id, Sku.microsoft_sku_id == item.sku_id
        )
    ).one()


def test_everything_that_microsoft_sells_is_stored_with_its_price(microsoft, sandbox):
    result = refresh_catalogue(microsoft, country="GR")

    assert result.skus == result.priced == len(everything_sold())
    assert result.withdrawn == 0
    item = get_catalogue().find_titled(VM)
    sku = stored(item)
    assert (sku.title, sku.cost, sku.currency) == (VM, Decimal("112.2273"), "EUR")
    assert (sku.reservation_type, sku.category) == ("Virtual Machine", "General purpose")
    assert (sku.region, sku.arm_region) == ("EU West", "westeurope")
    assert (sku.cores, sku.ram_gb, sku.term_duration) == (2, Decimal(8), "P1Y")
    _a_price_change_arrives(microsoft, sandbox, item)


def _a_price_change_arrives(microsoft, sandbox, item):
    """Part of the test above: a refresh is too slow to be made twice as often."""
    before = stored(item).id
    sandbox.set_price(item.product_id, item.sku_id, "99.1234")

    refresh_catalogue(microsoft, country="GR")

    assert stored(item).cost == Decimal("99.1234")
    assert stored(item).id == before


def test_a_price_sheet_that_breaks_off_changes_nothing(microsoft, sandbox):
    sandbox.fault("pricesheet", "truncated", times=0)
    sku = SkuFactory()

    with pytest.raises(MicrosoftError):
        refresh_catalogue(microsoft, country="GR")

    session.rollback()
    assert session.get(Sku, sku.id, populate_existing=True).cost == Decimal("100.0000")


class Shop:
    """A catalogue of what a test needs, where the real one is always whole."""

    def __init__(self, *, skus=(), prices=()):
        self.skus, self.prices = list(skus), list(prices)

    def list_products(self, target_view, *, segment=None):
        ids = {
            sku.product_id
            for view, shelf, sku in self.skus
            if (view, shelf) == (target_view, segment)
        }
        return [product(each, target_view) for each in sorted(ids)]

    def list_skus(self, product_id, *, target_view=None, segment=None):
        return [
            sku
            for view, shelf, sku in self.skus
            if (view, shelf, sku.product_id) == (target_view, segment, product_id)
        ]

    def read_price_sheet(self, view):
        return iter(self.prices if view == "software" else [])


def product(product_id, view):
    return CatalogueProduct(
        id=product_id, title=f"Plan {product_id}", description="", target_view=view
    )


def sku_of(product_id="DGPLAN", sku_id="0001", **changes):
    return CatalogueSku(
        **{
            "id": sku_id,
            "product_id": product_id,
            "title": "Plan - 1 Year",
            "description": "",
            "minimum_quantity": 1,
            "maximum_quantity": None,
            "purchase_prerequisites": (),
            "attributes": {},
            **changes,
        }
    )


def price_of(product_id="DGPLAN", sku_id="0001", **changes):
    return PriceRow(
        **{
            "product_id": product_id,
            "sku_id": sku_id,
            "title": "",
            "term_duration": "P1Y",
            "currency": "EUR",
            "unit_price": Decimal(10),
            "effective_on": TODAY,
            **changes,
        }
    )


def sold(*skus, view="SoftwareSubscriptions", segment="commercial"):
    return [(view, segment, sku) for sku in skus]


def find(product_id="DGPLAN", sku_id="0001"):
    session.rollback()
    query = sa.select(Sku).where(Sku.microsoft_product_id == product_id)
    return session.scalars(
        query.where(Sku.microsoft_sku_id == sku_id).execution_options(populate_existing=True)
    ).one()


def test_what_microsoft_no_longer_lists_stays_and_is_not_for_sale():
    gone = SkuFactory(microsoft_product_id="DGGONE")

    result = refresh_catalogue(Shop(skus=sold(sku_of()), prices=[price_of()]), country="GR")

    assert result.withdrawn == 1
    assert find("DGGONE").id == gone.id
    assert find("DGGONE").cost is None
    assert find().cost == Decimal(10)


def test_what_has_no_price_is_stored_and_not_for_sale():
    shop = Shop(skus=sold(sku_of(), sku_of(sku_id="0002")), prices=[price_of()])

    result = refresh_catalogue(shop, country="GR")

    assert (result.skus, result.priced) == (2, 1)
    assert find(sku_id="0002").cost is None


def test_an_empty_catalogue_is_no_catalogue():
    sku = SkuFactory()

    for shop in (Shop(prices=[price_of()]), Shop(skus=sold(sku_of()))):
        with pytest.raises(ConflictError, match="empty"):
            refresh_catalogue(shop, country="GR")

    assert find(sku.microsoft_product_id).cost == sku.cost


def test_the_newest_price_counts():
    earlier = price_of(effective_on=TODAY.replace(year=2020), unit_price=Decimal(7))
    shop = Shop(skus=sold(sku_of()), prices=[price_of(), earlier])

    refresh_catalogue(shop, country="GR")

    assert find().cost == Decimal(10)


def test_prices_that_contradict_each_other_are_not_guessed():
    shop = Shop(
        skus=sold(sku_of(), sku_of(sku_id="0002")),
        prices=[price_of(), price_of(unit_price=Decimal(11)), price_of(sku_id="0002")],
    )

    refresh_catalogue(shop, country="GR")

    assert find().cost is None


def test_ids_match_whatever_their_case():
    shop = Shop(skus=sold(sku_of(sku_id="00a1")), prices=[price_of(sku_id="00A1")])

    refresh_catalogue(shop, country="GR")

    assert find(sku_id="00a1").cost == Decimal(10)


def test_one_product_for_all_reservations_and_one_for_each_plan():
    shop = Shop(
        skus=[
            *sold(
                sku_of("DZVM1", attributes={"reservationType": "VirtualMachines"}),
                view="AzureReservations",
            ),
            *sold(sku_of("DZVM2"), view="AzureReservations"),
            *sold(sku_of("DGPLAN")),
            *sold(sku_of("DGPLAN", sku_id="0002"), segment="education"),
        ],
        prices=[price_of()],
    )

    result = refresh_catalogue(shop, country="GR")

    assert result.products == 2
    codes = {row.code: row.name for row in session.scalars(sa.select(Product))}
    assert codes == {
        "azure-plan-reserved-instances": "Azure Plan Reserved Instances",
        "software-dgplan": "Plan DGPLAN",
    }
    assert find("DZVM1").reservation_type == "Virtual Machine"
    assert find("DZVM2").reservation_type is None
    assert find("DGPLAN", "0002").segment == "education"


def test_what_staff_decided_about_a_product_stays():
    generic = generic_product()
    plan = ProductFactory(microsoft_product_id="DGPLAN", is_published=False, name="Old title")

    refresh_catalogue(Shop(skus=sold(sku_of()), prices=[price_of()]), country="GR")

    session.rollback()
    session.refresh(plan)
    assert (plan.name, plan.is_published) == ("Plan DGPLAN", False)
    assert find().product_id == plan.id
    assert generic.id is not None


def test_odd_attributes_leave_gaps_and_break_nothing():
    odd = sku_of(
        "DZVM1",
        minimum_quantity=0,
        attributes={
            "cores": "many",
            "RAM": "1.75 GB",
            "armRegionName": "westeurope",
            "duration": "3Years",
        },
    )
    shop = Shop(skus=sold(odd, view="AzureReservations"), prices=[price_of()])

    refresh_catalogue(shop, country="GR")

    sku = find("DZVM1")
    assert sku.kind is AssetKind.RESERVATION
    assert (sku.cores, sku.ram_gb, sku.arm_region) == (None, Decimal("1.75"), "westeurope")
    assert (sku.term_duration, sku.minimum_quantity, sku.maximum_quantity) == (
        "P3Y",
        1,
        999_999_999,
    )
