"""What the tests of the order pages have in common."""

from app.models import Order
from tests.factories import viewer_of
from tests.integration.services.buyers import rows
from tests.support.html import page

AGREED = {"agrees": "y"}


def review_url(app, market, user, **wish):
    """The review page of a new quote: seven reservations unless the wish says otherwise."""
    with app.app_context():
        return f"/orders/{market.quote(viewer_of(user), **wish)}/review/"


def stored_order(url):
    """The order of a review page, as stored now."""
    return rows(Order, id=url.split("/")[2])[0]


def hidden_fields(answer):
    """What the forms of a page send along."""
    fields = page(answer).select("main form[method=post] [type=hidden]")
    return {field["name"]: field["value"] for field in fields}
