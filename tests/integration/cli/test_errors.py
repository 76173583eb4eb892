"""What goes wrong is one sentence on stderr and exit 1."""

import json

import pytest


def one_sentence(ended):
    assert ended.code == 1
    assert len(ended.err.strip().splitlines()) == 1
    assert "Traceback" not in ended.err
    return ended.err.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fly"], "No such command 'fly'."),
        (["generate", "--accounts", "1"], "1 is not in the range x>=3."),
        (["create-admin"], "Missing argument 'EMAIL'."),
    ],
)
def test_a_wrong_command_line_is_one_sentence(entrepot, arguments, says):
    assert says in one_sentence(entrepot(*arguments))


def test_without_arguments_the_commands_are_listed(entrepot):
    ended = entrepot()

    assert ended.code == 0
    assert "doctor" in ended.out


def test_a_missing_setting_is_named(entrepot):
    assert "SECRET_KEY" in one_sentence(entrepot("expire-assets", SECRET_KEY=None))


@pytest.mark.parametrize("command", ["migrate", "expire-assets", "check-migrations"])
def test_a_postgresql_that_is_away_is_one_sentence(entrepot, command):
    address = "postgresql://entrepot:secret-word@127.0.0.1:9/entrepot"

    sentence = one_sentence(entrepot(command, DATABASE_URL=address))

    assert sentence.startswith("PostgreSQL does not answer")
    assert "secret-word" not in sentence


def test_a_database_without_tables_asks_for_migrations(entrepot, empty_database):
    assert "entrepot migrate" in one_sentence(
        entrepot("expire-assets", DATABASE_URL=empty_database)
    )


def test_beside_make_run_its_settings_are_used(entrepot, environment, app, tmp_path):
    (tmp_path / "environment.json").write_text(json.dumps(environment))

    ended = entrepot(
        "expire-assets", DATABASE_URL=None, SECRET_KEY=None, ENTREPOT_STATE=str(tmp_path)
    )

    assert (ended.code, ended.out) == (0, "0 assets expired.\n")


def test_a_stated_database_is_never_mixed_with_those_of_make_run(entrepot, environment, tmp_path):
    (tmp_path / "environment.json").write_text(json.dumps(environment))

    ended = entrepot("expire-assets", SECRET_KEY=None, ENTREPOT_STATE=str(tmp_path))

    assert "SECRET_KEY" in one_sentence(ended)


def test_damaged_settings_of_make_run_are_one_sentence(entrepot, tmp_path):
    (tmp_path / "environment.json").write_text("{")

    ended = entrepot("expire-assets", DATABASE_URL=None, ENTREPOT_STATE=str(tmp_path))

    assert "damaged" in one_sentence(ended)
