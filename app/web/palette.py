"""The command palette: one search over pages and things, in the face that asks."""

from dataclasses import dataclass

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.services.palette import Hit, HitKind, search_everything
from app.web.htmx import render_page, wants_partial
from app.web.layout import NavigationItem, bss_navigation, storefront_navigation
from app.web.ordering.asset_links import asset_url
from app.web.viewer import current_viewer, known_signed_in

_LONGEST = 200
_KEYS = {
    "bss.home": "h",
    "bss.list_accounts": "c",
    "bss.list_orders": "o",
    "bss.list_products": "p",
    "bss.list_price_lists": "l",
    "bss.list_invoices": "i",
    "bss.list_subscriptions": "s",
    "bss.list_assets": "a",
    "bss.provisioning": "v",
    "bss.list_reconciliation_cases": "r",
    "bss.list_users": "u",
    "storefront.home": "h",
    "storefront.list_software": "c",
    "storefront.list_subscriptions": "s",
    "storefront.list_orders": "o",
    "storefront.billing": "b",
    "storefront.list_customers": "k",
    "storefront.list_users": "u",
}
_VIEWS = {
    "bss": {
        HitKind.SUBSCRIPTION: ("bss.get_subscription", "subscription_id"),
        HitKind.ACCOUNT: ("bss.get_account", "account_id"),
        HitKind.ORDER: ("bss.get_order", "order_id"),
        HitKind.INVOICE: ("bss.get_invoice", "invoice_id"),
    },
    "storefront": {
        HitKind.SUBSCRIPTION: ("storefront.get_subscription", "subscription_id"),
        HitKind.ACCOUNT: ("storefront.get_customer", "account_id"),
        HitKind.ORDER: ("storefront.get_order", "order_id"),
        HitKind.INVOICE: ("storefront.get_invoice", "invoice_id"),
    },
}
_ICONS = {
    HitKind.ASSET: "server-2",
    HitKind.SUBSCRIPTION: "cloud",
    HitKind.ACCOUNT: "building",
    HitKind.ORDER: "shopping-cart",
    HitKind.INVOICE: "file-invoice",
}


@dataclass(frozen=True, kw_only=True)
class FoundLink:
    kind: HitKind
    url: str
    icon: str
    name: str
    note: str


def init_palette(app: Flask) -> None:
    app.jinja_env.globals.update(key_of=key_of, palette_keys=palette_keys, palette_url=palette_url)


def key_of(item: NavigationItem) -> str:
    """The letter after g that leads to a page of the navigation; empty where there is none."""
    return _KEYS.get(item.endpoint, "")


def palette_keys() -> list[tuple[str, str]]:
    """(keys, page) of every page of this face that whoever is signed in may open."""
    return [(f"g {key_of(item)}", item.label) for item in _pages() if key_of(item)]


def palette_url() -> str:
    signed_in = known_signed_in()
    is_staff = signed_in is not None and signed_in.viewer.is_staff
    return url_for("bss.search" if is_staff else "storefront.search")


def palette_page() -> BaseResponse:
    """What `q` leads to. A single hit of an id or a number opens at once."""
    q = request.args.get("q", "").replace("\x00", "").strip()[:_LONGEST]
    found = [_link(hit) for hit in search_everything(current_viewer(), q)]
    if len(found) == 1 and not wants_partial() and any(each.isdigit() for each in q):
        return redirect(found[0].url, code=303)
    return _page(q, found)


def _page(q: str, found: list[FoundLink]) -> Response:
    pages = [item for item in _pages() if q.casefold() in item.label.casefold()]
    return render_page(
        "palette/search.html",
        partial="palette/_palette_results.html",
        q=q,
        pages=pages,
        found=found,
        kinds=list(HitKind),
    )


def _pages() -> list[NavigationItem]:
    if request.blueprint != "bss":
        return storefront_navigation()
    return [item for items in bss_navigation().values() for item in items]


def _link(hit: Hit) -> FoundLink:
    if hit.asset_kind is not None:
        url = asset_url(hit.asset_kind, hit.id)
    else:
        view, argument = _VIEWS[request.blueprint or ""][hit.kind]
        url = url_for(view, **{argument: str(hit.id)})  # type: ignore[arg-type]
    return FoundLink(kind=hit.kind, url=url, icon=_ICONS[hit.kind], name=hit.name, note=hit.note)
