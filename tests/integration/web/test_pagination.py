"""What a list's query string asks for, and the links to its other views."""

import pytest

from app.services.pages import Position
from app.web.pagination import list_url, page_url, read_list, sort_url


def read():
    return read_list(
        "example-table",
        sorts=("name", "total"),
        default_sort="-total",
        filters={"status": ("active", "expired")},
    )


@pytest.fixture
def asking(the_app):
    def ask(**args):
        return the_app.test_request_context("/list/", query_string=args)

    return ask


def test_without_a_query_string_everything_is_default(asking):
    with asking():
        found = read()

    assert (found.q, found.sort, found.descending, found.choices) == ("", "total", True, {})
    assert (found.page.size, found.page.number, found.notices) == (50, 1, ())


@pytest.mark.parametrize(
    "args",
    [
        {"sort": "password"},
        {"sort": "-"},
        {"status": "stolen"},
        {"per_page": "7"},
        {"per_page": "-25"},
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "٣"},
        {"page": "1e9"},
        {"after": "made-up"},
        {"before": "W10.made.up"},
        {"vat": "maybe"},
    ],
    ids=str,
)
def test_an_unknown_value_is_ignored_with_a_notice(asking, args):
    with asking(**args):
        found = read()

    assert len(found.notices) == 1
    assert next(iter(args)) in found.notices[0]
    assert (found.sort, found.page.size, found.page.number) == ("total", 50, 1)


def test_links_keep_the_filters_and_begin_at_the_first_page(asking):
    with asking(q="cosmos", status="active", page="3", after="x"):
        assert list_url(sort="name") == "/list/?q=cosmos&status=active&sort=name"
        assert list_url(status=None) == "/list/?q=cosmos"


@pytest.mark.parametrize("name", ["endpoint", "_external", "_anchor", "values", "self"])
def test_no_name_in_the_query_string_breaks_a_link(asking, name):
    with asking(**{name: "x"}):
        assert list_url() == f"/list/?{name}=x"


def test_a_second_click_on_a_column_sorts_the_other_way(asking):
    with asking():
        assert sort_url("name", read()) == "/list/?sort=name"
    with asking(sort="name"):
        assert sort_url("name", read()) == "/list/?sort=-name"


def test_a_neighbouring_page_is_found_again(asking):
    with asking(q="x", sort="name"):
        url = page_url(read(), after=Position(2, ("a", "b")))

    with asking(**dict(part.split("=") for part in url.partition("?")[2].split("&"))):
        assert read().page.after == Position(2, ("a", "b"))


def test_a_position_of_another_sort_begins_at_the_first_page(asking):
    with asking(sort="name"):
        url = page_url(read(), after=Position(2, ("a", "b")))
    after = url.partition("after=")[2]

    with asking(sort="total", after=after):
        assert read().page.after is None


def test_a_search_loses_nul_and_is_cut_to_a_sensible_length(asking):
    with asking(q="a\x00b" + "c" * 500):
        assert read().q.startswith("abc")
        assert len(read().q) == 200
