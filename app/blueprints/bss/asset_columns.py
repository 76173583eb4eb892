"""The columns of the list of assets beside the name: all there are, and those a person chose."""

from collections.abc import Sequence
from typing import NamedTuple

from app.services.list_settings import ListSettings

LIST_ID = "asset-table"


class AssetColumn(NamedTuple):
    name: str
    label: str
    is_chosen: bool = True


_ALL = (
    AssetColumn("account", "Account"),
    AssetColumn("reseller", "Reseller"),
    AssetColumn("product", "Product"),
    AssetColumn("status", "Status"),
    AssetColumn("sync", "Provisioning Sync Status"),
    AssetColumn("quantity", "Quantity"),
    AssetColumn("frequency", "Billing Frequency"),
    AssetColumn("amount", "Asset Total Amount"),
    AssetColumn("purchased", "Purchase Date"),
    AssetColumn("expires", "Expiration Date"),
)
NAMES = frozenset(column.name for column in _ALL)


def asset_columns(settings: ListSettings) -> Sequence[AssetColumn]:
    """The chosen ones in their order, then those that were not. Without a choice: all."""
    chosen = settings.columns.get(LIST_ID)
    if not chosen:
        return _ALL
    known = {column.name: column for column in _ALL}
    first = [known[name] for name in chosen if name in known]
    rest = [column._replace(is_chosen=False) for column in _ALL if column.name not in chosen]
    return [*first, *rest]
