"""What shall be done with many assets: the bar over the list, and the page that asks once more."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from wtforms import SelectField, StringField
from wtforms.validators import Length

from app.blueprints.bss import bp
from app.blueprints.bss.asset_filters import FILTER_ARGUMENTS, asset_query, read_asset_list
from app.domain.bulk import BulkAction
from app.domain.sentences import said
from app.services.bulk_actions import LONGEST_TAG
from app.services.bulk_jobs import BulkOrder
from app.web.forms import BaseForm, choice

_MOST_TICKED = 100  # a page holds no more
ALL = "all"


class BulkForm(BaseForm):
    """`scope` is a button: the ticked assets, or all that the list's query string finds."""

    action = SelectField(
        "Action", choices=[choice(each.value, said(each.label)) for each in BulkAction]
    )
    tag = StringField(
        "Tag",
        [
            Length(
                max=LONGEST_TAG,
                message=said(
                    "A tag has at most %(longest_tag)s characters.", longest_tag=LONGEST_TAG
                ),
            )
        ],
    )

    def order(self) -> BulkOrder:
        """Call it once the form is valid."""
        return BulkOrder(
            action=BulkAction(self.action.data),
            tag=self.tag.data or "",
            query=asset_query(read_asset_list()),
            asset_ids=None if takes_all() else ticked(),
        )


def list_filters() -> dict[str, Any]:
    """What of the list's address says which assets there are."""
    return {key: value for key, value in request.args.items() if key in FILTER_ARGUMENTS}


@bp.app_template_global()
def bulk_url() -> str:
    """Where the bar over the list leads, with the list's filters."""
    kept: dict[str, Any] = {
        key: value for key, value in request.args.items() if key in FILTER_ARGUMENTS
    }
    return url_for("bss.review_bulk", **kept)


@bp.app_template_filter()
def bulk_label(action: str) -> str:
    return BulkAction(action).label


def takes_all() -> bool:
    return request.form.get("scope") == ALL


def ticked() -> list[UUID]:
    """What is no id is left out."""
    found = []
    for text in request.form.getlist("asset")[:_MOST_TICKED]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
