"""What the lists of assets have in common: their query string and their CSV file."""

from dataclasses import dataclass

from flask import Response, request

from app.domain.assets import AssetStatus, ProvisioningSyncStatus
from app.domain.money import round_money
from app.services.asset_lists import (
    STOREFRONT_SORTS,
    AssetExport,
    AssetQuery,
    AssetRow,
    AssetSort,
)
from app.web.customer_filter import customer_filter, customer_of_list
from app.web.layout import vat_words
from app.web.list_file import FORMATS, Column, FileFormat, Kind, ListFile, list_file
from app.web.pagination import ListQuery, read_list
from app.web.viewer import shows_vat

_ANY = "all"


def read_asset_list(list_id: str) -> ListQuery:
    """Active assets, the newest first, unless the query string says otherwise.

    What ends soon comes with the first to end first.
    """
    return read_list(
        list_id,
        sorts=[str(sort) for sort in STOREFRONT_SORTS],
        default_sort="expires" if request.args.get("expiring") == "soon" else "-purchased",
        filters={
            "status": [*(str(status) for status in AssetStatus), _ANY],
            "sync": [str(status) for status in ProvisioningSyncStatus],
            "expiring": ["soon"],
            "count": ["exact"],
            **customer_filter(),
            "format": FORMATS,
        },
    )


def asset_query(query: ListQuery) -> AssetQuery:
    status = query.choices.get("status", AssetStatus.ACTIVE.value)
    sync_status = query.choices.get("sync")
    return AssetQuery(
        status=None if status == _ANY else AssetStatus(status),
        sync_status=ProvisioningSyncStatus(sync_status) if sync_status else None,
        account_id=customer_of_list(query),
        is_expiring="expiring" in query.choices,
        q=query.q,
        sort=AssetSort(query.sort),
        descending=query.descending,
        page=query.page,
        counts_exactly="count" in query.choices,
    )


@dataclass(frozen=True, kw_only=True)
class FileNames:
    """What a list's file is called, and its first column."""

    file: str
    first_head: str


def asset_file(
    names: FileNames, export: AssetExport, chosen: FileFormat, *, is_reseller: bool
) -> Response:
    """The list's own columns, and beside them what stands under the name on the page."""
    words = vat_words()
    columns = [
        Column(names.first_head),
        *([Column("Customer")] if is_reseller else []),
        Column("Unit Price", Kind.MONEY, words),
        Column("Quantity", Kind.NUMBER),
        Column("Billing Frequency"),
        Column("Discount (%)", Kind.NUMBER),
        Column("Total Amount", Kind.MONEY, words),
        Column("Currency"),
        Column("Status"),
        Column("Provisioning Sync Status"),
        Column("Region"),
        Column("Software Subscription SKU"),
        Column("Term"),
        Column("Expiration Date", Kind.DATE),
        Column("Purchase Date (UTC)", Kind.INSTANT),
        Column("Number"),
    ]
    rows = (_cells(row, is_reseller=is_reseller) for row in export.rows)
    file = ListFile(name=names.file, columns=columns, rows=rows, currency=export.currency)
    return list_file(file, chosen)


def _cells(row: AssetRow, *, is_reseller: bool) -> list[object]:
    with_vat = shows_vat()
    price = row.price
    return [
        row.name,
        *([row.customer_name] if is_reseller else []),
        price and round_money(price.unit_price_shown(with_vat=with_vat), row.currency),
        row.quantity,
        row.billing_frequency.label,
        row.discount_percent.normalize(),
        price and round_money(price.total.shown(with_vat=with_vat), row.currency),
        row.currency,
        row.status.label,
        row.sync_status.label,
        row.region,
        row.sku,
        row.term,
        row.expires_on,
        row.purchased_at,
        row.number,
    ]
