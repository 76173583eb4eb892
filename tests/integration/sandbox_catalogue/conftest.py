"""The whole sandbox in this process, and callers with tokens of both kinds."""

import json

import pytest

from sandbox import demo
from sandbox.catalogue.model import get_catalogue, reset_prices
from sandbox.customer_book import list_customers
from sandbox.server import create_sandbox
from sandbox.state import SandboxState
from sandbox.tokens import PARTNER_CENTER, new_access_token


class Caller:
    """Reads answers as a careful client does: byte order mark or not."""

    def __init__(self, client, token):
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path, **query):
        return self._client.get(path, query_string=query or None, headers=self._headers)

    def post(self, path, body):
        return self._client.post(path, json=body, headers=self._headers)

    def read(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return body_of(answer)

    def read_all(self, path, **query):
        """Every item of a collection, and how many pages it took."""
        page = self.read(path, **query)
        items = page["items"]
        pages = 1
        while "next" in page["links"]:
            page = self.read("/v1" + page["links"]["next"]["uri"])
            items += page["items"]
            pages += 1
        return items, pages

    def refusal(self, path, **query):
        answer = self.get(path, **query)
        return answer.status_code, body_of(answer)["code"]


def body_of(answer):
    return json.loads(answer.data.decode("utf-8-sig"))


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    opened = SandboxState.opened(tmp_path_factory.mktemp("catalogue"))
    demo.load(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(state):
    return create_sandbox(state).test_client()


@pytest.fixture
def caller(client, state):
    return Caller(client, _token(state, has_user=True))


@pytest.fixture
def app_only_caller(client, state):
    return Caller(client, _token(state, has_user=False))


def _token(state, *, has_user):
    tenant_id = state.storage.remembered("tenant_id")
    return new_access_token(state, tenant_id, PARTNER_CENTER, has_user=has_user)


@pytest.fixture
def customer_id(state):
    return list_customers(state)[0].id


@pytest.fixture
def catalogue():
    yield get_catalogue()
    reset_prices()


@pytest.fixture
def demo_item(catalogue):
    return catalogue.find_titled("Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year")
