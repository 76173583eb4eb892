"""What the layouts show around every page: who is signed in, the navigation, the theme."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext

from app.domain.access import Permission, Viewer
from app.domain.sentences import said
from app.services.brands import NO_BRAND, ShownBrand
from app.services.buying import may_order
from app.services.navigation import BackOfficeState, get_back_office_state
from app.services.sign_in import SignedIn
from app.web.policy import policy_of
from app.web.viewer import current_viewer, known_signed_in, may_switch_vat, shows_vat

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"


@dataclass(frozen=True)
class NavigationItem:
    label: str
    endpoint: str
    icon: str
    count: str | None = None

    @property
    def url(self) -> str:
        return url_for(self.endpoint)

    @property
    def is_current(self) -> bool:
        """The home page only on itself, others on everything beneath them."""
        url = self.url
        return request.path == url or (url not in {"/", "/bss/"} and request.path.startswith(url))


_STOREFRONT = (
    NavigationItem("Home", "storefront.home", "home"),
    NavigationItem("Catalogue", "storefront.list_software", "apps"),
    NavigationItem("Azure plans", "storefront.list_subscriptions", "cloud"),
    NavigationItem("Orders", "storefront.list_orders", "shopping-cart"),
    NavigationItem("Billing", "storefront.billing", "receipt"),
    NavigationItem("Customers", "storefront.list_customers", "users"),
    NavigationItem("Users", "storefront.list_users", "users-group"),
)
_BSS_ASSETS = "bss.list_assets"
_BSS = {
    "": (
        NavigationItem("Home", "bss.home", "home"),
        NavigationItem("Accounts", "bss.list_accounts", "building"),
    ),
    said("Sales"): (
        NavigationItem("Orders", "bss.list_orders", "shopping-cart"),
        NavigationItem("Products", "bss.list_products", "tag"),
        NavigationItem("Price lists", "bss.list_price_lists", "percentage"),
    ),
    said("Billing"): (
        NavigationItem("Invoices", "bss.list_invoices", "file-invoice"),
        NavigationItem("Subscriptions", "bss.list_subscriptions", "repeat"),
        NavigationItem("Assets", _BSS_ASSETS, "server-2"),
    ),
    said("Operations"): (
        NavigationItem("Provisioning", "bss.provisioning", "cloud-upload"),
        NavigationItem("Reconciliation", "bss.list_reconciliation_cases", "shield-check"),
        NavigationItem("Mail", "bss.list_mails", "mail"),
        NavigationItem("Audit log", "bss.list_audit_events", "history"),
    ),
    said("Setup"): (
        NavigationItem("Marketplace options", "bss.marketplace_options", "building-store"),
        NavigationItem("Taxes", "bss.list_tax_rules", "receipt"),
        NavigationItem("Users", "bss.list_users", "users-group"),
        NavigationItem("Microsoft", "bss.microsoft_connection", "cloud"),
    ),
}


def init_layout(app: Flask) -> None:
    app.context_processor(_context)
    app.jinja_env.globals.update(
        storefront_navigation=storefront_navigation,
        bss_navigation=bss_navigation,
        back_office_state=back_office_state,
        vat_words=vat_words,
        shows_vat=shows_vat,
        Permission=Permission,
        may_export=may_export,
        basket_lines=basket_lines,
    )


def vat_words() -> str:
    """`excl. VAT` or `incl. VAT`: stands beside every amount on a page."""
    return str(gettext("incl. VAT") if shows_vat() else gettext("excl. VAT"))


def may_export() -> bool:
    return current_viewer().may(Permission.EXPORT)


def basket_lines() -> int | None:
    """How many lines wait in whoever's baskets; None for who does not order. No statement."""
    signed_in = known_signed_in()
    if signed_in is None or not may_order(signed_in.viewer):
        return None
    return signed_in.basket_lines


def storefront_navigation() -> list[NavigationItem]:
    return _offered(_STOREFRONT)


def bss_navigation() -> dict[str, list[NavigationItem]]:
    """Heading → items. The count of failed assets costs a statement, on full pages only."""
    groups = {heading: _offered(items) for heading, items in _BSS.items()}
    return {heading: items for heading, items in groups.items() if items}


def _offered(items: tuple[NavigationItem, ...]) -> list[NavigationItem]:
    """The pages that exist and that whoever is signed in may open."""
    return [_counted(item) for item in items if _may_open(item.endpoint)]


def _may_open(endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    rule = policy_of(view) if view else None
    signed_in = known_signed_in()
    needed = rule.read if rule else None
    return needed is not None and (signed_in is None or signed_in.viewer.may(needed))


def _counted(item: NavigationItem) -> NavigationItem:
    return replace(item, count=_failed_count()) if item.endpoint == _BSS_ASSETS else item


def _failed_count() -> str | None:
    state = back_office_state()
    if not state or not state.failed_assets:
        return None
    return str(gettext("%(number)s failed", number=state.failed_assets))


def back_office_state() -> BackOfficeState | None:
    """Read once for a page; None where nobody is signed in, and on an error page, which asks
    PostgreSQL nothing."""
    signed_in = known_signed_in()
    if g.get("is_error_page") or signed_in is None:
        return None
    if "back_office_state" not in g:
        g.back_office_state = get_back_office_state(signed_in.viewer)
    state: BackOfficeState = g.back_office_state
    return state


def _context() -> dict[str, Any]:
    signed_in = known_signed_in()
    viewer: Viewer | None = signed_in.viewer if signed_in else None
    theme = request.cookies.get(THEME_COOKIE, "system")
    brand = _brand(signed_in)
    return {
        "viewer": viewer,
        "brand": brand,
        "marketplace_name": brand.name,
        "may_switch_vat": may_switch_vat(),
        "layout": "layouts/bss.html" if request.blueprint == "bss" else "layouts/storefront.html",
        "marketplace_terms": signed_in.marketplace.terms if signed_in else "",
        "theme": theme if theme in THEMES else "system",
    }


def _brand(signed_in: SignedIn | None) -> ShownBrand:
    """Of whoever is signed in, else what the view found; the back office has its own colours."""
    if signed_in is None:
        found: ShownBrand = g.get("brand", NO_BRAND)
        return found
    is_back_office = request.blueprint == "bss"
    return replace(signed_in.brand, hue=None, logo=None) if is_back_office else signed_in.brand
