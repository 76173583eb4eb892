"""`make run`: what is wrong is one sentence; make's end is everyone's end."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from embedded.ports import free_port
from embedded.settings import RunSettings
from embedded.state import kept_secret, locked, new_encryption_key, new_secret_key
from tests.integration.embedded.conftest import SUPERVISE, all_end

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def settings(tmp_path):
    return {
        "PORT": str(free_port()),
        "SANDBOX_PORT": str(free_port()),
        "ENTREPOT_STATE": str(tmp_path / "var"),
    }


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_one_sentence(embedded_run, settings, name):
    with socket.create_server(("127.0.0.1", int(settings[name]))):
        code, errors = embedded_run(**settings).finish()

    assert code == 1
    assert errors == (
        f"Port {settings[name]} is in use: stop what listens there, "
        f"or choose another with {name}=NUMBER.\n"
    )


@pytest.mark.parametrize("word", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_one_sentence(embedded_run, settings, word):
    code, errors = embedded_run(**settings | {"PORT": word}).finish()

    assert (code, errors) == (1, f"PORT is {word!r}, which is not a port: use 1 to 65535.\n")


def test_the_same_port_twice_is_one_sentence(embedded_run, settings):
    code, errors = embedded_run(**settings | {"SANDBOX_PORT": settings["PORT"]}).finish()

    assert code == 1
    assert "PORT and SANDBOX_PORT are both" in errors


def test_a_second_copy_on_the_same_state_is_one_sentence(embedded_run, settings, tmp_path):
    (tmp_path / "var").mkdir()
    with locked(tmp_path / "var" / "lock", "not here"):
        code, errors = embedded_run(**settings).finish()

    assert code == 1
    assert errors == f"Another copy is running on the state folder {tmp_path / 'var'}.\n"


def test_a_state_folder_that_is_a_file_is_one_sentence(embedded_run, settings, tmp_path):
    (tmp_path / "var").touch()

    code, errors = embedded_run(**settings).finish()

    assert code == 1
    assert errors == f"The state folder {tmp_path / 'var'} is not a folder: choose another.\n"


def test_a_state_folder_that_cannot_be_written_is_one_sentence(embedded_run, settings):
    code, errors = embedded_run(**settings | {"ENTREPOT_STATE": "/proc/entrepot"}).finish()

    assert code == 1
    assert errors.startswith("The state folder /proc/entrepot cannot be written: ")
    assert errors.count("\n") == 1


def test_defaults_are_those_of_the_readme():
    settings = RunSettings.from_env({})

    assert (settings.port, settings.sandbox_port) == (8000, 8443)
    assert settings.state_dir == REPOSITORY / "var"
    assert settings.sandbox_url == "https://127.0.0.1:8443"


def test_secrets_are_generated_once_and_are_private(tmp_path):
    first = kept_secret(tmp_path / "secret_key", new_secret_key)

    assert kept_secret(tmp_path / "secret_key", new_secret_key) == first
    assert len(bytes.fromhex(first)) == 32
    assert len(new_encryption_key()) == 44
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def make_run(start, write_plan, tmp_path):
    """`make run`, with programs that sleep in the place of Entrepot."""
    plan = write_plan(programs={"web": ["sleep", "600"]}, stop_with_parent=True)
    binaries = tmp_path / "bin"
    binaries.mkdir()
    python = binaries / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} {SUPERVISE} {plan}\n")
    python.chmod(0o755)
    run = start(["make", "-C", REPOSITORY, "-o", "setup", "run", f"BIN={binaries}"])
    run.wait_for("all started")
    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_to_make_alone_stops_everything(make_run, number):
    descendants = make_run.descendants()

    make_run.process.send_signal(number)

    assert all_end(descendants)


def test_ctrl_c_in_the_terminal_stops_everything(make_run):
    descendants = make_run.descendants()

    os.killpg(make_run.process.pid, signal.SIGINT)

    make_run.finish()
    assert all_end(descendants, seconds=0)
