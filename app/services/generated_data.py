"""Generated data: as many believable accounts and assets as pages shall be tried with."""

import datetime as dt
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from app.database import may_take_long, transaction
from app.domain.access import SYSTEM_SCOPE
from app.services.generated_data_invoices import invoice_generated_orders
from app.services.generated_data_rows import FAILED_SHARE, Rows, Source
from app.services.generated_data_world import add_companies, skus_to_buy

_AT_ONCE = 10_000
# Parents first.
_TABLES = (
    "orders",
    "order_lines",
    "assets",
    "reservations",
    "software_subscriptions",
    "purchases",
    "purchase_events",
)


@dataclass(frozen=True, kw_only=True)
class GeneratedData:
    """What is wanted; the same numbers on the same day give the same data."""

    accounts: int
    assets: int
    seed: int
    failed_share: float = FAILED_SHARE


def generate_data(wanted: GeneratedData) -> None:
    """Add accounts with Azure plans, executed orders and assets of both kinds, some failed.

    Uses the catalogue's SKUs, or makes some up. Nothing of it is ever due: no worker sees it.
    """
    chance = random.Random(wanted.seed)  # noqa: S311  # believable, not secret
    with transaction(SYSTEM_SCOPE) as session:
        may_take_long(session)
        companies = add_companies(session, chance, wanted.accounts)
        skus = skus_to_buy(session)
        session.expunge_all()
        midnight = session.scalar(sa.select(sa.func.date_trunc("day", sa.func.now())))
    source = Source(
        chance=chance,
        companies=companies,
        skus=skus,
        now=cast("dt.datetime", midnight),
        failed_share=wanted.failed_share,
    )
    for rows in _made_ahead(source.batches(wanted.assets, _AT_ONCE)):
        with transaction(SYSTEM_SCOPE) as session:
            may_take_long(session)
            _store(session, rows)
            orders = [row["id"] for row in rows["orders"]]
            invoice_generated_orders(session, orders, today=source.now.date())


def _made_ahead(batches: Iterator[Rows]) -> Iterator[Rows]:
    """The same, each made while the one before it is being stored."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, batches, None)
        while (rows := coming.result()) is not None:
            coming = maker.submit(next, batches, None)
            yield rows


def _store(session: Session, rows: Rows) -> None:
    """COPY into temporary tables, then INSERT … SELECT.

    PostgreSQL refuses COPY into a table with row-level security for every role that the security
    holds for, and it holds for the app's and the owner's. This way all walls, foreign keys and
    triggers are passed as by any other statement.
    """
    connection = session.connection().connection.driver_connection
    cursor = cast("psycopg.Connection[Any]", connection).cursor()
    with cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")  # the words of a batch are sorted in memory
        for table in _TABLES:
            if rows.get(table):
                _copy(cursor, table, rows[table])


def _copy(cursor: psycopg.Cursor[Any], table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    names = {
        "table": sql.Identifier(table),
        "new": sql.Identifier(f"new_{table}"),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
    }
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS"
            " SELECT {columns} FROM {table} WITH NO DATA"
        ).format(**names)
    )
    with cursor.copy(sql.SQL("COPY {new} ({columns}) FROM STDIN").format(**names)) as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])
    cursor.execute(
        sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM {new}").format(**names)
    )
