import sys
from pathlib import Path

import sqlalchemy as sa

ENTREPOT = str(Path(sys.executable).with_name("entrepot"))


def test_migrate_makes_the_tables_from_any_folder_and_twice(
    entrepot, empty_database, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)

    codes = [entrepot("migrate", DATABASE_URL=empty_database).code for _ in range(2)]

    assert codes == [0, 0]
    engine = sa.create_engine(empty_database, poolclass=sa.NullPool)
    assert "assets" in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_models_and_migrations_agree(entrepot):
    assert entrepot("check-migrations").code == 0


def test_psql_gets_the_password_by_its_environment(start, tmp_path):
    program = tmp_path / "psql"
    program.write_text('#!/bin/sh\necho "$@"\necho "$PGPASSWORD"\n')
    program.chmod(0o755)

    process = start(
        ENTREPOT,
        "psql",
        "-c",
        "SELECT 1",
        DATABASE_URL="postgresql://someone:p%40ss@db.example/shop?sslmode=require",
        ENTREPOT_PSQL=str(program),
    )
    out, _ = process.communicate(timeout=30)

    assert out.splitlines() == [
        "postgresql://someone@db.example/shop?sslmode=require -c SELECT 1",
        "p@ss",
    ]


def test_psql_that_is_not_installed_is_one_sentence(entrepot):
    ended = entrepot("psql", ENTREPOT_PSQL=None, PATH="/nowhere")

    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "psql is not installed" in ended.err


def test_the_command_is_installed(start):
    process = start(ENTREPOT, "--help")
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert {"load-demo", "prepare"} <= set(out.split())
