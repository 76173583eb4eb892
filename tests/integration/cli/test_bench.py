"""What measures the lists goes on measuring them as they change."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_every_page_of_the_bench_answers_and_keeps_to_its_statements():
    told = subprocess.run(
        [sys.executable, "tools/bench.py", "--sizes", "200", "400", "--runs", "1"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr[-2000:]
    assert "Storefront, export, until it starts: CSV" in told.stdout
