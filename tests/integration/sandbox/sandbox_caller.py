"""A sandbox in a process of its own, and a caller that buys there as a partner's app would."""

import json
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import requests

from sandbox.catalogue.model import get_catalogue

ROOT = Path(__file__).parents[3]
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
AT_ONCE = {
    "list_lag_seconds": 0,
    "order_pending_seconds": 0,
    "subscription_id_delay_seconds": 0,
    "registration_seconds": 0,
    "provisioning_step_seconds": 0,
}
RESERVATION = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
SOFTWARE = "Windows Server CAL - 1 User - 1 Year"
PERPETUAL = "SQL Server 2022 Standard"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def item_id(title: str) -> str:
    return get_catalogue().find_titled(title).catalog_item_id


class SandboxProcess:
    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox"],
            cwd=ROOT,
            env=os.environ | {"SANDBOX_PORT": str(self.port), "ENTREPOT_STATE": str(self.folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline().startswith("Sandbox is ready")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Caller:
    """Calls a sandbox as an application of the partner would."""

    def __init__(self, process: SandboxProcess) -> None:
        self.url = f"https://127.0.0.1:{process.port}"
        self.access = json.loads((process.folder / "sandbox.json").read_text())
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(process.folder / "sandbox-ca.pem")
        self._token: str | None = None

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.url}/__sandbox__/{path}"
        method = "GET" if body is None else "POST"
        answer = self.session.request(method, url, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        self.control("reset", {})
        self.control("settings", AT_ONCE)
        self._token = None

    def settings(self, **changes: Any) -> None:
        self.control("settings", changes)

    def plan_fault(self, route: str, kind: str, **more: Any) -> None:
        self.control("faults", {"route": route, "kind": kind} | more)

    def advance(self, **duration: float) -> None:
        factors = {"seconds": 1, "hours": 3600, "days": 86400}
        seconds = sum(factors[name] * amount for name, amount in duration.items())
        self.control("clock", {"advance_seconds": seconds})
        self._token = None

    def request_token(self, tenant: str | None = None, **form: str) -> requests.Response:
        client = {
            "client_id": self.access["client_id"],
            "client_secret": self.access["client_secret"],
        }
        url = f"{self.url}/{tenant or self.access['tenant_id']}/oauth2/v2.0/token"
        return self.session.post(url, data=client | form, timeout=30)

    def app_token(self, audience: str = PARTNER_CENTER) -> str:
        answer = self.request_token(grant_type="client_credentials", scope=f"{audience}/.default")
        return answer.json()["access_token"]

    def user_token(self, tenant: str | None = None, audience: str = PARTNER_CENTER) -> str:
        answer = self.request_token(
            tenant,
            grant_type="refresh_token",
            scope=f"{audience}/user_impersonation offline_access",
            refresh_token=self.access["refresh_token"],
        )
        return answer.json()["access_token"]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        if token is None:
            self._token = self._token or self.user_token()
            token = self._token
        return self.session.request(
            method,
            f"{self.url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"} | (headers or {}),
            timeout=30,
        )

    def get(self, path: str) -> Any:
        return read(self.call("GET", path), 200)

    def customer(self, name: str) -> dict[str, Any]:
        return next(c for c in self.access["customers"] if c["name"].startswith(name))

    def reservation_line(self, reference: str, **changes: Any) -> dict[str, Any]:
        plan_id = self.customer("Aegean")["plans"][0]["id"]
        return {
            "id": 0,
            "catalogItemId": item_id(RESERVATION),
            "friendlyName": reference,
            "quantity": 2,
            "billingCycle": "one_time",
            "termDuration": "P1Y",
            "provisioningContext": {"subscriptionId": plan_id, "scope": "shared"},
        } | changes

    def software_line(self, reference: str, **changes: Any) -> dict[str, Any]:
        return {
            "id": 0,
            "catalogItemId": item_id(SOFTWARE),
            "friendlyName": reference,
            "quantity": 3,
            "billingCycle": "one_time",
            "termDuration": "P1Y",
        } | changes

    @property
    def aegean(self) -> str:
        return f"/v1/customers/{self.customer('Aegean')['tenant_id']}"

    def new_cart(self, *lines: dict[str, Any]) -> str:
        answer = self.call("POST", f"{self.aegean}/carts", {"lineItems": list(lines)})
        return read(answer, 201)["id"]

    def checkout(self, cart_id: str, request_id: str | None = None) -> requests.Response:
        headers = {"MS-RequestId": request_id or str(uuid.uuid4())}
        return self.call("POST", f"{self.aegean}/carts/{cart_id}/checkout", headers=headers)

    def buy(self, line: dict[str, Any]) -> dict[str, Any]:
        (order,) = read(self.checkout(self.new_cart(line)), 201)["orders"]
        return order

    def bought(self, reference: str) -> list[dict[str, Any]]:
        orders = self.control("ledger")["orders"]
        return [order for order in orders if order["reference"] == reference]


def read(answer: requests.Response, status: int) -> Any:
    text = answer.content.decode("utf-8-sig")
    assert answer.status_code == status, text
    return json.loads(text)


def code_of(answer: requests.Response, status: int) -> str:
    return read(answer, status)["code"]


def start_in_vain(*arguments: str) -> str:
    """What a start that cannot work says before it ends with 1."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr
