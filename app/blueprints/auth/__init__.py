"""Signing in and out, and the viewer's own choices of how things look."""

from flask import Blueprint

bp = Blueprint("auth", __name__)

from app.blueprints.auth import choices, sign_in  # noqa: E402, F401  # they put their views on bp
