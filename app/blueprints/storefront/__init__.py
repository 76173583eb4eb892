"""The storefront: for resellers, their customers and direct customers.

One module per subject, its forms beside it. A new module is imported below, and that is all:
it puts its views on `bp` with `@bp.get(…)` and `@policy(…)`.
"""

from flask import Blueprint

bp = Blueprint("storefront", __name__)

from app.blueprints.storefront import home  # noqa: E402, F401  # they put their views on bp
