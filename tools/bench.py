"""Lists with 1,000 and with 100,000 assets: server time, SQL statements. `make bench`.

Starts servers of its own. Fails where a page sends more statements than the architecture allows;
times are printed as they are, with their ratio and the load of the machine.
"""

import argparse
import contextlib
import datetime as dt
import hashlib
import logging
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from itsdangerous import URLSafeSerializer

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))  # `tests` is no part of the package

from alembic import command  # noqa: E402
from alembic.config import Config  # noqa: E402

from app import create_app  # noqa: E402
from app.cli.surroundings import log_from  # noqa: E402
from app.config import Settings  # noqa: E402
from app.database import db, may_take_long, transaction  # noqa: E402
from app.domain.access import SYSTEM_SCOPE, AccountKind, Role  # noqa: E402
from app.domain.assets import AssetStatus  # noqa: E402
from app.models import Account, Asset, Reservation, User, UserSession  # noqa: E402
from app.services.generated_data import GeneratedData, generate_data  # noqa: E402
from embedded.for_tests import Servers  # noqa: E402
from tests.support.statements import max_queries  # noqa: E402

ACCOUNTS = 39  # one reseller, who has three quarters of all assets
# So that a page of every filter is full among 1,000 too: what is compared is the search for its
# rows, and not how many of them are drawn.
FAILED_SHARE, ONE_EXPIRES_IN = 0.12, 6
MOST_STATEMENTS = 6
GOAL = 1.3
BSS, STOREFRONT = "/bss/billing/assets/", "/billing/assets/reservations/"


@dataclass(frozen=True)
class Figure:
    milliseconds: float
    statements: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--runs", type=int, default=15, help="the median of so many")
    wanted = parser.parse_args()
    print(f"Load {os.getloadavg()[0]:.1f}; the median of {wanted.runs} runs, in milliseconds.")
    with (
        tempfile.TemporaryDirectory() as folder,
        Servers(Path(folder), with_sandbox=True) as servers,
    ):
        found = measured(servers, wanted.sizes, wanted.runs)
    too_many = show(wanted.sizes, found)
    print(f"Load {os.getloadavg()[0]:.1f}.")
    return 1 if too_many else 0


def show(sizes: list[int], found: list[dict[str, Figure]]) -> list[str]:
    """Print the table; the names of pages that send too many statements."""
    heads = "".join(f"{size:>11,}" for size in sizes)
    print(f"\n{'':<52}{heads}{'ratio':>8}{'SQL':>6}")
    too_many = []
    for name, first in found[0].items():
        figures = [each[name] for each in found]
        times = "".join(f"{each.milliseconds:>11.1f}" for each in figures)
        ratio = figures[-1].milliseconds / first.milliseconds
        statements = max(each.statements for each in figures)
        mark = " > goal" if ratio > GOAL else ""
        print(f"{name:<52}{times}{ratio:>8.2f}{statements:>6}{mark}")
        if statements > MOST_STATEMENTS:
            too_many.append(name)
    for name in too_many:
        print(f"More than {MOST_STATEMENTS} statements: {name}")
    return too_many


def measured(servers: Servers, sizes: list[int], runs: int) -> list[dict[str, Figure]]:
    """The figures of each size by the names of the pages."""
    found: list[dict[str, Figure]] = [{} for _ in sizes]
    with contextlib.ExitStack() as prepared_apps:
        apps = [prepared_apps.enter_context(prepared(servers, size)) for size in sizes]
        for path, kind, role in (
            (BSS, AccountKind.DISTRIBUTOR, Role.STAFF_ADMINISTRATOR),
            (STOREFRONT, AccountKind.RESELLER, Role.ADMINISTRATOR),
        ):
            clients = [signed_in(app, kind, role) for app in apps]
            every_page = [
                pages(app, client, path) for app, client in zip(apps, clients, strict=True)
            ]
            for of_each_size in zip(*every_page, strict=True):
                looks = [
                    Look(app, client, url)
                    for app, client, (_, url) in zip(apps, clients, of_each_size, strict=True)
                ]
                name = f"{'BSS' if path == BSS else 'Storefront'}, {of_each_size[0][0]}"
                for figures, figure in zip(found, in_turn(looks, runs), strict=True):
                    figures[name] = figure
    return found


@contextlib.contextmanager
def prepared(servers: Servers, size: int) -> Iterator[Flask]:
    name = f"bench_{size}"
    url = sa.make_url(servers.database_url)
    with autocommit(url) as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = url.set(database=name)
    os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
    command.upgrade(Config(toml_file=REPOSITORY / "pyproject.toml"), "head")
    environment = servers.environment(ENTREPOT_ENV="test", DATABASE_URL=os.environ["DATABASE_URL"])
    app = create_app(Settings.from_env(environment))
    log_from(logging.WARNING)
    with app.app_context():
        began = time.monotonic()
        generate_data(
            GeneratedData(accounts=ACCOUNTS, assets=size, seed=1, failed_share=FAILED_SHARE)
        )
        let_some_expire_soon()
        print(f"{size:,} assets made in {time.monotonic() - began:.0f} s.", flush=True)
    with autocommit(url) as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))  # as autovacuum does it sooner or later
    yield app
    with app.app_context():
        db.engine.dispose()


def let_some_expire_soon() -> None:
    soon = sa.func.current_date() + 1 + sa.cast(Asset.number % 30, sa.Integer)
    with transaction(SYSTEM_SCOPE) as session:
        may_take_long(session)
        session.execute(
            sa.update(Asset)
            .where(Asset.status == AssetStatus.ACTIVE, Asset.number % ONE_EXPIRES_IN == 0)
            .values(expires_on=soon)
            .execution_options(synchronize_session=False)
        )


@contextlib.contextmanager
def autocommit(url: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def signed_in(app: Flask, kind: AccountKind, role: Role) -> Any:
    token = secrets.token_urlsafe(32)
    with app.app_context(), transaction(SYSTEM_SCOPE) as session:
        account = session.scalars(sa.select(Account).where(Account.kind == kind)).first()
        if account is None:
            account = Account(kind=kind, name="Entrepot", country="GR", currency="EUR")
            session.add(account)
            session.flush()
        user = User(
            account_id=account.id,
            tenant_id=account.tenant_id,
            email=f"{role}-{token[:6]}@bench.example",
            name="Bench",
            role=role,
        )
        session.add(user)
        session.flush()
        session.add(
            UserSession(
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                user_id=user.id,
                account_id=account.id,
                tenant_id=account.tenant_id,
                ends_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=12),
            )
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=token, _fresh=True)
    return client


def pages(app: Flask, client: Any, path: str) -> Iterator[tuple[str, str]]:
    everything = f"{path}?status=all" if path == STOREFRONT else f"{path}?"
    last = int(page_of(client, f"{everything}&page=1000000000").strong_number)
    yield "first page", everything
    yield "middle page", in_the_middle(app, page_of(client, everything).next)
    yield "last page", page_of(client, f"{everything}&page={last - 1}").next
    yield "page by its number, as deep as there are any", f"{everything}&page={last // 2}"
    staff_sorts = ("reseller", "-reseller") if path == BSS else ()
    for sort in ("name", "-name", "-total", "expires", "customer", *staff_sorts):
        yield f"sorted by {sort}", f"{everything}&sort={sort}"
    yield "filter: expired", f"{path}?status=expired"
    yield "filter: failed", f"{everything}&sync=failed"
    yield "filter: expiring", f"{everything}&expiring={'30' if path == BSS else 'soon'}"
    for what, q in searches(app):
        few = "&per_page=25" if what == "a customer" else ""  # a page that both sizes fill
        yield f"search: {what}", f"{everything}{few}&q={q}"
    yield "export, until it starts: CSV", f"{everything}&format=csv"


def in_the_middle(app: Flask, following: str) -> str:
    """The link to the second page, led to the middle of the list: no number reaches it."""
    head, _, signed = following.partition("after=")
    with app.app_context(), transaction(SYSTEM_SCOPE) as session:
        serializer = URLSafeSerializer(app.secret_key or "", salt="position")
        sort, *_second = serializer.loads(unquote(signed.partition("&")[0]))
        count = session.scalars(sa.select(sa.func.count(Asset.id))).one()
        middle = sa.select(Asset.purchased_at, Asset.id).order_by(Asset.purchased_at, Asset.id)
        row = session.execute(middle.offset(count // 2).limit(1)).one()
        position = [sort, count // 100, row.purchased_at.isoformat(), str(row.id)]
        return f"{head}after={quote(str(serializer.dumps(position)))}"


def searches(app: Flask) -> Iterator[tuple[str, str]]:
    with app.app_context(), transaction(SYSTEM_SCOPE) as session:
        reseller = sa.select(Account.id).where(Account.kind == AccountKind.RESELLER)
        row = session.execute(
            sa.select(Reservation.reservation_id, Asset.number, Account.name)
            .join(Account, Account.id == Asset.account_id)
            .where(Asset.tenant_id.in_(reseller), Reservation.reservation_id.is_not(None))
            .order_by(Asset.id)
        ).first()
    yield "a whole reservation ID", row.reservation_id
    yield "the beginning of one", row.reservation_id[:13]
    yield "a number", f"AST-{row.number:06d}"
    yield "a customer", row.name.split()[0]
    yield "a common word", "reserved"
    yield "two common words", "reserved+b2s"
    yield "nothing", "zzzzzz"


class page_of:  # noqa: N801  # reads like a function
    """A list's page: its number, and where "Next" leads."""

    def __init__(self, client: Any, url: str) -> None:
        html = BeautifulSoup(client.get(url).text, "html.parser")
        following = html.find("a", rel="next")
        self.next = following["href"] if following else url
        current = html.select_one(".pager [aria-current]")
        self.strong_number = current.text.split()[-1].replace(",", "") if current else "2"


@dataclass(frozen=True)
class Look:
    """One page of one size."""

    app: Flask
    client: Any
    url: str

    def milliseconds(self) -> float:
        began = time.perf_counter()
        answer = self.client.get(self.url, buffered=False)
        if "format=" in self.url:
            next(iter(answer.response))
        took = (time.perf_counter() - began) * 1000
        answer.close()
        if answer.status_code != 200:  # noqa: PLR2004
            raise SystemExit(f"{self.url}: {answer.status}")
        return took

    def statements(self) -> int:
        with self.app.app_context():
            engine = db.engine
        with max_queries(engine, 10_000) as sent:
            self.milliseconds()
        return len(sent)


def in_turn(looks: list[Look], runs: int) -> list[Figure]:
    """The sizes take turns, so that whatever else the machine does befalls them alike."""
    rounds = [[look.milliseconds() for look in looks] for _ in range(runs + 2)]
    times = zip(*rounds[2:], strict=True)
    return [
        Figure(statistics.median(of_one), look.statements())
        for of_one, look in zip(times, looks, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
