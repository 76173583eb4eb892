"""Customers of the partner, and whether they accepted Microsoft's agreement."""

import base64
import json
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from sandbox.clock import stored
from sandbox.customer_book import Customer, get_customer, list_customers
from sandbox.state import current_state
from sandbox.wire import (
    RefusedError,
    answer,
    collection,
    instant,
    link,
    read_json,
    requires_token,
    route_name,
)

bp = Blueprint("customers", __name__)

_LARGEST_PAGE = 500
_AGREEMENT = "MicrosoftCustomerAgreement"
_AGREEMENT_LINK = "https://aka.ms/customeragreement"


@bp.get("/v1/customers")
@route_name("customers")
@requires_token()
def show_customers() -> Response:
    """A page of customers; the next one is asked for with the token of this one's link."""
    size = request.args.get("size", type=int) or _LARGEST_PAGE
    start = _page_start()
    found = [customer for customer in list_customers(current_state()) if _is_wanted(customer)]
    links = {}
    if start + size < len(found):
        token = base64.b64encode(str(start + size).encode()).decode()
        headers = [{"key": "MS-ContinuationToken", "value": token}]
        links["next"] = link(f"/customers?size={size}&seekOperation=Next", headers=headers)
    items = [_body(customer) for customer in found[start : start + size]]
    return answer(collection(items, f"/customers?size={size}", **links))


@bp.get("/v1/customers/<customer_id>")
@route_name("customers")
@requires_token()
def show_customer(customer_id: str) -> Response:
    return answer(_body(get_customer(current_state(), customer_id)))


@bp.get("/v1/customers/<customer_id>/agreements")
@route_name("agreements")
@requires_token(app_only_allowed=False)
def show_agreements(customer_id: str) -> Response:
    customer = get_customer(current_state(), customer_id)
    wanted = request.args.get("agreementType", "*").lower()
    is_wanted = wanted in ("*", _AGREEMENT.lower())
    items = [_agreement(customer)] if customer.agreed_at and is_wanted else []
    return answer(collection(items, f"/customers/{customer_id}/agreements"))


@bp.post("/v1/customers/<customer_id>/agreements")
@route_name("agreements")
@requires_token(app_only_allowed=False)
def confirm_agreement(customer_id: str) -> Response:
    state = current_state()
    state.storage.run(
        "UPDATE customers SET agreed_at = coalesce(agreed_at, ?) WHERE id = ?",
        stored(state.clock.now()),
        customer_id,
    )
    read_json()
    return answer(_agreement(get_customer(state, customer_id)), HTTPStatus.CREATED)


def _page_start() -> int:
    token = request.headers.get("MS-ContinuationToken")
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token))
    except ValueError as error:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "800002", "The continuation token is not valid."
        ) from error


def _is_wanted(customer: Customer) -> bool:
    """Whether a customer begins with what the filter asks for; an odd filter asks for nothing."""
    try:
        value = json.loads(request.args.get("filter", "{}")).get("Value", "")
    except (json.JSONDecodeError, AttributeError):
        return True
    begins = str(value).lower()
    return any(name.lower().startswith(begins) for name in (customer.company, customer.domain))


def _body(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.id,
        "commerceId": customer.id,
        "companyProfile": {
            "tenantId": customer.id,
            "domain": customer.domain,
            "companyName": customer.company,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "billingProfile": {
            "email": f"billing@{customer.domain}",
            "culture": "en-US",
            "language": "en",
            "companyName": customer.company,
            "defaultAddress": {"country": customer.country},
            "attributes": {"objectType": "CustomerBillingProfile"},
        },
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": True,
        "links": {"self": link(f"/customers/{customer.id}")},
        "attributes": {"objectType": "Customer"},
    }


def _agreement(customer: Customer) -> dict[str, Any]:
    return {
        "primaryContact": {"firstName": "Eleni", "lastName": "Papadaki"},
        "dateAgreed": customer.agreed_at and instant(customer.agreed_at),
        "type": _AGREEMENT,
        "agreementLink": _AGREEMENT_LINK,
    }
