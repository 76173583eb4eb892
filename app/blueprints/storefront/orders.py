"""Orders: the list, one of them, and a reseller's yes or no."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.customer_filter import customer_of_list
from app.web.ordering.again import submit_asset_again, submit_order_again
from app.web.ordering.orders import (
    read_orders_query,
    show_order,
    show_orders,
    submit_approval,
    submit_refusal,
)
from app.web.policy import policy


@bp.get("/orders/")
@policy(read=Permission.VIEW_STOREFRONT)
def list_orders() -> Response:
    query = read_orders_query()
    return show_orders(query, account_id=customer_of_list(query))


@bp.get("/orders/<uuid:order_id>/")
@policy(read=Permission.VIEW_STOREFRONT)
def get_order(order_id: UUID) -> BaseResponse:
    return show_order(order_id)


@bp.post("/orders/<uuid:order_id>/approve")
@policy(write=Permission.APPROVE_ORDERS)
def approve_order(order_id: UUID) -> BaseResponse:
    return submit_approval(order_id)


@bp.post("/orders/<uuid:order_id>/decline")
@policy(write=Permission.APPROVE_ORDERS)
def decline_order(order_id: UUID) -> BaseResponse:
    return submit_refusal(order_id)


@bp.post("/orders/<uuid:order_id>/buy-again")
@policy(write=Permission.PLACE_ORDERS)
def buy_order_again(order_id: UUID) -> BaseResponse:
    return submit_order_again(order_id)


@bp.post("/billing/assets/<uuid:asset_id>/buy-again")
@policy(write=Permission.PLACE_ORDERS)
def buy_asset_again(asset_id: UUID) -> BaseResponse:
    return submit_asset_again(asset_id)
