"""What the lists of assets have in common: their query string and their CSV file."""

from collections.abc import Iterable

from flask import Response

from app.domain.assets import AssetStatus, ProvisioningSyncStatus
from app.domain.money import round_money
from app.services.asset_lists import AssetQuery, AssetRow, AssetSort
from app.web.csv_file import csv_file
from app.web.layout import vat_words
from app.web.pagination import ListQuery, read_list
from app.web.viewer import shows_vat

_ANY = "all"


def read_asset_list(list_id: str) -> ListQuery:
    """Active assets, the newest first, unless the query string says otherwise."""
    return read_list(
        list_id,
        sorts=[str(sort) for sort in AssetSort],
        default_sort="-purchased",
        filters={
            "status": [*(str(status) for status in AssetStatus), _ANY],
            "sync": [str(status) for status in ProvisioningSyncStatus],
            "expiring": ["soon"],
            "count": ["exact"],
            "format": ["csv"],
        },
    )


def asset_query(query: ListQuery) -> AssetQuery:
    status = query.choices.get("status", AssetStatus.ACTIVE.value)
    sync_status = query.choices.get("sync")
    return AssetQuery(
        status=None if status == _ANY else AssetStatus(status),
        sync_status=ProvisioningSyncStatus(sync_status) if sync_status else None,
        is_expiring="expiring" in query.choices,
        q=query.q,
        sort=AssetSort(query.sort),
        descending=query.descending,
        page=query.page,
        counts_exactly="count" in query.choices,
    )


def wants_csv(query: ListQuery) -> bool:
    return "format" in query.choices


def asset_file(
    name: str, first_head: str, rows: Iterable[AssetRow], *, is_reseller: bool
) -> Response:
    """The list's own columns, and beside them what stands under the name on the page."""
    words = vat_words()
    heads = [
        first_head,
        *(["Customer"] if is_reseller else []),
        f"Unit Price ({words})",
        "Quantity",
        "Billing Frequency",
        "Discount (%)",
        f"Total Amount ({words})",
        "Currency",
        "Status",
        "Provisioning Sync Status",
        "Region",
        "Software Subscription SKU",
        "Term",
        "Expiration Date",
        "Purchase Date (UTC)",
        "Number",
    ]
    return csv_file(name, heads, [_cells(row, is_reseller=is_reseller) for row in rows])


def _cells(row: AssetRow, *, is_reseller: bool) -> list[object]:
    with_vat = shows_vat()
    price = row.price
    return [
        row.name,
        *([row.customer_name] if is_reseller else []),
        price and price.unit_price_shown(with_vat=with_vat),
        row.quantity,
        row.billing_frequency.label,
        f"{row.discount_percent.normalize():f}",
        price and round_money(price.total.shown(with_vat=with_vat), row.currency),
        row.currency,
        row.status.label,
        row.sync_status.label,
        row.region,
        row.sku,
        row.term,
        row.expires_on,
        f"{row.purchased_at:%Y-%m-%dT%H:%M:%SZ}",
        row.number,
    ]
