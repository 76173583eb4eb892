"""The list of assets as a file: the columns of the page, numbers plain."""

from flask import Response

from app.domain.money import round_money
from app.services.asset_lists import AssetExport
from app.services.bss_asset_rows import BssAssetRow, as_bss_rows
from app.web.list_file import Column, FileFormat, Kind, ListFile, list_file

_COLUMNS = (
    Column("Number"),
    Column("Name"),
    Column("Type"),
    Column("Account"),
    Column("Reseller"),
    Column("Product"),
    Column("Status"),
    Column("Provisioning Sync Status"),
    Column("Reason"),
    Column("Quantity", Kind.NUMBER),
    Column("Billing Frequency"),
    Column("Currency"),
    Column("Asset Total Amount", Kind.MONEY, "excl. VAT"),
    Column("Purchase Date (UTC)", Kind.INSTANT),
    Column("Expiration Date", Kind.DATE),
)


def asset_file(export: AssetExport, chosen: FileFormat) -> Response:
    rows = (_cells(row) for row in as_bss_rows(export.rows))
    file = ListFile(name="assets", columns=_COLUMNS, rows=rows, currency=export.currency)
    return list_file(file, chosen)


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
        round_money(row.net, row.currency),
        row.purchased_at,
        row.expires_on,
    )
