"""What a run showed: JSON for machines, one HTML file for people."""

import html
import json
import platform
import subprocess
import sys

from tests.support.nursery import REPOSITORY

_STYLE = """
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8884; }
.green { color: #1a7f37; } .red { color: #cf222e; font-weight: 600; }
details { margin: .1rem 0; } summary { cursor: pointer; }
code { font-size: 12px; } .lane { position: relative; height: 12px; background: #8882; }
.lane i { position: absolute; top: 0; bottom: 0; width: 3px; }
.queued { background: #6e7781; } .cart_ready { background: #9a6700; }
.checkout_sent { background: #bf8700; } .unknown { background: #8250df; }
.ordered { background: #0969da; } .synchronized { background: #1a7f37; }
.failed { background: #cf222e; } .abandoned { background: #24292f; }
"""


def figures(run):
    """All figures of a run as plain data."""
    notes = run.notes
    return {
        "green": run.is_green,
        **_size(run),
        "faults_planned": notes["faults"],
        "line_faults_played": notes["lines"],
        "saved_by_staff": notes["saved"],
        "events": _counted(event.what for event in run.events),
        "failpoint_hits": notes["hits"],
        "seconds_to_synchronized": _waits(run),
        "seconds": {name: round(notes[name], 1) for name in ("setup_seconds", "load_seconds")},
        "final_after": round(notes["final_after"], 1),
        "invariants": [
            {"name": v.name, "promise": v.promise, "said": v.said, "broken": v.broken[:50]}
            for v in run.verdicts
        ],
        "machine": {"python": sys.version.split()[0], "system": platform.platform()},
        "commit": _commit(),
    }


def _size(run):
    plan, notes = run.plan, run.notes
    by_action = {
        action: sum(of_point.get(action, 0) for of_point in notes["hits"].values())
        for action in ("kill9", "pause")
    }
    return {
        "seed": plan.seed,
        "mode": plan.mode,
        "command": plan.command,
        "purchases": len(run.books.purchases),
        "orders": len(run.books.orders),
        "states": _counted(purchase["state"] for purchase in run.books.purchases),
        "kills": notes["kills"] + by_action["kill9"],
        "kills_from_outside": notes["kills"],
        "kills_at_failpoints": by_action["kill9"],
        "frozen": notes["zombies"] + by_action["pause"],
    }


def _waits(run):
    waits = sorted(
        (p["finished_at"] - p["created_at"]).total_seconds()
        for p in run.books.purchases
        if p["finished_at"]
    )
    return {
        "p50": _percentile(waits, 50),
        "p95": _percentile(waits, 95),
        "p99": _percentile(waits, 99),
        "max": round(waits[-1], 1) if waits else None,
    }


def write(run):
    """report.json and report.html in the run's folder."""
    found = figures(run)
    text = json.dumps(found, indent=2, default=str)
    (run.plan.folder / "report.json").write_text(text, encoding="utf-8")
    (run.plan.folder / "report.html").write_text(_page(run, found), encoding="utf-8")
    return found


def sentences(run):
    """For the console: a line for each invariant, and what broke it."""
    for verdict in run.verdicts:
        colour = "RED  " if verdict.broken else "green"
        yield f"{colour} {verdict.name:8} {verdict.promise}: {verdict.said}"
        yield from (f"        {each}" for each in verdict.broken[:10])
    found = figures(run)
    yield (
        f"{found['purchases']} purchases, {found['orders']} orders, {found['kills']} kills,"
        f" {found['frozen']} frozen; seconds to synchronized {found['seconds_to_synchronized']}"
    )


def _percentile(values, percent):
    if not values:
        return None
    return round(values[min(len(values) - 1, len(values) * percent // 100)], 1)


def _counted(names):
    found = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _commit():
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607  # git of the path
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _page(run, found):
    title = f"Chaos, seed {run.plan.seed}, mode {run.plan.mode}"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        _sum_line(run, found),
        f"<p><code>{html.escape(found['command'])}</code> at {found['commit']}</p>",
        _table(
            ("", "Promise", "Found", "Broken by"),
            [
                (_dot(v), v.promise, v.said, "; ".join(map(str, v.broken[:20])))
                for v in run.verdicts
            ],
        ),
        "<h2>Failpoints</h2>",
        _table(
            ("Point", "Hits"),
            [(point, json.dumps(n)) for point, n in sorted(found["failpoint_hits"].items())],
        ),
        "<h2>What was broken</h2>",
        _table(("What", "Times"), found["events"].items()),
        "<h2>Each purchase</h2>",
        *(_timeline(run, purchase) for purchase in run.books.purchases),
    ]
    return "\n".join(parts)


def _sum_line(run, found):
    return (
        f"<p class={_colour(run.is_green)}>{found['purchases']} purchases, {found['orders']}"
        f" orders, {found['kills']} kills, {found['frozen']} frozen past the lease.</p>"
    )


def _dot(verdict):
    return f"{verdict.name} {'red' if verdict.broken else 'green'}"


def _colour(is_green):
    return "green" if is_green else "red"


def _table(heads, rows):
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(each))}</td>" for each in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _timeline(run, purchase):
    events = run.books.events.get(purchase["id"], [])
    if not events:
        return ""
    start = events[0]["at"]
    whole = max((events[-1]["at"] - start).total_seconds(), 0.001)
    marks, lines = [], []
    for event in events:
        after = (event["at"] - start).total_seconds()
        words = " ".join(filter(None, (event["event"], event["error_code"], event["actor"])))
        marks.append(
            f'<i class={event["state"]} style="left:{after / whole * 99:.1f}%"'
            f' title="{html.escape(words)}"></i>'
        )
        lines.append((f"{after:.2f} s", event["state"], words, event["message"] or ""))
    return (
        f"<details><summary>{purchase['own_ref']} <b>{purchase['state']}</b> in {whole:.1f} s"
        f"<div class=lane>{''.join(marks)}</div></summary>"
        f"{_table(('After', 'State', 'What', 'Words'), lines)}</details>"
    )
