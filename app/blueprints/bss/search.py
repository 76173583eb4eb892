"""Back office: search over everything."""

from werkzeug.wrappers import Response

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.web.palette import palette_page
from app.web.policy import policy


@bp.get("/search")
@policy(read=Permission.VIEW_BSS)
def search() -> Response:
    """The palette's results; a page of its own without a script."""
    return palette_page()
