"""Both drills in small: a restore in the middle, and every difference to Microsoft."""

import pytest

from tests.chaos.differences import Differences
from tests.chaos.rewind import Rewind

pytestmark = pytest.mark.proof


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("drill", "each", "promises"), [(Rewind, 4, 12), (Differences, 1, 9)])
def test_the_drill_keeps_every_promise(drill, each, promises, tmp_path):
    done = drill(each, 1, tmp_path / "drill").run()

    assert [promise for promise, holds, _ in done.found if not holds] == []
    assert len(done.found) == promises, "every step was made"
