"""Pages by key and by number, on real rows."""

import pytest
import sqlalchemy as sa

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.models import Account
from app.services.pages import Keys, PageRequest, Position, fetch_page
from tests.factories import AccountFactory

pytestmark = pytest.mark.usefixtures("app_context")
BY_NAME = Keys(columns=(Account.name, Account.id))


@pytest.fixture
def names():
    """Seven accounts, two of which share a name."""
    found = ["a", "b", "c", "c", "d", "e", "f"]
    for name in found:
        AccountFactory(name=name)
    return found


def fetch(keys=BY_NAME, **wanted):
    query = sa.select(Account.name)
    return fetch_page(reading(SYSTEM_SCOPE), query, keys, PageRequest(size=3, **wanted), total=7)


def names_of(page):
    return [row.name for row in page.items]


def test_following_next_visits_every_row_once(names):
    page = fetch()
    seen, numbers = names_of(page), [page.number]

    while page.next:
        page = fetch(after=page.next)
        seen += names_of(page)
        numbers.append(page.number)

    assert seen == names
    assert numbers == [1, 2, 3]


def test_following_previous_leads_back(names):
    last = fetch(number=3)

    middle = fetch(before=last.previous)
    first = fetch(before=middle.previous)

    assert names_of(middle) == names[3:6]
    assert names_of(first) == names[:3]
    assert (middle.number, first.number, first.previous) == (2, 1, None)
    assert names_of(fetch(after=first.next)) == names[3:6]


def test_a_page_can_be_asked_for_by_its_number(names):
    page = fetch(number=2)

    assert names_of(page) == names[3:6]
    assert (page.first_row, page.last_row) == (4, 6)


def test_a_number_beyond_the_last_page_is_the_last_page(names):
    assert names_of(fetch(number=99)) == names[6:]


def test_descending_lists_run_the_other_way(names):
    keys = Keys(columns=(Account.name, Account.id), descending=True)
    page = fetch(keys)

    assert names_of(page) == names[:3:-1]
    assert names_of(fetch(keys, after=page.next)) == ["c", "c", "b"]


@pytest.mark.parametrize("keys", [(), ("a",), ("a", "no uuid"), ("a", "b", "c")])
def test_a_position_of_another_list_counts_as_none(names, keys):
    assert names_of(fetch(after=Position(2, keys))) == names[:3]


def test_an_empty_list_is_one_empty_page():
    page = fetch_page(
        reading(SYSTEM_SCOPE), sa.select(Account.name), BY_NAME, PageRequest(), total=0
    )

    assert (page.items, page.number, page.first_row, page.has_several) == ([], 1, 0, False)
