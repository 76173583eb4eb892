"""Those who ask: a browser each. And what happens to them and to the market meanwhile."""

import random
import secrets

import sqlalchemy as sa
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from app.domain.access import Role
from app.domain.assets import SubscriptionStatus
from app.models import (
    Account,
    MarketplaceOptions,
    Order,
    PriceList,
    Product,
    Subscription,
    User,
    UserSession,
)
from tests import factories

_SECRET = "the fuzz"  # the browser's half of a CSRF token


class People:
    """Cookies and CSRF tokens by actor: all of the world, nobody, and two with worthless cookies.

    The cookies of the last time that everybody entered: whoever signs out still tries with them.
    """

    def __init__(self, app, world, sign_in):
        self._app, self._world, self._sign_in = app, world, sign_in
        self.clients, self.tokens, self.cookies = {}, {}, {}
        for actor in (*world.users, "anonymous", "unknown_session"):
            self.clients[actor] = FlaskClient(app, app.response_class, use_cookies=True)
        self.enter()

    def enter(self):
        """Everybody is who they were in the beginning, and signed in anew."""
        _store(sa.update(Account).values(is_active=True))
        for actor, user in self._world.users.items():
            known = {"role": user.role, "is_active": actor != "suspended"}
            _store(sa.update(User).where(User.id == user.id).values(known))
            self._sign_in(user, into=self.clients[actor])
        with self.clients["unknown_session"].session_transaction() as cookie:
            cookie["_user_id"] = secrets.token_urlsafe(32)
        name = self._app.config["SESSION_COOKIE_NAME"]
        signer = URLSafeTimedSerializer(self._app.secret_key, salt="wtf-csrf-token")
        for actor, client in self.clients.items():
            with client.session_transaction() as cookie:
                cookie["csrf_token"] = _SECRET
            self.cookies[actor] = f"{name}={client.get_cookie(name).value}"
            self.tokens[actor] = signer.dumps(_SECRET)
        self.cookies["damaged_cookie"] = f"{name}=damaged.\xff\x7f.cookie; theme=\xff; =; ;;"

    @property
    def actors(self):
        return list(self.cookies)

    # ---------------------------------------------------------------------- what else happens

    def let_something_happen(self, chance):
        """A role is revoked, a price goes stale, a quote runs out …; or all is as it was."""
        happenings = (
            self.enter,
            self.enter,
            lambda: self._change_user(chance, role=chance.choice(list(Role)[:4])),
            lambda: self._change_user(chance, is_active=False),
            lambda: self._end_sessions(chance),
            lambda: _store(sa.update(PriceList).values(percent=chance.randrange(60))),
            lambda: _store(sa.update(Product).values(is_published=chance.random() < 0.7)),
            lambda: self._let_quotes_end(chance),
            lambda: self._change_plans(chance),
            lambda: _store(sa.update(Account).values(is_active=chance.random() < 0.8)),
            lambda: _store(sa.update(MarketplaceOptions).values(shows_vat=chance.random() < 0.5)),
        )
        chance.choice(happenings)()

    def _change_user(self, chance, **change):
        user = chance.choice(list(self._world.users.values()))
        is_storefront = not user.role.value.startswith("staff")
        if is_storefront or "role" not in change:
            _store(sa.update(User).where(User.id == user.id).values(change))

    def _end_sessions(self, chance):
        user = chance.choice(list(self._world.users.values()))
        past = factories.NOW - sa.func.make_interval(0, 0, 0, 1)
        _store(sa.update(UserSession).where(UserSession.user_id == user.id).values(ends_at=past))

    def _let_quotes_end(self, chance):
        days = chance.choice((-1, 30))
        ends = sa.func.now() + sa.func.make_interval(0, 0, 0, days)
        _store(sa.update(Order).values(quote_ends_at=ends))

    def _change_plans(self, chance):
        status = chance.choice(list(SubscriptionStatus))
        _store(sa.update(Subscription).values(status=status))


def _store(statement):
    factories.session.execute(statement.execution_options(synchronize_session=False))
    factories.session.commit()


def happening_chance(seed, number):
    return random.Random(f"{seed}/{number}/happening")  # noqa: S311  # no secret
