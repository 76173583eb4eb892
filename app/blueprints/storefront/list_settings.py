"""How lists are shown to a person, and their saved views."""

from werkzeug.wrappers import Response

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web import list_settings
from app.web.policy import policy


@bp.post("/list-settings")
@policy(write=Permission.VIEW_STOREFRONT)
def keep_list_settings() -> Response:
    return list_settings.keep_settings()


@bp.post("/saved-views")
@policy(write=Permission.VIEW_STOREFRONT)
def save_list_view() -> Response:
    return list_settings.save_view()


@bp.post("/saved-views/delete")
@policy(write=Permission.VIEW_STOREFRONT)
def delete_list_view() -> Response:
    return list_settings.delete_view()
