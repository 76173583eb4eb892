"""I1 to I12, alerts, coverage: each reads the provider's ledger first, and says what breaks it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from app.domain.purchase import PurchaseState, allowed_moves
from app.failpoints import Point
from tests.chaos.plan import UNREACHED

_MOVES = set(allowed_moves())
_NOBODYS = {"state": None}
_IN_MODE_C = {"synchronized", "unknown"}
_LONGEST_LOCK = 5.0
_ALERT_WITHIN = dt.timedelta(minutes=2)


@dataclass
class Verdict:
    """`broken` is empty where it holds; `said` is the figure for the report."""

    name: str
    promise: str
    said: str
    broken: list = field(default_factory=list)


def check_all(run):
    """All verdicts of a finished run (`run` has plan, books, results, crew, notes)."""
    checks = (
        once,
        acknowledged,
        known,
        no_ghost,
        graph,
        money,
        nobody_waits,
        retry_after,
        one_history,
        no_false_error,
        nothing_left,
        joined,
        alerted,
        hit_points,
    )
    return [check(run) for check in checks]


def once(run):
    references = Counter(order["reference"] for order in run.books.orders)
    assets = Counter(order["reference"].rpartition("-")[0] for order in run.books.orders)
    carts = Counter(order["cart_id"] for order in run.books.orders)
    twice = [
        name for counted in (references, assets, carts) for name, n in counted.items() if n > 1
    ]
    said = f"{len(run.books.orders)} orders, {len(twice)} bought twice"
    return Verdict("I1", "at most one order for a wish, an asset, a cart", said, twice)


def acknowledged(run):
    bought = Counter(order["reference"].rpartition("-")[0] for order in run.books.orders)
    shown = {f"AST-{p['number']:06d}": p["shown"] for p in run.books.purchases}
    lost = []
    for result in run.results:
        is_shown_open = shown.get(result.asset) in {"failed", "being_checked"}
        if result.acknowledged_at and bought[result.asset] != 1 and not is_shown_open:
            lost.append(f"{result.asset or result.wish.number}: {bought[result.asset]} orders")
    lost += [f"wish {r.wish.number}: {r.gave_up}" for r in run.results if r.gave_up]
    taken = sum(bool(result.acknowledged_at) for result in run.results)
    said = f"{taken} acknowledged, {len(lost)} lost"
    return Verdict("I2", "whoever saw a yes has exactly one order, or a refusal shown", said, lost)


def known(run):
    ours = run.books.by_reference
    wrong = []
    for order in run.books.orders:
        purchase = ours.get(order["reference"])
        if purchase and (differs := _differs(order, purchase) - _undecided(run, purchase)):
            wrong.append(f"{order['reference']}: {', '.join(sorted(differs))}")
    said = f"{len(run.books.orders)} compared, {len(wrong)} differ"
    return Verdict("I3", "every order is ours: customer, item, quantity, term, price", said, wrong)


def _differs(order, purchase):
    wanted = purchase["params"]
    pairs = {
        "order": (order["order_id"], purchase["order_id"]),
        "customer": (order["customer_id"].lower(), wanted["customer_id"].lower()),
        "item": (
            order["catalog_item_id"].upper().split(":")[:2],
            [wanted["product_id"].upper(), wanted["sku_id"].upper()],
        ),
        "quantity": (order["quantity"], wanted["quantity"]),
        "term": (order["term_duration"], wanted["term_duration"]),
        "price": (Decimal(str(order["price"])), Decimal(wanted["cost"])),
    }
    return {name for name, (theirs, ours) in pairs.items() if theirs != ours}


def _undecided(run, purchase):
    """What need not agree: in mode C people decide about a purchase that is unknown."""
    is_undecided = run.plan.mode == "C" and purchase["state"] == PurchaseState.UNKNOWN
    return {"order"} if is_undecided else set()


def no_ghost(run):
    ours = {purchase["order_id"] for purchase in run.books.purchases if purchase["order_id"]}
    theirs = {order["order_id"] for order in run.books.orders}
    references = set(run.books.by_reference)
    ghosts = [o["reference"] for o in run.books.orders if o["reference"] not in references]
    ghosts += [f"ours only: {order_id}" for order_id in ours - theirs]
    return Verdict(
        "I4", "no order without a row, no row without its order", str(len(ghosts)), ghosts
    )


def graph(run):
    left = []
    for purchase in run.books.purchases:
        states = [PurchaseState(e["state"]) for e in run.books.events.get(purchase["id"], [])]
        moves = pairwise(states)
        left += [
            f"{purchase['own_ref']}: {a} to {b}"
            for a, b in moves
            if a is not b and (a, b) not in _MOVES
        ]
    return Verdict("I5", "no purchase leaves the graph of states", f"{len(left)} moves", left)


def money(run):
    ours = run.books.by_reference
    undecided = [o for o in run.books.orders if _undecided(run, ours.get(o["reference"], _NOBODYS))]
    decided = [o for o in run.books.orders if o not in undecided]
    ledger = sum(Decimal(str(o["price"])) * o["quantity"] for o in decided)
    bought = [p for p in run.books.purchases if p["order_id"]]
    purchases = sum(Decimal(p["params"]["cost"]) * p["params"]["quantity"] for p in bought)
    assets = sum(p["unit_cost"] * p["quantity"] for p in bought)
    said = f"ledger {ledger:.2f}, purchases {purchases:.2f}, assets {assets:.2f}"
    if undecided:
        said += f", {len(undecided)} undecided left out"
    broken = [] if ledger == purchases == assets else [said]
    invoiced, uninvoiced = _invoiced(run)
    promise = "the sums agree to the cent, and each asset is invoiced once"
    return Verdict("I6", promise, f"{said}, {invoiced}", broken + uninvoiced)


def _invoiced(run):
    """At what its payer was told, whatever became of the purchase: an order invoices at once."""
    lines = {}
    for line in run.books.invoiced:
        lines.setdefault(line["asset_id"], []).append((line["quantity"], line["net"]))
    wanted = {p["asset_id"]: [(p["quantity"], p["buying_net"])] for p in run.books.purchases}
    wrong = [
        f"asset {asset_id} is invoiced as {lines.get(asset_id, [])}, not as {wanted.get(asset_id)}"
        for asset_id in sorted(wanted.keys() | lines.keys())
        if lines.get(asset_id) != wanted.get(asset_id)
    ]
    total = sum(net for of_asset in lines.values() for _, net in of_asset)
    return f"invoices {total:.2f} for {len(lines)} assets, {len(wrong)} wrong", wrong


def nobody_waits(run):
    allowed = _IN_MODE_C if run.plan.mode == "C" else {"synchronized"}
    waiting = [
        f"{p['own_ref']} is {p['state']}"
        for p in run.books.purchases
        if p["state"] not in allowed | {"abandoned"}
    ]
    seconds = run.notes["final_after"]
    if seconds > run.plan.final_seconds:
        waiting.append(f"the last one took {seconds:.1f} s")
    said = f"the last one final {seconds:.1f} s after the last fault"
    return Verdict("I7", f"all final within {run.plan.final_seconds} s", said, waiting)


def retry_after(run):
    """No call for the same purchase inside a window that the provider asked for."""
    until, inside = {}, []
    for request in run.books.requests:
        at = dt.datetime.fromisoformat(request["at"])
        who = request["ms_correlation_id"]
        if who in until and at < until[who] and request["route"]:
            inside.append(f"{request['route']} at {request['at']}")
        if request["status"] == 429:
            until[who] = at + dt.timedelta(seconds=run.notes["retry_after"])
    asked = sum(request["status"] == 429 for request in run.books.requests)
    return Verdict(
        "I8", "no call inside a Retry-After", f"{asked} asked, {len(inside)} early", inside
    )


def one_history(run):
    broken = []
    for purchase in run.books.purchases:
        events = run.books.events.get(purchase["id"], [])
        ordered = [e for e in events if e["event"] == "ordered"]
        if not events or not events[0]["event"].startswith("queued"):
            broken.append(f"{purchase['own_ref']} has no beginning")
        if purchase["order_id"] and len(ordered) != 1:
            broken.append(f"{purchase['own_ref']} was ordered {len(ordered)} times")
    broken += [run.notes["audit_problem"]] if run.notes["audit_problem"] else []
    count = sum(len(events) for events in run.books.events.values())
    said = f"{count} events, audit log {'broken' if run.notes['audit_problem'] else 'whole'}"
    return Verdict("I9", "one history for each purchase; the audit log is whole", said, broken)


def no_false_error(run):
    """A page that said error though the order was stored; no answer at all does not count."""
    false = []
    for result in run.results:
        stored = run.books.executed.get(result.order_id)
        if stored and result.wish.clicks == 1:
            false += [
                f"{result.asset}: {status}"
                for start, end, status in result.broken_presses
                if start <= stored.timestamp() <= end
            ]
    seen = sum(len(result.errors) for result in run.results)
    said = f"{seen} errors seen, {len(false)} of them for what was stored"
    return Verdict("I10", "no error is shown for what was stored", said, false)


def nothing_left(run):
    """Behind a frozen process, too: PostgreSQL ends its session, or the wait."""
    notes = run.notes
    broken = [f"process {pid} is left" for pid in notes["left"]]
    if notes["longest_lock"] > _LONGEST_LOCK:
        broken.append(f"a lock was waited for {notes['longest_lock']:.1f} s")
    if notes["longest_frozen_lock"] > _LONGEST_LOCK:
        broken.append(f"a frozen process kept a lock for {notes['longest_frozen_lock']:.1f} s")
    said = (
        f"{len(notes['left'])} processes left, longest wait for a lock"
        f" {notes['longest_lock']:.1f} s, behind a frozen process"
        f" {notes['longest_frozen_lock']:.1f} s, longest idle in a transaction"
        f" {notes['longest_idle']:.1f} s"
    )
    promise = "nothing is left over; no lock is waited for 5 s, not even a frozen process's"
    return Verdict("I11", promise, said, broken)


def joined(run):
    sent = Counter()
    for request in run.books.requests:
        if request["route"] == "checkout":
            sent[request["ms_correlation_id"]] += 1
    ids = Counter(p["correlation_id"] for p in run.books.purchases)
    broken = [
        f"{p['own_ref']} was never sent" for p in _bought(run) if not sent[p["correlation_id"]]
    ]
    broken += [f"{one} is shared" for one, n in ids.items() if n > 1]
    said = f"{len(_bought(run))} joined, {sum(sent.values())} checkouts"
    return Verdict("I12", "one correlation id from the web to Microsoft", said, broken)


def alerted(run):
    """Somebody is told of each purchase that nobody can decide by machine."""
    opened = run.books.alerts.get("unknown")
    untold, told = [], 0
    for purchase in run.books.purchases:
        if purchase["state"] != PurchaseState.UNKNOWN:
            continue
        since = _unknown_since(run.books.events[purchase["id"]])
        if opened is None or opened > since + _ALERT_WITHIN:
            untold.append(purchase["own_ref"])
        else:
            told += 1
    promise = "each unknown purchase has an alert within 2 minutes"
    return Verdict("alerts", promise, f"{told} told, {len(untold)} untold", untold)


def _unknown_since(events):
    """When its last stretch of being unknown began."""
    began = None
    for event in events:
        is_unknown = event["state"] == PurchaseState.UNKNOWN
        began = (began or event["at"]) if is_unknown else None
    return began


def _bought(run):
    return [purchase for purchase in run.books.purchases if purchase["order_id"]]


def hit_points(run):
    hits = {point: sum(of_point.values()) for point, of_point in run.notes["hits"].items()}
    wanted = [point for point in Point if point not in UNREACHED]
    seldom = [
        f"{point} was hit {hits.get(point, 0)} times"
        for point in wanted
        if hits.get(point, 0) < run.plan.least_hits
    ]
    rarest = min(hits.get(point, 0) for point in wanted)
    said = f"{sum(hits.values())} hits, the rarest point {rarest}"
    promise = f"each failpoint hit at least {run.plan.least_hits} times"
    return Verdict("coverage", promise, said, seldom)
