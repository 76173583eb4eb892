"""The list of assets as a file: the columns of the page, numbers plain."""

from collections.abc import Iterable

from flask import Response

from app.services.bss_asset_rows import BssAssetRow
from app.web.csv_file import csv_file

_HEAD = (
    "Number",
    "Name",
    "Type",
    "Account",
    "Reseller",
    "Product",
    "Status",
    "Provisioning Sync Status",
    "Reason",
    "Quantity",
    "Billing Frequency",
    "Currency",
    "Asset Total Amount",
    "Purchase Date (UTC)",
    "Expiration Date",
)


def asset_csv(rows: Iterable[BssAssetRow]) -> Response:
    return csv_file("assets", _HEAD, (_cells(row) for row in rows))


def _cells(row: BssAssetRow) -> tuple[object, ...]:
    return (
        row.number,
        row.name,
        row.kind.label,
        row.account_name,
        row.reseller_name,
        row.product_name,
        row.status.label,
        row.sync_status.label,
        row.reason,
        row.quantity,
        row.billing_frequency.label,
        row.currency,
        f"{row.net:.2f}",
        f"{row.purchased_at:%Y-%m-%d %H:%M}",
        row.expires_on,
    )
