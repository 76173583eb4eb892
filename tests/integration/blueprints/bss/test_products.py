"""Billing > Products, and reading Microsoft's catalogue again."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.models import Product
from app.services.catalogue_refreshes import latest_refresh, refresh_when_due
from tests.factories import ProductFactory, SkuFactory, session
from tests.integration.services.buyers import staff as viewer
from tests.support.back_office import staff, title
from tests.support.html import page, words

LIST = "/bss/billing/products/"
REFRESH = f"{LIST}refresh"


def send(client, path, action, **fields):
    token = page(client.get(path)).select_one("main [name=csrf_token]")["value"]
    return client.post(action, data={"csrf_token": token, **fields})


def rows(answer):
    return [words(row) for row in page(answer).select("main tbody tr")]


def test_products_are_listed_with_what_is_sold_of_each(bss):
    sku = SkuFactory(product=ProductFactory(name="Windows Server", code="windows"))
    SkuFactory(product=None, product_id=sku.product_id, cost=None)

    assert title(bss.get(LIST)) == "Products"
    assert rows(bss.get(LIST)) == ["Windows Server windows Software subscription Published 1 of 2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=windows", 1),
        ("?q=nothing", 0),
        ("?published=no", 1),
        ("?published=yes", 1),
        ("?kind=reservation", 0),
        ("?kind=rubbish", 2),
        ("?sort=-code", 2),
    ],
)
def test_products_are_found(bss, query, found):
    ProductFactory(name="Windows Server")
    ProductFactory(name="Visio", is_published=False)

    assert len(rows(bss.get(LIST + query))) == found


def test_a_product_is_hidden_and_shown_again(bss):
    product = ProductFactory()
    view = f"{LIST}{product.id}/"

    send(bss, view, f"{view}publish", published="no")
    session.expire_all()
    session.rollback()
    assert session.scalars(sa.select(Product.is_published)).one() is False

    send(bss, view, f"{view}publish", published="yes")
    session.rollback()
    assert session.scalars(sa.select(Product.is_published)).one() is True


def test_who_may_not_know_costs_sees_none(app, sign_in):
    sku = SkuFactory(cost=Decimal("731.9957"))

    assert "731.9957" in words(page(sign_in(staff()).get(f"{LIST}{sku.product_id}/")).main)
    support = sign_in(staff(Role.STAFF_SUPPORT)).get(f"{LIST}{sku.product_id}/")
    assert "731.9957" not in words(page(support).main)


@pytest.mark.usefixtures("app_context", "sandbox")
class TestRefresh:
    @pytest.fixture
    def driver(self, app):
        return app.extensions["purchase_driver"]

    def test_staff_ask_for_it_and_read_what_changed(self, bss, driver):
        assert send(bss, LIST, REFRESH).location == REFRESH
        waiting = page(bss.get(REFRESH)).select_one("#catalogue-refresh")
        assert waiting["hx-trigger"] == "every 2s"
        send(bss, LIST, REFRESH)  # the same one, still waiting

        assert refresh_when_due(driver) is True
        assert refresh_when_due(driver) is False

        done = page(bss.get(REFRESH)).select_one("#catalogue-refresh")
        assert "hx-trigger" not in done.attrs
        assert latest_refresh(viewer()).counts["added"] > 4000
        assert "The first 200 of" in words(done)

    def test_a_refresh_that_fails_says_so_and_changes_nothing(self, bss, driver, sandbox):
        sandbox.fault("catalog", "status:500", times=0)
        send(bss, LIST, REFRESH)

        refresh_when_due(driver)

        assert "The catalogue of before stands." in words(page(bss.get(REFRESH)).main)
        assert rows(bss.get(LIST)) == []

    def test_what_a_process_left_unfinished_is_begun_again(self, bss, driver, sandbox):
        sandbox.fault("catalog", "status:500", times=0)
        send(bss, LIST, REFRESH)
        with pytest.raises(KeyboardInterrupt):
            refresh_when_due(_Killed(driver))

        assert refresh_when_due(driver) is True

    def test_prices_of_today_are_not_read_again(self, driver):
        SkuFactory()

        assert refresh_when_due(driver) is False

    def test_prices_of_yesterday_are(self, driver, sandbox):
        sku = SkuFactory()
        sku.fetched_at = sa.func.now() - sa.func.make_interval(0, 0, 0, 1)
        session.commit()
        sandbox.fault("catalog", "status:500", times=0)

        assert refresh_when_due(driver) is True
        assert latest_refresh(viewer()).requested_by == "the schedule"
        assert refresh_when_due(driver) is False  # not again within the hour


class _Killed:
    """A driver whose process ends in the middle."""

    def __init__(self, driver):
        self.driver = driver

    @property
    def partner_center(self):
        raise KeyboardInterrupt
