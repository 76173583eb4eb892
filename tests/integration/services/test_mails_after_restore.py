"""After a restore: what waited in the backup may have been sent since, so people say what goes."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import ConflictError, NotAllowedError
from app.domain.mail import MailKind, MailState
from app.integrations.mail import FolderPost
from app.models import AuditEntry, Control, Mail, Notice
from app.services.alerts import AlertKind, keep_alerts, list_alerts
from app.services.expiry import expire_due_assets
from app.services.held_mails import HeldAnswer, drop_mail, hold_what_waits, settle_held
from app.services.mail_spread import spread_notices
from app.services.mails import retry_all_unsent, retry_mail
from app.services.outbox import Delivery, deliver_next
from app.services.provisioning_switch import declare_restored
from tests import factories
from tests.factories import AccountFactory, MailFactory, ReservationFactory
from tests.integration.services.buyers import Marketplace, person, rows, staff
from tests.integration.services.invoicing import bought

pytestmark = pytest.mark.usefixtures("app_context")

TODAY = factories.NOW.date()


@pytest.fixture
def room(app, tmp_path):
    """The mail room of a database that is known: each mail that goes out is a file."""
    assert hold_what_waits() == 0
    post = FolderPost(tmp_path / "mail", "Entrepot <no-reply@entrepot.example>")
    return replace(app.extensions["mail_room"], post=post)


@pytest.fixture
def went_out(tmp_path):
    return lambda: {file.stem for file in (tmp_path / "mail").glob("*.eml")}


def restore():
    """As if this were another PostgreSQL, of which nobody has noticed anything yet."""
    factories.session.execute(sa.update(Control).values(mails_database="1/1/1"))
    factories.session.commit()


def send_all(room):
    """What the postman does in a round."""
    hold_what_waits()
    spread_notices()
    while deliver_next(room) is not Delivery.NOTHING:
        pass


def state_of(mail):
    (stored,) = rows(Mail, id=mail.id)
    return stored.state


@pytest.mark.parametrize(
    "come_back", [restore, lambda: declare_restored("an operator")], ids=["unnoticed", "declared"]
)
def test_what_waited_in_the_backup_is_not_sent_again(room, went_out, come_back):
    old = MailFactory()
    come_back()

    send_all(room)
    new = MailFactory()
    send_all(room)

    assert went_out() == {str(new.id)}
    assert (state_of(old), state_of(new)) == (MailState.HELD, MailState.SENT)


def test_nothing_is_claimed_before_it_is_held(room, went_out):
    """A sender that goes on when its connection leads to the restored database."""
    MailFactory()
    restore()

    assert deliver_next(room) is Delivery.NOTHING
    assert went_out() == set()


def test_a_notice_of_the_backup_becomes_a_mail_that_is_held(room, went_out):
    market = Marketplace()
    asset = bought(market, person(market.customer))
    assert rows(Notice, kind=MailKind.ORDER_CONFIRMATION, about_id=asset.order_id)
    restore()

    send_all(room)

    assert went_out() == set()
    assert {mail.state for mail in rows(Mail)} == {MailState.HELD}
    bought(market, person(market.customer))
    send_all(room)
    assert len(went_out()) == len(rows(Mail, state=MailState.SENT)) > 0


def test_what_expires_again_is_not_told_again_and_what_expires_later_is(room, went_out):
    account = AccountFactory()
    person(account)
    ReservationFactory(account=account, expires_on=TODAY - dt.timedelta(days=1))
    later = ReservationFactory(account=account, expires_on=TODAY + dt.timedelta(days=1))
    restore()

    send_all(room)
    expire_due_assets(TODAY)
    send_all(room)
    (held,) = rows(Mail)
    expire_due_assets(later.expires_on)
    send_all(room)

    assert held.state is MailState.HELD
    (told,) = rows(Mail, state=MailState.SENT)
    assert [each["id"] for each in told.facts["assets"]] == [str(later.id)]
    assert went_out() == {str(told.id)}


def test_people_send_all_of_it_or_drop_all_of_it(room, went_out):
    mails = [MailFactory(), MailFactory()]
    restore()
    send_all(room)

    assert settle_held(staff(), HeldAnswer.SEND) == 2
    send_all(room)
    assert went_out() == {str(mail.id) for mail in mails}

    MailFactory()
    restore()
    send_all(room)
    assert settle_held(staff(), HeldAnswer.DROP) == 1
    send_all(room)
    assert len(went_out()) == 2
    assert len(rows(Mail, state=MailState.DROPPED)) == 1
    assert len(rows(AuditEntry, event="mail.retried")) == 1
    assert len(rows(AuditEntry, event="mail.dropped")) == 1
    assert settle_held(staff(), HeldAnswer.DROP) == 0


def test_people_decide_one_by_one(room, went_out):
    sent, dropped = MailFactory(), MailFactory()
    restore()
    send_all(room)

    drop_mail(staff(), dropped.id)
    retry_mail(staff(), sent.id)
    send_all(room)

    assert went_out() == {str(sent.id)}
    assert state_of(dropped) is MailState.DROPPED
    with pytest.raises(ConflictError, match="Sent"):
        drop_mail(staff(), sent.id)
    with pytest.raises(ConflictError, match="Dropped"):
        retry_mail(staff(), dropped.id)


def test_trying_all_unsent_again_sends_nothing_that_is_held(room, went_out):
    MailFactory()
    restore()
    send_all(room)

    assert retry_all_unsent(staff()) == 0
    send_all(room)

    assert went_out() == set()


@pytest.mark.parametrize("role", [Role.STAFF_BILLING, Role.STAFF_SUPPORT])
def test_staff_who_do_not_administer_decide_nothing(room, role):
    mail = MailFactory()
    restore()
    send_all(room)

    with pytest.raises(NotAllowedError):
        settle_held(staff(role), HeldAnswer.DROP)
    with pytest.raises(NotAllowedError):
        drop_mail(staff(role), mail.id)

    assert state_of(mail) is MailState.HELD


def test_an_alert_says_so_until_somebody_has_decided(room):
    MailFactory()
    restore()
    send_all(room)

    keep_alerts()
    (shown,) = [each for each in list_alerts(staff()) if each.kind is AlertKind.HELD_MAILS]
    settle_held(staff(), HeldAnswer.DROP)
    keep_alerts()

    assert shown.message.startswith("1 mails from before the restore")
    assert AlertKind.HELD_MAILS not in {each.kind for each in list_alerts(staff())}


def test_what_was_being_sent_when_the_backup_was_made_is_perhaps_sent(room, went_out):
    mail = MailFactory(state=MailState.HANDED_OVER, fence=1, attempts=1, lease_until=factories.NOW)
    restore()

    send_all(room)

    assert state_of(mail) is MailState.UNCLEAR
    assert went_out() == set()
