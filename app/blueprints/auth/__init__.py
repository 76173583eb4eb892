"""Signing in and out, and the viewer's own choices of how things look."""

from flask import Blueprint

bp = Blueprint("auth", __name__)

from app.blueprints.auth import (  # noqa: E402  # they put their views on bp
    choices,  # noqa: F401
    passwords,  # noqa: F401
    profile,  # noqa: F401
    sign_in,  # noqa: F401
)
