"""Azure plans: registering them for reservations, and the Azure subscriptions under them."""

import datetime as dt
from http import HTTPStatus

from flask import Blueprint, Response

from sandbox.clock import stored
from sandbox.customer_book import Plan, Registration, find_plan
from sandbox.state import SandboxState, current_state
from sandbox.wire import RefusedError, answer, collection, requires_token, route_name

bp = Blueprint("plans", __name__)

_PATH = "/v1/customers/<customer_id>/subscriptions/<subscription_id>"


@bp.post(f"{_PATH}/registrations")
@route_name("registration")
@requires_token()
def register(customer_id: str, subscription_id: str) -> Response:
    """Starts what takes registration_seconds; asking again changes nothing."""
    state = current_state()
    plan = _get_plan(state, customer_id, subscription_id)
    now = state.clock.now()
    if plan.registration(now) == Registration.NOT_REGISTERED:
        ready_at = now + dt.timedelta(seconds=state.settings.current().registration_seconds)
        state.storage.run(
            "UPDATE plans SET registered_at = ? WHERE id = ?", stored(ready_at), plan.id
        )
    response = Response(status=HTTPStatus.ACCEPTED, content_type="application/json")
    response.autocorrect_location_header = False
    response.headers["Location"] = (
        f"/customers/{customer_id}/subscriptions/{subscription_id}/registrationstatus"
    )
    return response


@bp.get(f"{_PATH}/registrationstatus")
@route_name("registration")
@requires_token()
def show_registration(customer_id: str, subscription_id: str) -> Response:
    state = current_state()
    plan = _get_plan(state, customer_id, subscription_id)
    return answer(
        {
            "subscriptionId": plan.id,
            "status": plan.registration(state.clock.now()),
            "attributes": {"objectType": "SubscriptionRegistrationStatus"},
        }
    )


@bp.get(f"{_PATH}/azureEntitlements")
@route_name("azure_entitlements")
@requires_token()
def show_azure_subscriptions(customer_id: str, subscription_id: str) -> Response:
    plan = _get_plan(current_state(), customer_id, subscription_id)
    items = [
        {
            "id": plan.azure_subscription_id,
            "friendlyName": f"{plan.name}: subscription 1",
            "status": plan.status,
            "subscriptionId": plan.id,
            "attributes": {"objectType": "AzureEntitlement"},
        }
    ]
    uri = f"/customers/{customer_id}/subscriptions/{subscription_id}/azureEntitlements"
    return answer(collection(items, uri))


def _get_plan(state: SandboxState, customer_id: str, subscription_id: str) -> Plan:
    plan = find_plan(state, customer_id, subscription_id)
    if plan is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "1000", "The subscription was not found.")
    return plan
