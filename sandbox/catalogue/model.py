"""The catalogue in memory: what is sold, and at which price today."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import chain

from sandbox.catalogue.items import Item, Product
from sandbox.catalogue.reservations import reservation_products
from sandbox.catalogue.software import software_products

__all__ = ["Catalogue", "Item", "Product", "get_catalogue", "reset_prices"]


class Catalogue:
    """Ids are compared without regard to case. Items come with the price of the moment."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._products = {product.id: product for product in products}
        self._items = {
            (item.product_id, item.sku_id): item
            for product in self._products.values()
            for item in product.items
        }
        self._changed_prices: dict[tuple[str, str], Decimal] = {}

    def find_product(self, product_id: str) -> Product | None:
        return self._products.get(product_id.upper())

    def find_sku(self, product_id: str, sku_id: str) -> Item | None:
        item = self._items.get((product_id.upper(), sku_id.upper()))
        return self._priced(item) if item else None

    def find_item(self, catalog_item_id: str) -> Item | None:
        """The item of "product:SKU:availability", or None where any of the three is unknown."""
        wanted = catalog_item_id.upper()
        product_id, _, rest = wanted.partition(":")
        item = self.find_sku(product_id, rest.partition(":")[0])
        return item if item and item.catalog_item_id == wanted else None

    def find_titled(self, title: str) -> Item | None:
        found = (item for item in self._items.values() if item.title == title)
        item = next(found, None)
        return self._priced(item) if item else None

    def list_products(self, target_view: str, segment: str | None = None) -> list[Product]:
        """Products of a view that have something for the segment; None means every segment."""
        view = target_view.casefold()
        return [
            product
            for product in self._products.values()
            if any(view == name.casefold() for name in product.target_views)
            and self.list_skus(product, segment)
        ]

    def list_skus(self, product: Product, segment: str | None = None) -> list[Item]:
        return [
            self._priced(item)
            for item in product.items
            if segment is None or item.segment == segment.casefold()
        ]

    def list_items(self, target_view: str, segment: str | None = None) -> list[Item]:
        return [
            item
            for product in self.list_products(target_view, segment)
            for item in self.list_skus(product, segment)
        ]

    def change_price(self, product_id: str, sku_id: str, unit_price: Decimal) -> Item | None:
        """The item at its new price, or None where there is no such SKU."""
        item = self.find_sku(product_id, sku_id)
        if item is None:
            return None
        self._changed_prices[item.product_id, item.sku_id] = unit_price
        return self._priced(item)

    def reset_prices(self) -> None:
        self._changed_prices.clear()

    def _priced(self, item: Item) -> Item:
        changed = self._changed_prices.get((item.product_id, item.sku_id))
        return item if changed is None else replace(item, unit_price=changed)


@cache
def get_catalogue() -> Catalogue:
    return Catalogue(chain(reservation_products(), software_products()))


def reset_prices() -> None:
    """Forget every price that was changed by the control surface."""
    get_catalogue().reset_prices()
