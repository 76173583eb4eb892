"""Commands that stop buying."""

import sqlalchemy as sa

from app.models import Control, ControlEvent
from tests import factories


def control():
    factories.session.expire_all()
    return factories.session.scalars(sa.select(Control)).one()


def test_buying_is_paused_from_the_command_line(app, entrepot):
    ended = entrepot("pause-provisioning", "Found something odd")

    assert (ended.code, ended.out) == (0, "Provisioning is paused.\n")
    row = control()
    assert (row.provisioning_enabled, row.restored_at) == (False, None)
    assert row.reason == "Found something odd"
    event = factories.session.scalars(sa.select(ControlEvent)).one()
    assert event.actor.endswith("at the command line")


def test_a_restore_that_postgresql_cannot_tell_is_declared(app, entrepot):
    assert entrepot("pause-provisioning", "--restored", "Disk of last night").code == 0

    row = control()
    assert not row.provisioning_enabled
    assert row.restored_at is not None
    assert row.reason.endswith("Disk of last night")


def test_the_epoch_never_goes_back(app, entrepot):
    assert "ENTREPOT_EPOCH=7" in entrepot("bump-epoch", "7").out

    refused = entrepot("bump-epoch", "3")

    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert control().min_epoch == 7


def test_invoices_are_numbered_again_once_the_last_numbers_are_known(app, entrepot):
    assert entrepot("pause-provisioning", "--restored", "Disk of last night").code == 0
    year = factories.NOW.year

    refused = entrepot("confirm-invoice-numbers", f"INV-{year}-000057")
    confirmed = entrepot("confirm-invoice-numbers", f"INV-{year}-000057", f"CRN-{year}-000000")

    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert confirmed.code == 0
    assert f"INV-{year}: 57 numbers were given out that this database does not know." in (
        confirmed.out
    )
    assert "0 that waited are issued" in confirmed.out
