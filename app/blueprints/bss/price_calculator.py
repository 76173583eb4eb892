"""Back office: what an account pays for something, and why."""

from uuid import UUID

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.errors import DomainError
from app.services.price_calculator import Calculation, calculate, find_skus
from app.web.policy import policy
from app.web.viewer import current_viewer

_LONGEST = 200
_LARGEST_QUANTITY = 10**9


@bp.get("/billing/price-calculator/")
@policy(read=Permission.VIEW_COST)
def price_calculator() -> Response:
    asked = {name: _text(name) for name in ("account", "q", "sku", "quantity")}
    calculation, error = _calculate(asked)
    page = render_template(
        "bss/price_lists/calculator.html",
        asked=asked,
        skus=find_skus(current_viewer(), asked["q"]),
        calculation=calculation,
        error=error,
    )
    return make_response(page)


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()[:_LONGEST]


def _calculate(asked: dict[str, str]) -> tuple[Calculation | None, str]:
    if not (asked["account"] and asked["sku"]):
        return None, ""
    try:
        sku_id, quantity = UUID(asked["sku"]), int(asked["quantity"] or "1")
    except ValueError:
        return None, _("Choose what to calculate, and a whole number of them.")
    if not 1 <= quantity <= _LARGEST_QUANTITY:
        return None, _("Enter a quantity of 1 or more.")
    try:
        found = calculate(
            current_viewer(), account=asked["account"], sku_id=sku_id, quantity=quantity
        )
    except DomainError as error:
        return None, error.message
    return found, ""
