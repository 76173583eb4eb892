"""The owner checks of the back office, which staff never feel: they hold without gate and wall."""

from tests.integration.authorization.strangers import Stranger, without_gate
from tests.integration.authorization.test_matrix import switch_row_level_security
from tests.integration.authorization.world import build_world


def test_the_back_office_keeps_a_stranger_from_others_by_its_queries_alone(
    app, sign_in, owner_engine
):
    stranger = Stranger(app, build_world(), sign_in)
    switch_row_level_security(owner_engine, "DISABLE")
    try:
        with without_gate(app):
            wrong = stranger.wrong()
    finally:
        switch_row_level_security(owner_engine, "ENABLE")

    assert wrong == []
