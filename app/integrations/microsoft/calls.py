"""What a call to Partner Center is made of: ids, path, and links that an answer gave us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID, uuid4

from app.integrations.microsoft.auth import Audience
from app.integrations.microsoft.errors import RefusedError, SentIds
from app.integrations.microsoft.fields import UnreadableAnswerError

_VERSION = "/v1"


@dataclass(frozen=True, kw_only=True)
class CallIds:
    """MS-RequestId makes a repeated call the same call; MS-CorrelationId joins calls in logs."""

    request_id: UUID
    correlation_id: UUID

    @classmethod
    def new(cls, correlation_id: UUID | None = None) -> "CallIds":
        return cls(request_id=uuid4(), correlation_id=correlation_id or uuid4())


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. `audience` is set where it needs App+User, `query` is part of the address."""

    operation: str
    url: str
    ids: CallIds
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    continuation: str = ""
    audience: Audience | None = None

    @property
    def customer_id(self) -> str | None:
        """Whose thing it asks for; None where it is nobody's, such as the catalogue."""
        segments = urlsplit(self.url).path.split("/")
        if "customers" not in segments[:-1]:
            return None
        return unquote(segments[segments.index("customers") + 1]).casefold() or None

    def headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "MS-Contract-Version": "v1",
            "MS-RequestId": str(self.ids.request_id),
            "MS-CorrelationId": str(self.ids.correlation_id),
            "MS-PartnerCenter-Application": "Entrepot",
            "X-Locale": "en-US",
        }
        if self.method != "GET":
            headers["Content-Type"] = "application/json"
        if self.continuation:
            headers["MS-ContinuationToken"] = self.continuation
        return headers

    def sent_ids(self) -> SentIds:
        return SentIds(
            request_id=str(self.ids.request_id), correlation_id=str(self.ids.correlation_id)
        )


def address(base_url: str, *segments: str) -> str:
    """The address of a resource. An id that could change the path's meaning is refused unsent."""
    for segment in segments:
        if not segment.strip(". "):
            raise RefusedError(f"{segment!r} is no id that Microsoft could know.", code="bad_id")
    return "/".join([base_url + _VERSION, *(quote(segment, safe=":") for segment in segments)])


def linked_address(base_url: str, uri: str) -> str:
    """The address that a link means: with or without /v1, relative or absolute.

    Raises UnreadableAnswerError for a link to any other host: our token would go there.
    """
    try:
        base, link = urlsplit(base_url), urlsplit(uri)
    except ValueError as error:
        raise UnreadableAnswerError("a link is odd") from error
    elsewhere = (
        link.scheme or base.scheme,
        link.netloc.lower() or base.netloc,
    ) != (base.scheme, base.netloc)
    path = "/" + link.path.removeprefix(base.path).lstrip("/")
    if path.lower().startswith(f"{_VERSION}/"):
        path = path[len(_VERSION) :]
    odd = "\\" in uri or ".." in unquote(path).split("/") or not path.strip("/")
    if elsewhere or odd or not (uri.isascii() and uri.isprintable()) or " " in uri:
        raise UnreadableAnswerError("a link leads elsewhere")
    return f"{base_url}{_VERSION}{path}" + (f"?{link.query}" if link.query else "")
