"""R02, the reconciliation drill: make every difference to Microsoft, and find each of them once.

`make drill-reconcile` runs it: people buy, then somebody changes things behind our back, at
Microsoft or in our tables. Each change must be one case with both values; nothing else may be one.
"""

import sys
from collections import Counter

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.domain.purchase_waits import QUIET
from app.domain.reconciliation import CaseKind
from tests.chaos.drill import Drill, asked_for

_DESK = "/bss/reconciliation/"
_CASES = """
SELECT id::text, kind, differs, state, owner_id, asset_id::text, order_id, account_id
  FROM reconciliation_cases WHERE number > %s ORDER BY number
"""
_LAST_CASE = "SELECT coalesce(max(number), 0) AS number FROM reconciliation_cases"
_LAST_RUN = """
SELECT started_at, actor, matched, unread, adopted FROM reconciliation_runs
 WHERE finished_at IS NOT NULL ORDER BY started_at DESC LIMIT 1
"""
_PLANS = """
SELECT p.order_id, r.subscription_id::text AS plan_id FROM purchases p
  JOIN reservations r ON r.id = p.asset_id
"""
_ADOPTED = """
SELECT count(*), count(l.id) FILTER (WHERE l.corrects_line_id IS NULL) AS invoiced
  FROM assets a LEFT JOIN invoice_lines l ON l.asset_id = a.id
 WHERE a.microsoft_order_id = ANY(%s) AND a.origin = 'adopted'
"""
# What a repair by SQL, past all triggers, would leave behind.
_REWRITE = "UPDATE purchases SET params = params || %s WHERE own_ref = %s"
_EXCHANGE = """
WITH exchanged AS (
  UPDATE purchases SET order_id = %(unheard)s, own_ref = %(reference)s,
         created_at = created_at - interval '1 hour'
   WHERE own_ref = %(own_ref)s RETURNING asset_id)
UPDATE assets SET microsoft_order_id = %(unheard)s,
       microsoft_ordered_at = microsoft_ordered_at - interval '1 hour'
 WHERE id IN (SELECT asset_id FROM exchanged)
"""
_AGE_ORDERS = "UPDATE purchase_events SET at = at - %s WHERE purchase_id::text = %s"
_AGE_READINGS = "UPDATE customer_readings SET reconciled_at = reconciled_at - %s"
_AGE_RUNS = "UPDATE reconciliation_runs SET started_at = started_at - interval '25 hours'"
_WRONG = {
    "Product ID": {"sku_id": "FFFF"},
    "Term": {"term_duration": "P9Y"},
    "Cost": {"cost": "1.2345"},
    "Customer": {"customer_id": "another"},
}
_DIFFERENCES = len(_WRONG) + 4  # and: a quantity, an order exchanged, one outside, one twice


class Differences(Drill):
    """Each difference `each` times, and as many purchases that are left alone."""

    def __init__(self, each, seed, folder):
        # twice as many as are needed: only reservations of two and more can be given back in part
        super().__init__(purchases=2 * each * (_DIFFERENCES + 1), seed=seed, folder=folder)
        self.each = each
        self.wanted = Counter()

    def go(self):
        self.buy(self.wishes)
        self.newest = self._ask(_LAST_CASE)["number"]
        self._expect_agreement()
        self._make_differences()
        self._expect_each_once()
        self._expect_owners()
        self._adopt_what_was_bought_outside()
        self._mend_and_expect_the_end()
        self._expect_the_schedule()

    # ------------------------------------------------------------------------- what is compared

    def _compare(self):
        """Asked for by staff; what the run found."""
        before = self._run()
        self.staff.press(_DESK, "/run")
        self.look_after_until(
            lambda: self._run() != before, seconds=300, what="the comparison to end"
        )
        return self._run()

    def _run(self):
        return self._ask(_LAST_RUN)

    def _cases(self):
        return self._ask_all(_CASES, self.newest)

    def _ask(self, query, *values):
        return next(iter(self._ask_all(query, *values)), None)

    def _ask_all(self, query, *values):
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def _change(self, query, values):
        """Past every trigger, as only the database's owner can."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(query, values)

    # ----------------------------------------------------------------------------------- steps

    def _expect_agreement(self):
        bought = len(self.books().purchases)
        run, cases = self._compare(), self._cases()
        self.must(
            "what agrees opens no case",
            holds=not cases and not run["unread"] and run["matched"] >= bought,
            seen=f"{bought} bought, {run['matched']} match, {len(cases)} cases",
        )

    def _make_differences(self):
        found = self.books()
        orders = {order["order_id"]: order for order in found.orders}
        plans = {row["order_id"]: row["plan_id"] for row in self._ask_all(_PLANS)}
        self.plans = {orders[each]["customer_id"]: plans[each] for each in plans if each in orders}
        left = [p for p in found.purchases if p["order_id"] in plans]
        divisible = [p for p in left if p["params"]["quantity"] > 1]
        for purchase in divisible[: self.each]:
            left.remove(purchase)
            self._give_one_back(purchase)
        self.rewritten = []
        for field, wrong in _WRONG.items():
            for purchase in self._take(left):
                self._rewrite(purchase, field, wrong)
        for purchase in self._take(left):
            self._exchange(purchase)
        self.outside = [self._buy(orders[p["order_id"]], "the web shop") for p in self._take(left)]
        for purchase in self._take(left):
            self._buy(orders[purchase["order_id"]], purchase["own_ref"])
            self.wanted[(CaseKind.DIFFERS, "Order ID")] += 1
        self.wanted[(CaseKind.THEIRS_ONLY, "")] += len(self.outside)

    def _take(self, left):
        taken, left[:] = left[: self.each], left[self.each :]
        return taken

    def _give_one_back(self, purchase):
        self.sandbox.change_order(purchase["order_id"], quantity=purchase["params"]["quantity"] - 1)
        self.wanted[(CaseKind.DIFFERS, "Quantity")] += 1

    def _rewrite(self, purchase, field, wrong):
        self._change(_REWRITE, (Jsonb(wrong), purchase["own_ref"]))
        self.rewritten.append(
            (purchase["own_ref"], {key: purchase["params"][key] for key in wrong})
        )
        self.wanted[(CaseKind.DIFFERS, field)] += 1

    def _exchange(self, purchase):
        """Microsoft's order is lost here, and what stands here is nothing that Microsoft knows."""
        names = {
            "unheard": f"unheard-of-{purchase['number']}",
            "reference": f"{purchase['own_ref'][:-8]}ZZZZZZZZ",
            "own_ref": purchase["own_ref"],
        }
        self._change(_EXCHANGE, names)
        self.wanted[(CaseKind.OURS_ONLY, "Order ID")] += 1
        self.wanted[(CaseKind.RECREATED, "")] += 1

    def _buy(self, like, reference):
        """Somebody buys it in Partner Center."""
        order = {name: like[name] for name in ("customer_id", "catalog_item_id", "quantity")}
        return self.sandbox.seed(orders=[order | {"reference": reference}])["orders"][0]["id"]

    def _expect_each_once(self):
        for promise in ("each difference is one case of its kind", "the next finds the same ones"):
            self._compare()
            found = Counter((case["kind"], ", ".join(case["differs"])) for case in self._cases())
            missing, foreign = self.wanted - found, found - self.wanted
            self.must(
                promise,
                holds=not missing and not foreign,
                seen=f"{found.total()} cases, missing {dict(missing)}, foreign {dict(foreign)}",
            )

    def _expect_owners(self):
        for case in self._cases():
            self.staff.press(f"{_DESK}{case['id']}/", "/take")
        cases = self._cases()
        owned = sum(case["owner_id"] is not None for case in cases)
        self.must("each case has an owner", holds=owned == len(cases), seen=f"{owned} owned")

    def _adopt_what_was_bought_outside(self):
        cases = [case for case in self._cases() if case["kind"] == CaseKind.THEIRS_ONLY]
        sold = {order["order_id"]: order for order in self.sandbox.ledger()}
        for case in cases:
            plan_id = self.plans[sold[case["order_id"]]["customer_id"]]
            self.staff.press(f"{_DESK}{case['id']}/", "/adopt", plan_id=plan_id)
        adopted = self._ask(_ADOPTED, self.outside)
        self.must(
            "what was bought outside is an asset, invoiced once",
            holds=adopted == {"count": len(self.outside), "invoiced": len(self.outside)},
            seen=adopted,
        )

    def _mend_and_expect_the_end(self):
        for own_ref, right in self.rewritten:
            self._change(_REWRITE, (Jsonb(right), own_ref))
        self._compare()
        live = Counter(case["kind"] for case in self._cases() if case["state"] == "in_work")
        self.must(
            "what is mended ends its case by itself; the others stay with their owner",
            holds=live == self._others(),
            seen=dict(live),
        )

    def _others(self):
        """By kind, without what was rewritten and is right again, and what is adopted."""
        live = Counter()
        for (kind, differs), count in self.wanted.items():
            if differs not in _WRONG and kind != CaseKind.THEIRS_ONLY:
                live[kind] += count
        return live

    def _expect_the_schedule(self):
        """Nobody asks: half an hour after an order, and once a day."""
        self.newest = self._ask(_LAST_CASE)["number"]
        purchase = next(p for p in self.books().purchases if p["own_ref"] == self.rewritten[0][0])
        self._change(_REWRITE, (Jsonb(_WRONG["Cost"]), purchase["own_ref"]))
        self._change(_AGE_ORDERS, (QUIET, purchase["id"]))
        self._change(_AGE_READINGS, (QUIET,))
        self.look_after_until(self._cases, seconds=300, what="a case half an hour after the order")
        seen = [(case["kind"], *case["differs"]) for case in self._cases()]
        self.must(
            "half an hour after an order its customer is compared by itself",
            holds=seen == [(CaseKind.DIFFERS, "Cost")],
            seen=seen,
        )
        self._change(_AGE_RUNS, ())
        before = self._run()["started_at"]
        self.look_after_until(
            lambda: self._run()["started_at"] > before, seconds=300, what="the daily comparison"
        )
        run = self._run()
        self.must(
            "once a day all are compared by themselves",
            holds=run["actor"] == "reconciliation" and not run["unread"],
            seen=run,
        )


if __name__ == "__main__":
    sys.exit(asked_for(Differences, each=10, folder="differences"))
