"""The Promela model of the purchase protocol and its seeded errors, checked by `spin`.

`python -m tests.support.spin` checks all of them and prints the counts; how each error comes about,
step by step, is in `test-results/model` afterwards.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).parent.parent / "model" / "purchase.pml"
MISSING = "The model needs `spin` and `gcc`: install them (apt-get install spin gcc)."
MEGABYTES, DEEPEST = 4000, 1_000_000
TRACES = Path("test-results/model")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way to compile the model; `finds` is what spin must find in it, "" for nothing."""

    name: str
    defines: tuple[str, ...]
    finds: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    states: int
    errors: int
    found: str
    is_complete: bool
    seconds: float


TWICE, LOST = "bought twice", "lost"

DESIGNS = (
    Variant(name="the protocol", defines=()),
    Variant(name="a checkout that cannot be repeated: parked", defines=("CANNOT_REPEAT",)),
)


def _twice(name: str, *defines: str) -> Variant:
    return Variant(name=name, defines=(*defines, "ONLY_TWICE"), finds=TWICE)


SEEDED_ERRORS = (
    _twice("neither fence nor write-once", "NO_FENCE", "NO_WRITE_ONCE"),
    Variant(name="no fence", defines=("NO_FENCE",), finds=LOST),
    _twice("a new cart on a time-out", "NEW_CART_ON_TIMEOUT"),
    _twice("a new cart after a refusal", "NEW_CART_AFTER_REFUSAL"),
    _twice("checked out before the cart is committed", "CHECKOUT_BEFORE_COMMIT"),
    _twice("search first, a new cart where nothing is found", "SEARCH_FIRST"),
    _twice("checkout sent not written before the call", "NO_WRITE_AHEAD"),
    _twice("no epoch: a worker of an old deploy", "NO_EPOCH"),
    _twice("a new generation without proof of absence", "GENERATION_WITHOUT_PROOF"),
    _twice("absence proved while the cart still lived", "PROOF_WHILE_THE_CART_LIVED"),
    _twice("cannot be repeated, sent again", "CANNOT_REPEAT", "RESEND_ANYHOW"),
    _twice(
        "cannot be repeated, absence proved, sent again", "CANNOT_REPEAT", "ABSENCE_THEN_RESEND"
    ),
    Variant(
        name="no look for an order after a refusal", defines=("NO_LOOK_AFTER_REFUSAL",), finds=LOST
    ),
    Variant(name="silence taken for a failure", defines=("SILENCE_IS_FAILED",), finds=LOST),
)


def check(variant: Variant, traces: Path | None = None) -> Outcome:
    """Let spin look at every state of the variant; raises RuntimeError where it cannot.

    How an error comes about is written to a file of the variant's name in the folder `traces`.
    """
    if not (shutil.which("spin") and shutil.which("gcc")):
        raise RuntimeError(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        defines = [f"-D{name}" for name in variant.defines]
        _run(["spin", "-a", *defines, str(MODEL)], folder)
        compiler = ["gcc", "-O2", "-w", "-DSAFETY", f"-DMEMLIM={MEGABYTES}"]
        _run([*compiler, "-o", "pan", "pan.c"], folder)
        started = time.monotonic()
        said = _run([f"{folder}/pan", f"-m{DEEPEST}"], folder)
        outcome = _read(said, time.monotonic() - started)
        if outcome.errors and traces:
            steps = ["spin", "-t", "-p", "-g", "-k", f"{MODEL.name}.trail", *defines, str(MODEL)]
            traces.mkdir(parents=True, exist_ok=True)
            name = variant.name.replace(" ", "-").replace(",", "").replace(":", "")
            (traces / f"{name}.txt").write_text(_run(steps, folder), encoding="utf-8")
        return outcome


def _run(command: list[str], folder: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own model
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def _read(said: str, seconds: float) -> Outcome:
    states = re.search(r"(\d+) states, stored", said)
    errors = re.search(r"errors: (\d+)", said)
    if states is None or errors is None:
        raise RuntimeError(f"spin said something else: {said}")
    failed = re.search(r"assertion violated (.*) \(at depth", said)
    found = "" if failed is None else TWICE if "orders<=1" in failed.group(1) else LOST
    is_cut = "Search not completed" in said or "max search depth too small" in said
    return Outcome(
        states=int(states.group(1)),
        errors=int(errors.group(1)),
        found=found,
        is_complete=not is_cut,
        seconds=seconds,
    )


def main() -> int:
    if not (shutil.which("spin") and shutil.which("gcc")):
        sys.stderr.write(f"{MISSING}\n")
        return 1
    is_good = True
    for variant in (*DESIGNS, *SEEDED_ERRORS):
        outcome = check(variant, TRACES)
        is_good &= outcome.found == variant.finds and (
            bool(variant.finds) or (outcome.is_complete and outcome.errors == 0)
        )
        result = outcome.found or f"{outcome.errors} errors"
        sys.stdout.write(
            f"{variant.name:52}{outcome.states:>12,} states {outcome.seconds:6.1f} s  {result}\n"
        )
        sys.stdout.flush()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
