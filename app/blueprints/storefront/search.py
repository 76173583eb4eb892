"""The storefront: search over everything that one may see."""

from werkzeug.wrappers import Response

from app.blueprints.storefront import bp
from app.domain.access import Permission
from app.web.palette import palette_page
from app.web.policy import policy


@bp.get("/search")
@policy(read=Permission.VIEW_STOREFRONT)
def search() -> Response:
    """The palette's results; a page of its own without a script."""
    return palette_page()
