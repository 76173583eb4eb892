"""The sandbox as a process of its own, and clients that know only its addresses."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from app.config import MicrosoftSettings
from app.integrations.microsoft import PartnerCenterClient, TokenSource

REPOSITORY = Path(__file__).parents[3]
PATIENCE = 600  # tries of a tenth of a second


class Sandbox:
    """The running sandbox, and what stands outside Microsoft's contract on it."""

    def __init__(self, url, state):
        self.url = url
        self.ca_bundle = state / "sandbox-ca.pem"
        self._state = state
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(self.ca_bundle)

    def settings(self, **changes):
        facts = json.loads((self._state / "sandbox.json").read_text(encoding="utf-8"))
        return MicrosoftSettings(
            **{
                "login_url": self.url,
                "partner_center_url": self.url,
                "partner_api_url": self.url,
                "arm_url": self.url,
                "tenant_id": facts["tenant_id"],
                "client_id": facts["client_id"],
                "client_secret": facts["client_secret"],
                "refresh_token": facts["refresh_token"],
                "ca_bundle": self.ca_bundle,
                "read_timeout": 20.0,
                **changes,
            }
        )

    def reset(self):
        self._control("reset")

    def fault(self, route, kind, *, times=1):
        self._control("faults", {"route": route, "kind": kind, "times": times})

    def advance(self, seconds):
        self._control("clock", {"advance_seconds": seconds})

    def change(self, **settings):
        self._control("settings", settings)

    def orders(self, reference):
        found = self._session.get(f"{self.url}/__sandbox__/ledger", timeout=10).json()["orders"]
        return [order for order in found if order["reference"] == reference]

    def requests(self):
        return self._session.get(f"{self.url}/__sandbox__/requests?since=0", timeout=10).json()

    def answers(self):
        try:
            return self._session.get(f"{self.url}/__sandbox__/ledger", timeout=10).ok
        except (requests.ConnectionError, OSError):
            return False

    def close(self):
        self._session.close()

    def _control(self, call, body=None):
        url = f"{self.url}/__sandbox__/{call}"
        self._session.post(url, json=body or {}, timeout=10).raise_for_status()


@dataclass
class StoredToken:
    """A place for the refresh token, as long as the test."""

    token: str | None = None

    def load(self):
        return self.token

    def save(self, token):
        self.token = token


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(process, sandbox):
    for _ in range(PATIENCE):
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if sandbox.ca_bundle.exists() and sandbox.answers():
                return
        else:
            break
    pytest.fail(f"The sandbox does not start: {process.returncode}")


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory):
    state = tmp_path_factory.mktemp("sandbox")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=REPOSITORY,
        env={**os.environ, "SANDBOX_PORT": str(port), "ENTREPOT_STATE": str(state)},
    )
    sandbox = Sandbox(f"https://127.0.0.1:{port}", state)
    try:
        wait_for(process, sandbox)
        yield sandbox
    finally:
        sandbox.close()
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def sandbox(running_sandbox):
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def store():
    return StoredToken()


@pytest.fixture
def token_source(store):
    """Makes token sources for given settings, and closes them."""
    made = []

    def make(settings):
        made.append(TokenSource(settings, store))
        return made[-1]

    yield make
    for source in made:
        source.close()


@pytest.fixture
def client_for(token_source):
    """Makes clients for given settings, and closes them."""
    made = []

    def make(settings, *, tokens=None):
        made.append(PartnerCenterClient(settings, tokens or token_source(settings)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(client_for, sandbox):
    return client_for(sandbox.settings())


@pytest.fixture
def customer_id(client):
    """A direct customer of the demo."""
    customers = client.list_customers()
    return next(c.id for c in customers if c.company_name == "Kalamata Estates")


@pytest.fixture
def plan_id(client, customer_id):
    """The customer's Azure plan."""
    subscriptions = client.list_subscriptions(customer_id)
    return next(s.id for s in subscriptions if "azure plan" in s.offer_name.lower())
