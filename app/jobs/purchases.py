"""What the worker calls: one step of a purchase."""

from uuid import UUID

from flask import current_app

from app.services import purchases


def step_purchase(purchase_id: str) -> None:
    """The payload is one id. Anything else, or the id of nothing, does nothing."""
    try:
        known_id = UUID(purchase_id)
    except (ValueError, AttributeError, TypeError):
        return
    purchases.step(known_id, driver=current_app.extensions["purchase_driver"])
