"""Microsoft's catalogue and prices in our own tables."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.integrations.microsoft import MicrosoftError
from app.models import Product, Sku
from app.services.catalogue_refresh import refresh_catalogue
from sandbox.catalogue.model import get_catalogue
from tests.factories import ProductFactory, SkuFactory, generic_product, session

pytestmark = pytest.mark.usefixtures("app_context")

VM = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"


@pytest.fixture
def microsoft(app, sandbox):
    return app.extensions["purchase_driver"].partner_center


def everything_sold():
    catalogue = get_catalogue()
    return catalogue.list_items("AzureReservations") + catalogue.list_items("Software")


def stored(product_id, sku_id):
    query = sa.select(Sku).where(Sku.microsoft_product_id == product_id)
    session.rollback()
    session.expire_all()
    return session.scalars(query.where(Sku.microsoft_sku_id == sku_id)).one()


def test_everything_that_microsoft_sells_is_stored_with_its_price(microsoft):
    result = refresh_catalogue(microsoft)

    assert result.skus == result.priced == len(everything_sold())
    assert result.withdrawn == 0
    item = get_catalogue().find_titled(VM)
    sku = stored(item.product_id, item.sku_id)
    assert (sku.title, sku.cost, sku.currency) == (VM, Decimal("112.2273"), "EUR")
    assert (sku.reservation_type, sku.category) == ("Virtual Machine", "General purpose")
    assert (sku.region, sku.arm_region) == ("EU West", "westeurope")
    assert (sku.cores, sku.ram_gb, sku.term_duration) == (2, Decimal(8), "P1Y")


def test_every_software_plan_is_a_product_and_all_reservations_are_one(microsoft):
    refresh_catalogue(microsoft)

    plans = get_catalogue().list_products("Software")
    codes = set(session.scalars(sa.select(Product.code)))
    assert codes == {
        "azure-plan-reserved-instances",
        *(f"software-{plan.id.lower()}" for plan in plans),
    }
    segments = set(session.scalars(sa.select(Sku.segment)))
    assert segments == {"commercial", "education", "nonprofit"}


def test_a_refresh_changes_what_changed_and_keeps_the_rest(microsoft, sandbox):
    item = get_catalogue().find_titled(VM)
    generic = generic_product()
    plan_id = get_catalogue().list_products("Software")[0].id
    plan = ProductFactory(microsoft_product_id=plan_id, is_published=False, name="Old title")
    ours = SkuFactory(
        microsoft_product_id=item.product_id, microsoft_sku_id=item.sku_id, product=generic
    )
    gone = SkuFactory(microsoft_product_id="DGGONE")
    sandbox.set_price(item.product_id, item.sku_id, "99.1234")

    result = refresh_catalogue(microsoft)

    assert result.withdrawn == 1
    assert stored("DGGONE", gone.microsoft_sku_id).cost is None
    sku = stored(item.product_id, item.sku_id)
    assert (sku.id, sku.cost, sku.product_id) == (ours.id, Decimal("99.1234"), generic.id)
    assert plan.is_published is False
    assert plan.name != "Old title"


@pytest.mark.parametrize("route", ["pricesheet", "catalog"])
def test_an_answer_that_breaks_off_changes_nothing(microsoft, sandbox, route):
    sandbox.fault(route, "truncated", times=0)
    sku = SkuFactory(microsoft_product_id="DGKEPT")

    with pytest.raises(MicrosoftError):
        refresh_catalogue(microsoft)

    assert stored("DGKEPT", sku.microsoft_sku_id).cost == Decimal("100.0000")
