"""A marketplace with several things to put into a basket."""

from decimal import Decimal
from uuid import uuid4

from app.models import Product, User
from app.services import baskets
from app.services.basket_view import get_basket
from app.services.quotes import quote_basket
from tests.factories import SkuFactory
from tests.integration.services.buyers import Marketplace, change, rows


class Shop(Marketplace):
    """A marketplace with a second plan: 110.00 and 27.50 for each, a reservation for 123.45."""

    def __post_init__(self):
        super().__post_init__()
        self.licence = SkuFactory(cost=Decimal("25.00"), title="Client licence")

    def add(self, viewer, account, sku=None, *, quantity=1, form_token=None):
        return baskets.add_software(
            viewer,
            account_id=account.id,
            sku_id=(sku or self.software).id,
            quantity=quantity,
            form_token=form_token or uuid4(),
        )

    def add_reservation(self, viewer, *, quantity=1):
        return baskets.add_reservation(
            viewer,
            subscription_id=self.plan.id,
            sku_id=self.sku.id,
            quantity=quantity,
            form_token=uuid4(),
        )

    def fill(self, viewer, account):
        """Two plans: twice 110.00 and ten times 27.50."""
        self.add(viewer, account, self.software, quantity=2)
        self.add(viewer, account, self.licence, quantity=10)

    def review(self, viewer, account):
        basket = get_basket(viewer, account.id)
        return quote_basket(viewer, account_id=account.id, form_token=basket.form_token)


def unpublish(sku):
    [product] = rows(Product, id=sku.product_id)
    change(product, is_published=False)


def counted(viewer):
    [user] = rows(User, id=viewer.user_id)
    return user.basket_lines


def titles(basket):
    return [row.title for row in basket.rows]
