"""How fast a process starts: heavy libraries wait until somebody asks for what they make."""

import subprocess
import sys

_HEAVY = ("alembic", "facturx", "fontTools", "fpdf", "mako", "PIL", "pypdf", "xlsxwriter")
_ASK = "import sys, app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def test_the_app_starts_without_the_libraries_that_few_requests_need():
    started = subprocess.run(  # noqa: S603 (this very interpreter)
        [sys.executable, "-c", _ASK], capture_output=True, text=True, check=True
    )

    assert set(started.stdout.split()).isdisjoint(_HEAVY)
