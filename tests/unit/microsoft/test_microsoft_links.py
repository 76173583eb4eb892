import pytest

from app.integrations.microsoft import CallIds, RefusedError
from app.integrations.microsoft.calls import Call, address, linked_address
from app.integrations.microsoft.fields import Fields, UnreadableAnswerError
from app.integrations.microsoft.pages import read_page

BASE = "https://127.0.0.1:8443"
FIRST = Call(
    operation="list_customers", url=f"{BASE}/v1/customers", query={"size": "2"}, ids=CallIds.new()
)


def page_of(body, asked=(FIRST,)):
    return read_page(Fields(body), lambda item: item.id("id"), base_url=BASE, asked=list(asked))


def link_to(uri, *headers):
    return {"items": [], "links": {"next": {"uri": uri, "method": "GET", "headers": list(headers)}}}


@pytest.mark.parametrize(
    "uri",
    [
        "/customers/1/orders?size=2&after=a%20b",
        "customers/1/orders?size=2&after=a%20b",
        "/v1/customers/1/orders?size=2&after=a%20b",
        "v1/customers/1/orders?size=2&after=a%20b",
        "/V1/customers/1/orders?size=2&after=a%20b",
        "https://127.0.0.1:8443/v1/customers/1/orders?size=2&after=a%20b",
        "https://127.0.0.1:8443/customers/1/orders?size=2&after=a%20b",
    ],
)
def test_a_link_is_joined_with_or_without_its_version(uri):
    assert linked_address(BASE, uri) == f"{BASE}/v1/customers/1/orders?size=2&after=a%20b"


def test_a_link_is_joined_to_a_base_with_a_path():
    joined = linked_address("https://proxy.example/partner", "https://proxy.example/partner/v1/a")

    assert joined == "https://proxy.example/partner/v1/a"


@pytest.mark.parametrize(
    "uri",
    [
        "https://elsewhere.example/v1/customers",
        "http://127.0.0.1:8443/v1/customers",
        "https://127.0.0.1:9999/v1/customers",
        "https://127.0.0.1:8443@elsewhere.example/v1/customers",
        "//elsewhere.example/v1/customers",
        "\\\\elsewhere.example\\customers",
        "javascript:alert(1)",
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "https://[",
        "",
        "/",
        "/a b",
        "/a\nb",
        "/ä",
    ],
)
def test_a_link_that_leads_elsewhere_is_never_called(uri):
    with pytest.raises(UnreadableAnswerError):
        linked_address(BASE, uri)


def test_ids_are_quoted():
    assert address(BASE, "orders", "a/b?c#d") == f"{BASE}/v1/orders/a%2Fb%3Fc%23d"


@pytest.mark.parametrize("segment", ["", " ", ".", ".."])
def test_an_id_that_would_change_the_path_is_refused_unsent(segment):
    with pytest.raises(RefusedError):
        address(BASE, "customers", segment)


def test_the_last_page_links_to_nothing():
    page = page_of({"totalCount": 1, "items": [{"id": "1"}], "links": {"self": {"uri": "/x"}}})

    assert page.items == ["1"]
    assert page.following is None


def test_the_next_page_is_asked_for_with_the_token_of_its_link():
    token = {"key": "MS-ContinuationToken", "value": "abc"}
    other = {"key": "Authorization", "value": "Bearer of somebody else"}

    following = page_of(link_to("/customers?size=2", other, token)).following

    assert following is not None
    assert following.url == f"{BASE}/v1/customers?size=2"
    assert following.query == {}
    assert following.headers()["MS-ContinuationToken"] == "abc"
    assert "Authorization" not in following.headers()
    assert following.ids.correlation_id == FIRST.ids.correlation_id
    assert following.ids.request_id != FIRST.ids.request_id


@pytest.mark.parametrize(
    "body",
    [
        link_to("https://elsewhere.example/v1/customers"),
        link_to("/customers"),
        {"totalCount": 2},
        {},
        {"items": {}},
        {"items": [{}]},
    ],
    ids=["foreign", "circle", "items missing", "empty", "no list", "odd item"],
)
def test_a_page_is_never_taken_for_the_end_by_mistake(body):
    with pytest.raises(UnreadableAnswerError):
        page_of(body)


def test_an_empty_collection_may_leave_its_items_out():
    assert page_of({"totalCount": 0}).items == []


def test_pages_come_to_an_end():
    with pytest.raises(UnreadableAnswerError):
        page_of(link_to("/customers?page=1001"), asked=[FIRST] * 1_000)
