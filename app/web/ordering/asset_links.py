"""Where an asset's own page is, for pages that both faces show."""

from uuid import UUID

from flask import Flask, request, url_for

from app.domain.assets import AssetKind

_STOREFRONT_VIEWS = {
    AssetKind.RESERVATION: "storefront.get_reservation",
    AssetKind.SOFTWARE_SUBSCRIPTION: "storefront.get_software_subscription",
}


def asset_url(kind: AssetKind, asset_id: UUID) -> str:
    view = "bss.get_asset" if request.blueprint == "bss" else _STOREFRONT_VIEWS[kind]
    return url_for(view, asset_id=asset_id)


def asset_sync_url(kind: AssetKind, asset_id: UUID) -> str:
    """What the badge on an order asks until the asset's purchase is done."""
    name = "sync" if request.blueprint == "bss" else "sync-status"
    return f"{asset_url(kind, asset_id)}{name}?on=order"


def init_asset_links(app: Flask) -> None:
    app.jinja_env.globals.update(asset_url=asset_url, asset_sync_url=asset_sync_url)
