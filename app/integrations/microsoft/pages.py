"""Collections that come in pages, each with a link to the next one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from app.integrations.microsoft.calls import Call, CallIds, linked_address
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError

T = TypeVar("T")

_MOST_PAGES = 1_000


@dataclass(frozen=True)
class Page(Generic[T]):
    items: list[T]
    following: Call | None


def read_page(
    fields: Fields, reader: Callable[[Fields], T], *, base_url: str, asked: list[Call]
) -> Page[T]:
    """One page, the answer to the last call of `asked`, and the call for the next page."""
    if not fields.has("items") and fields.optional_integer("totalCount") != 0:
        # An empty list may prove that an order is absent: never make one out of nothing.
        raise UnreadableAnswerError("items is missing")
    following = _following(asked[-1], fields.object("links").object("next"), base_url)
    if following and (following.url, following.continuation) in {
        (call.url, call.continuation) for call in asked
    }:
        raise UnreadableAnswerError("the pages go round in circles")
    if len(asked) >= _MOST_PAGES:
        raise UnreadableAnswerError("there are too many pages")
    return Page([reader(item) for item in fields.objects("items")], following)


def _following(call: Call, link: Fields, base_url: str) -> Call | None:
    uri = link.text("uri")
    if not uri:
        return None
    tokens = [
        header.text("value")
        for header in link.objects("headers")
        if header.text("key").lower() == "ms-continuationtoken"
    ]
    return replace(
        call,
        url=linked_address(base_url, uri),
        query={},
        ids=CallIds.new(call.ids.correlation_id),
        continuation=tokens[0] if tokens else "",
    )
