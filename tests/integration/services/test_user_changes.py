"""Users: invited, changed, switched off; the last administrator; nobody else's people."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.database import db
from app.domain.access import Role
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.mail import MailKind
from app.models import Mail, OneTimeLink, User
from app.services import user_changes
from app.services.user_changes import NewUser
from app.services.users import UserQuery, get_user, list_users
from tests import factories
from tests.factories import AccountFactory, UserFactory, viewer_of

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def key(app):
    return app.extensions["mail_room"].link_key


@pytest.fixture
def northwind(app):
    return AccountFactory(reseller_account=True, name="Northwind")


@pytest.fixture
def aegean(northwind):
    return AccountFactory.customer_of(northwind, name="Aegean")


def admin_of(account, role=Role.ADMINISTRATOR):
    return UserFactory(account=account, role=role, password_hash="x")


def new_at(account, email="new@aegean.example", role=Role.BUYER):
    return NewUser(account_id=account.id, email=email, name="Eleni", role=role)


def now_is(user):
    factories.session.rollback()
    return factories.session.get_one(User, user.id, populate_existing=True)


def test_an_invitation_is_a_user_without_password_a_link_and_a_mail(aegean, key):
    viewer = viewer_of(admin_of(aegean))

    user_id = user_changes.invite_user(viewer, new_at(aegean), key)

    user = factories.session.get_one(User, user_id)
    assert (user.password_hash, user.role, user.account_id) == (None, Role.BUYER, aegean.id)
    mail = factories.session.scalars(sa.select(Mail)).one()
    assert (mail.kind, mail.to_address) == (MailKind.INVITATION, "new@aegean.example")
    link = factories.session.scalars(sa.select(OneTimeLink)).one()
    assert (mail.link_id, link.user_id) == (link.id, user_id)
    assert key.token_of(link.id) not in str(mail.facts)


def test_a_resellers_administrator_invites_for_its_customers_and_nobody_elses(
    northwind, aegean, key
):
    viewer = viewer_of(admin_of(northwind))
    strangers = AccountFactory()

    user_changes.invite_user(viewer, new_at(aegean), key)
    with pytest.raises(InvalidError, match="accounts"):
        user_changes.invite_user(viewer, new_at(strangers, "x@y.example"), key)
    with pytest.raises(InvalidError, match="accounts"):
        user_changes.invite_user(viewer_of(admin_of(aegean)), new_at(northwind, "x@y.example"), key)


def test_an_address_in_use_is_refused_wherever_its_user_is(aegean, key):
    UserFactory(email="Taken@Other.example")

    with pytest.raises(InvalidError, match="in use") as refused:
        user_changes.invite_user(
            viewer_of(admin_of(aegean)), new_at(aegean, "taken@other.example"), key
        )

    assert refused.value.field == "email"


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@c.example", "a@c.example\nBcc: x@y.z"])
def test_what_is_no_address_is_refused(aegean, key, email):
    with pytest.raises(InvalidError, match="e-mail address"):
        user_changes.invite_user(viewer_of(admin_of(aegean)), new_at(aegean, email), key)


@pytest.mark.parametrize("role", [Role.BUYER, Role.BILLING, Role.VIEWER])
def test_other_roles_manage_nobody(aegean, key, role):
    viewer = viewer_of(admin_of(aegean, role))
    other = UserFactory(account=aegean)

    for attempt in (
        lambda: user_changes.invite_user(viewer, new_at(aegean), key),
        lambda: user_changes.change_role(viewer, other.id, Role.VIEWER),
        lambda: user_changes.switch_user(viewer, other.id, on=False),
        lambda: user_changes.send_password_link(viewer, other.id, key),
        lambda: user_changes.sign_out_everywhere(viewer, other.id),
    ):
        with pytest.raises(NotAllowedError):
            attempt()


def test_nobody_becomes_staff_in_a_customers_account(aegean, key):
    viewer = viewer_of(admin_of(aegean))
    other = UserFactory(account=aegean, role=Role.VIEWER)

    with pytest.raises(InvalidError):
        user_changes.change_role(viewer, other.id, Role.STAFF_ADMINISTRATOR)
    with pytest.raises(InvalidError):
        user_changes.invite_user(viewer, new_at(aegean, role=Role.STAFF_SUPPORT), key)


def test_a_foreign_user_is_not_found(aegean, key):
    viewer, stranger = viewer_of(admin_of(aegean)), UserFactory()

    with pytest.raises(NotFoundError):
        get_user(viewer, stranger.id)
    with pytest.raises(NotFoundError):
        user_changes.change_role(viewer, stranger.id, Role.VIEWER)
    with pytest.raises(NotFoundError):
        user_changes.send_password_link(viewer, stranger.id, key)


def test_a_customer_sees_none_of_its_resellers_users(northwind, aegean):
    UserFactory(account=northwind)
    viewer = viewer_of(admin_of(aegean))

    rows = list_users(viewer, UserQuery()).items
    assert {row.account_name for row in rows} == {"Aegean"}


DEMOTE = pytest.param(
    lambda viewer, user: user_changes.change_role(viewer, user.id, Role.STAFF_SUPPORT), id="role"
)
SWITCH_OFF = pytest.param(
    lambda viewer, user: user_changes.switch_user(viewer, user.id, on=False), id="off"
)


@pytest.mark.parametrize("attempt", [DEMOTE, SWITCH_OFF])
def test_the_last_administrator_stays(app, attempt):
    staff = AccountFactory(distributor=True)
    last = admin_of(staff, Role.STAFF_ADMINISTRATOR)
    UserFactory(account=staff, role=Role.STAFF_ADMINISTRATOR)  # invited, never signed in

    with pytest.raises(ConflictError, match="last administrator"):
        attempt(viewer_of(last), last)

    assert (now_is(last).role, now_is(last).is_active) == (Role.STAFF_ADMINISTRATOR, True)


def test_two_administrators_who_demote_each_other_at_once_leave_one(app):
    staff = AccountFactory(distributor=True)
    pair = [admin_of(staff, Role.STAFF_ADMINISTRATOR) for _ in range(2)]
    viewers = [viewer_of(each) for each in pair]

    def demote(n):
        with app.app_context():
            try:
                user_changes.change_role(viewers[n], pair[1 - n].id, Role.STAFF_SUPPORT)
            except ConflictError:
                return "refused"
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(demote, range(2)))

    assert answers == ["done", "refused"]
    roles = [now_is(each).role for each in pair]
    assert roles.count(Role.STAFF_ADMINISTRATOR) == 1


def test_staff_may_switch_off_the_only_administrator_of_a_customer(app, aegean):
    viewer = viewer_of(admin_of(AccountFactory(distributor=True), Role.STAFF_ADMINISTRATOR))
    only = admin_of(aegean)

    user_changes.switch_user(viewer, only.id, on=False)

    assert not now_is(only).is_active


def test_a_new_link_ends_the_older_one(aegean, key):
    viewer = viewer_of(admin_of(aegean))
    user_id = user_changes.invite_user(viewer, new_at(aegean), key)

    user_changes.send_password_link(viewer, user_id, key)

    links = factories.session.scalars(sa.select(OneTimeLink).order_by(OneTimeLink.created_at)).all()
    assert [link.revoked_at is None for link in links] == [False, True]


def test_an_account_cannot_flood_mailboxes(aegean, key):
    viewer = viewer_of(admin_of(aegean))
    user_id = user_changes.invite_user(viewer, new_at(aegean), key)
    for _ in range(29):
        user_changes.send_password_link(viewer, user_id, key)

    with pytest.raises(ConflictError, match="Too many links"):
        user_changes.send_password_link(viewer, user_id, key)
