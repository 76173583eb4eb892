"""Storefront: an account's administrators manage its users, a reseller's its customers' too."""

from uuid import UUID

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web import user_pages
from app.web.policy import policy


@bp.get("/users/")
@policy(read=Permission.MANAGE_USERS)
def list_users() -> Response:
    return user_pages.users_page()


@bp.get("/users/invite")
@policy(read=Permission.MANAGE_USERS)
def new_user() -> Response:
    return user_pages.invite_page()


@bp.post("/users/invite")
@policy(write=Permission.MANAGE_USERS)
def invite_user() -> BaseResponse:
    return user_pages.invite_user()


@bp.get("/users/<uuid:user_id>/")
@policy(read=Permission.MANAGE_USERS)
def get_user(user_id: UUID) -> Response:
    return user_pages.user_page(user_id)


@bp.post("/users/<uuid:user_id>/role")
@policy(write=Permission.MANAGE_USERS)
def change_role(user_id: UUID) -> BaseResponse:
    return user_pages.change_role(user_id)


@bp.post("/users/<uuid:user_id>/disable")
@policy(write=Permission.MANAGE_USERS)
def disable_user(user_id: UUID) -> BaseResponse:
    return user_pages.switch_user(user_id, on=False)


@bp.post("/users/<uuid:user_id>/enable")
@policy(write=Permission.MANAGE_USERS)
def enable_user(user_id: UUID) -> BaseResponse:
    return user_pages.switch_user(user_id, on=True)


@bp.post("/users/<uuid:user_id>/password-link")
@policy(write=Permission.MANAGE_USERS)
def send_password_link(user_id: UUID) -> BaseResponse:
    return user_pages.send_password_link(user_id)


@bp.post("/users/<uuid:user_id>/sign-out")
@policy(write=Permission.MANAGE_USERS)
def sign_out_everywhere(user_id: UUID) -> BaseResponse:
    return user_pages.sign_out_everywhere(user_id)
