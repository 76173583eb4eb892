"""Partner Center's JSON for products, SKUs, availabilities and the inventory check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.catalogue.identifiers import derived_id
from sandbox.catalogue.items import Item, Product
from sandbox.wire import link

_TERM_DESCRIPTIONS = {"P1Y": "1 year", "P3Y": "3 years", None: "One-time purchase"}


@dataclass(frozen=True)
class Shelf:
    """Where somebody looks: the whole catalogue of a country, or the one of a customer."""

    country: str
    customer_id: str | None = None

    def uri(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """As Partner Center's links say it: without /v1, and without a country for a customer."""
        parameters = dict(query or {})
        prefix = f"/customers/{self.customer_id}"
        if self.customer_id is None:
            parameters = {"country": self.country, **parameters}
            prefix = ""
        ending = f"?{urlencode(parameters)}" if parameters else ""
        return f"{prefix}{path}{ending}"


def product_body(product: Product, shelf: Shelf) -> dict[str, Any]:
    path = f"/products/{product.id}"
    return {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "productType": {
            "id": product.type_id,
            "displayName": product.type_id,
            "subType": {"id": product.subtype_id, "displayName": product.subtype_name},
        },
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft Corporation",
        "links": {"skus": link(shelf.uri(f"{path}/skus")), "self": link(shelf.uri(path))},
    }


def sku_body(item: Item, shelf: Shelf) -> dict[str, Any]:
    path = f"/products/{item.product_id}/skus/{item.sku_id}"
    return {
        "id": item.sku_id,
        "productId": item.product_id,
        "title": item.title,
        "description": item.description,
        "minimumQuantity": item.minimum_quantity,
        "maximumQuantity": item.maximum_quantity,
        "isTrial": False,
        "supportedBillingCycles": ["one_time"],
        **_needs(item),
        "dynamicAttributes": dict(item.dynamic_attributes),
        "links": {
            "availabilities": link(shelf.uri(f"{path}/availabilities")),
            "self": link(shelf.uri(path)),
        },
    }


def _needs(item: Item) -> dict[str, list[str]]:
    """What must be known or done before the SKU can be bought."""
    if item.kind == "software":
        return {"purchasePrerequisites": [], "inventoryVariables": [], "provisioningVariables": []}
    return {
        "purchasePrerequisites": ["InventoryCheck", "AzureSubscriptionRegistration"],
        "inventoryVariables": ["CustomerId", "AzureSubscriptionId", "ArmRegionName"],
        "provisioningVariables": ["Scope", "SubscriptionId", "Duration"],
    }


def availability_body(product: Product, item: Item, shelf: Shelf) -> dict[str, Any]:
    sku_path = f"/products/{item.product_id}/skus/{item.sku_id}"
    return {
        "id": item.availability_id,
        "productId": item.product_id,
        "skuId": item.sku_id,
        "catalogItemId": item.catalog_item_id,
        "defaultCurrency": {"code": item.currency, "symbol": "€"},
        "segment": item.segment,
        "country": shelf.country,
        "isPurchasable": item.is_purchasable,
        "isRenewable": item.kind == "software" and item.term_duration is not None,
        "renewalInstructions": [],
        "terms": [_term(item)],
        "includedQuantityOptions": [],
        "product": product_body(product, shelf),
        "sku": sku_body(item, shelf),
        "links": {"self": link(shelf.uri(f"{sku_path}/availabilities/{item.availability_id}"))},
    }


def _term(item: Item) -> dict[str, Any]:
    term: dict[str, Any] = {
        "id": derived_id(12, item.catalog_item_id, "term").lower(),
        "description": _TERM_DESCRIPTIONS[item.term_duration],
        "billingCycle": "one_time",
        "renewalOptions": [],
        "cancellationPolicies": [{"refundOptions": _refund_options(item)}],
    }
    if item.term_duration is not None:
        term["duration"] = item.term_duration
        if item.kind == "software":
            term["renewalOptions"] = [
                {"termDuration": duration, "description": _TERM_DESCRIPTIONS[duration]}
                for duration in ("P1Y", "P3Y")
            ]
    return term


def _refund_options(item: Item) -> list[dict[str, Any]]:
    if item.kind == "reservation":
        return []
    if item.term_duration is None:
        return [{"sequenceId": 0, "type": "Full", "expiresAfter": "P30D"}]
    return [
        {"sequenceId": 0, "type": "Full", "expiresAfter": "P1D"},
        {"sequenceId": 1, "type": "Partial", "expiresAfter": "P7D"},
    ]


def inventory_body(item: Item) -> dict[str, Any]:
    return {
        "productId": item.product_id,
        "skuId": item.sku_id,
        "isRestricted": item.out_of_stock,
        "restrictions": [_out_of_stock(item)] if item.out_of_stock else [],
    }


def _out_of_stock(item: Item) -> dict[str, Any]:
    return {
        "reasonCode": "NotAvailableForSubscription",
        "description": f"{item.arm_sku_name} has no capacity left in this region.",
        "properties": {"type": "Location", "values": item.arm_region_name},
    }
