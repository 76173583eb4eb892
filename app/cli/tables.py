"""Commands about the tables: migrations, and a look inside with psql."""

import os
import shutil

import click
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.cli.surroundings import REPOSITORY
from app.config import SettingsError, database_url
from app.domain.access import ScopeKind
from app.services.heartbeats import note_start


def migrations() -> Config:
    """Alembic's settings, whatever folder the command is called from."""
    config = Config(toml_file=REPOSITORY / "pyproject.toml")
    config.set_main_option("script_location", str(REPOSITORY / "migrations").replace("%", "%%"))
    return config


def upgrade_tables() -> None:
    """Run the migrations that this database has not had yet, and note that a system starts."""
    url = database_url(os.environ)
    command.upgrade(migrations(), "head")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        note_start(connection)
    engine.dispose()


@click.command()
def migrate() -> None:
    """Bring the tables up to date: the first thing at every start."""
    upgrade_tables()


@click.command("check-migrations")
def check_migrations() -> None:
    """Check that the migrations make exactly the tables that the models describe."""
    database_url(os.environ)
    command.check(migrations())


@click.command("make-migration")
@click.argument("message")
def make_migration(message: str) -> None:
    """Write a migration from what changed in the models."""
    database_url(os.environ)
    config = migrations()
    head = ScriptDirectory.from_config(config).get_current_head() or "0"
    command.revision(config, message, autogenerate=True, rev_id=f"{int(head) + 1:04d}")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS are psql's own."""
    url = sa.make_url(database_url(os.environ))
    program = os.environ.get("ENTREPOT_PSQL") or shutil.which("psql")
    if not program:
        raise SettingsError("psql is not installed here: install PostgreSQL's client programs.")
    # Row-level security shows nothing to whoever does not say how far they look.
    environment = os.environ | {"PGOPTIONS": f"-c entrepot.scope={ScopeKind.ALL}"}
    if url.password:  # by the environment: a command line is for everybody to read
        environment["PGPASSWORD"] = str(url.password)
    address = url._replace(drivername="postgresql", password=None).render_as_string()
    try:
        os.execve(program, [program, address, *arguments], environment)  # noqa: S606
    except OSError as error:
        raise SettingsError(f"{program} cannot be started: {error.strerror}.") from error
