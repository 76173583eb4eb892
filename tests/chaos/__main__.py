"""`python -m tests.chaos`: one run; 0 where every invariant held, 1 where not."""

import sys

from tests.chaos import report
from tests.chaos.plan import Plan
from tests.chaos.run import Chaos


def main():
    plan = Plan.from_env()
    run = Chaos(plan).run()
    found = report.write(run)
    sys.stdout.write("\n".join(["", found["command"], *report.sentences(run), ""]))
    sys.stdout.write(f"The whole story: {plan.folder / 'report.html'}\n")
    return 0 if run.is_green else 1


if __name__ == "__main__":
    sys.exit(main())
