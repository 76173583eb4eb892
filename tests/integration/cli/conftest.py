import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog

from app.cli import main

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def environment(servers, owner_engine):
    """The settings of an installation on the tests' own database."""
    return servers.environment(
        ENTREPOT_ENV="test",
        MICROSOFT_READS_PER_MINUTE="60000",
        DATABASE_URL=owner_engine.url.render_as_string(hide_password=False),
    )


@pytest.fixture
def entrepot(environment, monkeypatch, capsys):
    """`entrepot("migrate", SETTING="…")` in this process; a setting of None is not there."""
    logging = structlog.get_config()

    def run(*arguments, **settings):
        for name, value in (environment | settings).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["entrepot", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(ended.value.code or 0, said.out, said.err)

    yield run
    structlog.configure(**logging)


@pytest.fixture
def start(environment):
    """Start a program of the installation; it is gone after the test."""
    started = []

    def run(*argv, **settings):
        process = subprocess.Popen(  # noqa: S603  # our own programs
            argv,
            env=os.environ | environment | settings,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def empty_database(servers):
    """The address of a database without tables."""
    name = f"cli_{uuid4().hex[:12]}"
    admin = sa.create_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(servers.database_url).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
