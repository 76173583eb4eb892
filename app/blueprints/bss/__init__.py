"""The back office: for staff alone.

One module per subject, its forms beside it. A new module is imported below, and that is all:
it puts its views on `bp` with `@bp.get(…)` and `@policy(…)`.
"""

from flask import Blueprint

bp = Blueprint("bss", __name__, url_prefix="/bss")

from app.blueprints.bss import home  # noqa: E402, F401  # they put their views on bp
