"""Processes are started in order, started again, and never left behind."""

import contextlib
import os
import signal
import subprocess

from tests.integration.embedded.conftest import all_end

SLEEPER = ["sleep", "600"]


def says(words):
    script = f"trap 'echo {words} stops; exit 0' TERM; echo {words} lives"
    return ["sh", "-c", f"{script}; while true; do sleep 600 & wait $!; done"]


def test_every_line_carries_the_name_of_its_process(supervise):
    run = supervise({"web": says("first"), "worker": says("second")})

    assert run.wait_for("first lives") == "web        | first lives"
    assert run.wait_for("second lives") == "worker     | second lives"


def test_sigterm_stops_all_the_last_started_first(supervise):
    run = supervise({"web": says("first"), "worker": says("second")})
    run.wait_for("second lives")
    descendants = run.descendants()

    run.process.send_signal(signal.SIGTERM)
    code, errors = run.finish()

    assert (code, errors) == (0, "")
    assert [line.split("| ")[1] for line in run.said if "stops" in line] == [
        "second stops",
        "first stops",
    ]
    assert all_end(descendants, seconds=0)


def test_ctrl_c_is_a_success(supervise):
    run = supervise({"web": SLEEPER})
    run.wait_for("all started")

    run.process.send_signal(signal.SIGINT)

    assert run.finish() == (0, "")


def test_a_second_ctrl_c_hurries_what_does_not_want_to_stop(supervise):
    stubborn = ["sh", "-c", "trap 'echo not yet' TERM; echo here; while :; do sleep 0.1; done"]
    run = supervise({"web": stubborn})
    run.wait_for("here")
    run.process.send_signal(signal.SIGINT)
    run.wait_for("not yet")
    descendants = run.descendants()

    while run.process.poll() is None:
        run.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(0.2)

    assert run.finish()[0] == 0
    assert all_end(descendants, seconds=0)


def test_what_dies_is_started_again_later_and_later(supervise):
    run = supervise({"web": ["sh", "-c", "echo here; exit 3"]})

    for delay in ("0.5", "1", "2"):
        assert run.wait_for("starting it again") == (
            f"web ended with code 3; starting it again in {delay} s."
        )
    assert sum("web        | here" in line for line in run.said) == 3


def test_what_a_dead_program_left_is_removed_before_it_starts_again(supervise):
    run = supervise({"web": ["sh", "-c", "sleep 600 & echo child $!; wait"]})
    child = int(run.wait_for("child").split()[-1])
    descendants = {child: os.pidfd_open(child)}

    os.kill(next(pid for pid in run.descendants() if pid != child), signal.SIGKILL)

    assert "was ended by SIGKILL" in run.wait_for("starting it again")
    assert all_end(descendants)


def test_descendants_with_a_session_of_their_own_are_stopped_too(supervise):
    run = supervise({"web": ["sh", "-c", "setsid sleep 600 & echo here; wait"]})
    run.wait_for("here")
    descendants = run.descendants()
    assert len(descendants) == 2

    run.process.send_signal(signal.SIGTERM)
    run.finish()

    assert all_end(descendants, seconds=0)


def test_kill_9_of_the_supervisor_leaves_nothing_not_even_the_servers(supervise, open_folder):
    run = supervise({"web": SLEEPER}, servers=str(open_folder))
    run.wait_for("all started")
    descendants = run.descendants()
    assert len(descendants) > 3

    run.process.kill()

    assert all_end(descendants)


def test_servers_start_again_after_kill_9_of_the_supervisor(supervise, open_folder):
    first = supervise(servers=str(open_folder))
    first.wait_for("all started")
    first.process.kill()
    first.process.wait()

    assert supervise(servers=str(open_folder)).wait_for("all started")


def test_a_database_server_that_is_killed_comes_back(supervise, open_folder):
    run = supervise(servers=str(open_folder))
    run.wait_for("all started")
    server = min(run.descendants())

    os.kill(server, signal.SIGKILL)

    assert "postgresql was ended by SIGKILL" in run.wait_for("starting it again")
    run.wait_for("ready to accept connections")


def test_a_program_that_is_missing_is_one_sentence_and_stops_the_others(supervise):
    run = supervise({"web": SLEEPER, "worker": ["/nowhere/worker"]})

    assert run.finish() == (
        1,
        "worker cannot be started: /nowhere/worker: No such file or directory.\n",
    )


def test_a_reader_that_goes_away_is_the_end(supervise):
    run = supervise({"web": ["sh", "-c", "echo here; exec sleep 600"], "worker": SLEEPER})
    run.wait_for("all started")
    descendants = run.descendants()
    run.process.stdout.close()

    os.kill(min(descendants), signal.SIGKILL)

    assert all_end(descendants)
