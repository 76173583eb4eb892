"""Whether the process lives, and whether it can serve."""

from flask import Blueprint

bp = Blueprint("health", __name__)

from app.blueprints.health import health  # noqa: E402, F401  # it puts its views on bp
