"""Back office: staff and the users of all accounts; links to hand over."""

from uuid import UUID

from flask import Response, make_response, render_template
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services import users
from app.web import user_pages
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.get("/setup/users/")
@policy(read=Permission.VIEW_BSS)
def list_users() -> Response:
    return user_pages.users_page()


@bp.get("/setup/users/invite")
@policy(read=Permission.ADMINISTER)
def new_user() -> Response:
    return user_pages.invite_page()


@bp.post("/setup/users/invite")
@policy(write=Permission.ADMINISTER)
def invite_user() -> BaseResponse:
    return user_pages.invite_user(then=".show_password_link")


@bp.get("/setup/users/<uuid:user_id>/")
@policy(read=Permission.VIEW_BSS)
def get_user(user_id: UUID) -> Response:
    return user_pages.user_page(user_id)


@bp.post("/setup/users/<uuid:user_id>/role")
@policy(write=Permission.ADMINISTER)
def change_role(user_id: UUID) -> BaseResponse:
    return user_pages.change_role(user_id)


@bp.post("/setup/users/<uuid:user_id>/disable")
@policy(write=Permission.ADMINISTER)
def disable_user(user_id: UUID) -> BaseResponse:
    return user_pages.switch_user(user_id, on=False)


@bp.post("/setup/users/<uuid:user_id>/enable")
@policy(write=Permission.ADMINISTER)
def enable_user(user_id: UUID) -> BaseResponse:
    return user_pages.switch_user(user_id, on=True)


@bp.post("/setup/users/<uuid:user_id>/password-link")
@policy(write=Permission.ADMINISTER)
def send_password_link(user_id: UUID) -> BaseResponse:
    return user_pages.send_password_link(user_id, then=".show_password_link")


@bp.get("/setup/users/<uuid:user_id>/password-link")
@policy(read=Permission.ADMINISTER)
def show_password_link(user_id: UUID) -> Response:
    """The one page that shows a one-time link: to administrators, to hand it over."""
    link = users.get_handed_link(current_viewer(), user_id, user_pages.link_key())
    response = make_response(render_template("bss/users/link.html", link=link, user_id=user_id))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/setup/users/<uuid:user_id>/sign-out")
@policy(write=Permission.ADMINISTER)
def sign_out_everywhere(user_id: UUID) -> BaseResponse:
    return user_pages.sign_out_everywhere(user_id)
