"""The sandbox's control surface as Python."""

import datetime as dt
from pathlib import Path
from uuid import uuid4

import requests


class Sandbox:
    """What stands outside Microsoft's contract: faults, clock, ledger, seed."""

    def __init__(self, url: str, state_dir: Path) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(state_dir / "sandbox-ca.pem")

    def reset(self):
        self._post("reset")

    def fault(self, route, kind, *, times=1):
        """`times` 0: until `forget_faults`."""
        self._post("faults", {"route": route, "kind": kind, "times": times})

    def forget_faults(self):
        answer = self._session.delete(f"{self.url}/__sandbox__/faults", timeout=20)
        answer.raise_for_status()

    def advance(self, seconds):
        self._post("clock", {"advance_seconds": seconds})

    def travel(self, to):
        """Forward to this instant."""
        now = dt.datetime.fromisoformat(self._get("clock")["now"])
        self.advance((to - now).total_seconds())

    def change(self, **settings):
        self._post("settings", settings)

    def set_price(self, product_id, sku_id, unit_price):
        self._post(
            "prices", {"product_id": product_id, "sku_id": sku_id, "unit_price": str(unit_price)}
        )

    def seed(self, **things):
        return self._post("seed", things)

    def ledger(self, reference=""):
        """The orders whose reference begins with `reference`."""
        orders = self._get("ledger")["orders"]
        return [order for order in orders if order["reference"].startswith(reference)]

    def orders_of(self, asset):
        """How often Microsoft sold this asset."""
        return len(self.ledger(f"AST-{asset.number:06d}-"))

    def cancel(self, asset):
        """Somebody cancels the asset's order in Partner Center."""
        for order in self.ledger(f"AST-{asset.number:06d}-"):
            self._post("cancellations", {"order_id": order["order_id"]})

    def change_order(self, order_id, **changes):
        """Somebody gives some of it back, or chooses another scope."""
        self._post("changes", {"order_id": order_id, **changes})

    def requests(self, since=0):
        found = self._get(f"requests?since={since}")
        return found["requests"] if isinstance(found, dict) else found

    def last_request(self):
        return max((entry["n"] for entry in self.requests()), default=0)

    def knows(self, account, *plans, suspended=False, registered=True):
        """Make the account a customer at Microsoft, with these of our Azure plans."""
        account_id = account.microsoft_tenant_id or str(uuid4())
        self.seed(
            customers=[
                {
                    "id": account_id,
                    "company": account.name,
                    "domain": f"{account_id[:8]}.onmicrosoft.example",
                    "country": account.country,
                    "agreement": True,
                }
            ],
            plans=[
                {
                    "id": plan.microsoft_subscription_id,
                    "customer_id": account_id,
                    "name": plan.name,
                    "status": "suspended" if suspended else "active",
                    "registered": registered,
                }
                for plan in plans
            ],
        )
        return account_id

    def _post(self, path, body=None):
        answer = self._session.post(f"{self.url}/__sandbox__/{path}", json=body or {}, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def _get(self, path):
        answer = self._session.get(f"{self.url}/__sandbox__/{path}", timeout=20)
        answer.raise_for_status()
        return answer.json()
