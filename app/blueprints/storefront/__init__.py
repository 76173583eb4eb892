"""The storefront: for resellers, their customers and direct customers.

One module per subject, its forms beside it. A new module is imported below, and that is all:
it puts its views on `bp` with `@bp.get(…)` and `@policy(…)`.
"""

from flask import Blueprint

bp = Blueprint("storefront", __name__)

from app.blueprints.storefront import (  # noqa: E402  # they put their views on bp
    asset_status,  # noqa: F401
    basket,  # noqa: F401
    billing,  # noqa: F401
    brand,  # noqa: F401
    buy_reservation,  # noqa: F401
    customers,  # noqa: F401
    home,  # noqa: F401
    invoices,  # noqa: F401
    list_settings,  # noqa: F401
    order_review,  # noqa: F401
    orders,  # noqa: F401
    reservations,  # noqa: F401
    search,  # noqa: F401
    software,  # noqa: F401
    software_subscriptions,  # noqa: F401
    subscriptions,  # noqa: F401
    users,  # noqa: F401
)
