"""Back office: orders of every account; reviewing, buying and deciding on behalf."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.owner_filter import owner_of, with_owners
from app.domain.access import Permission
from app.web.ordering.again import submit_order_again
from app.web.ordering.orders import (
    read_orders_query,
    show_order,
    show_orders,
    submit_approval,
    submit_refusal,
)
from app.web.ordering.review import show_review, submit_review
from app.web.policy import policy


@bp.get("/sales/orders/")
@policy(read=Permission.VIEW_BSS)
def list_orders() -> Response:
    query = with_owners(read_orders_query(), ("account", "reseller"))
    return show_orders(
        query, account_id=owner_of(query, "account"), reseller_id=owner_of(query, "reseller")
    )


@bp.get("/sales/orders/<uuid:order_id>/")
@policy(read=Permission.VIEW_BSS)
def get_order(order_id: UUID) -> BaseResponse:
    return show_order(order_id)


@bp.get("/sales/orders/<uuid:order_id>/review/")
@policy(read=Permission.PROVISION)
def review_order(order_id: UUID) -> Response:
    return show_review(order_id)


@bp.post("/sales/orders/<uuid:order_id>/review/")
@policy(write=Permission.PROVISION)
def buy(order_id: UUID) -> BaseResponse:
    return submit_review(order_id)


@bp.post("/sales/orders/<uuid:order_id>/approve")
@policy(write=Permission.ADMINISTER)
def approve_order(order_id: UUID) -> BaseResponse:
    return submit_approval(order_id)


@bp.post("/sales/orders/<uuid:order_id>/decline")
@policy(write=Permission.ADMINISTER)
def decline_order(order_id: UUID) -> BaseResponse:
    return submit_refusal(order_id)


@bp.post("/sales/orders/<uuid:order_id>/buy-again")
@policy(write=Permission.PROVISION)
def buy_order_again(order_id: UUID) -> BaseResponse:
    return submit_order_again(order_id)
