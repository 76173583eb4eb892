"""The back office: for staff alone.

One module per subject, its forms beside it. A new module is imported below, and that is all:
it puts its views on `bp` with `@bp.get(…)` and `@policy(…)`.
"""

from flask import Blueprint

bp = Blueprint("bss", __name__, url_prefix="/bss")

from app.blueprints.bss import (  # noqa: E402  # they put their views on bp
    account_edit,  # noqa: F401
    account_parts,  # noqa: F401
    accounts,  # noqa: F401
    asset_actions,  # noqa: F401
    asset_edit,  # noqa: F401
    asset_view,  # noqa: F401
    assets,  # noqa: F401
    audit,  # noqa: F401
    basket,  # noqa: F401
    brand,  # noqa: F401
    bulk,  # noqa: F401
    contacts,  # noqa: F401
    currency_rates,  # noqa: F401
    customer_import,  # noqa: F401
    home,  # noqa: F401
    invoice_changes,  # noqa: F401
    invoices,  # noqa: F401
    late_invoices,  # noqa: F401
    list_settings,  # noqa: F401
    mails,  # noqa: F401
    marketplace_options,  # noqa: F401
    microsoft,  # noqa: F401
    orders,  # noqa: F401
    plan_registration,  # noqa: F401
    price_calculator,  # noqa: F401
    price_lists,  # noqa: F401
    products,  # noqa: F401
    provisioning,  # noqa: F401
    reconciliation,  # noqa: F401
    search,  # noqa: F401
    software,  # noqa: F401
    subscriptions,  # noqa: F401
    taxes,  # noqa: F401
    users,  # noqa: F401
)
