"""Bought exactly once: repeats, modes, remembered answers, many at a time, a killed server."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.integration.sandbox.sandbox_caller import (
    AT_ONCE,
    Caller,
    SandboxProcess,
    code_of,
    free_port,
    read,
)


@pytest.mark.parametrize("mode", ["A", "B"])
def test_a_repeated_checkout_repeats_the_order(sandbox, mode):
    sandbox.settings(mode=mode)
    cart_id = sandbox.new_cart(sandbox.reservation_line("R-1"))

    first, second = read(sandbox.checkout(cart_id), 201), read(sandbox.checkout(cart_id), 201)

    assert first == second
    assert len(sandbox.bought("R-1")) == 1


def test_mode_c_buys_again(sandbox):
    sandbox.settings(mode="C")
    cart_id = sandbox.new_cart(sandbox.reservation_line("R-1"))
    same = str(uuid.uuid4())

    first, second = sandbox.checkout(cart_id, same), sandbox.checkout(cart_id, same)

    assert read(first, 201)["orders"][0]["id"] != read(second, 201)["orders"][0]["id"]
    assert len(sandbox.bought("R-1")) == 2


def post_cart(sandbox, request_id, line):
    headers = {"MS-RequestId": request_id}
    return sandbox.call("POST", f"{sandbox.aegean}/carts", {"lineItems": [line]}, headers=headers)


def test_a_request_id_is_remembered_for_a_day(sandbox):
    request_id, line = str(uuid.uuid4()), sandbox.software_line("S-1")
    first = read(post_cart(sandbox, request_id, line), 201)

    assert read(post_cart(sandbox, request_id.upper(), line), 201) == first
    other = sandbox.software_line("S-2")
    assert code_of(post_cart(sandbox, request_id, other), 400) == "800002"
    sandbox.advance(hours=24)
    assert read(post_cart(sandbox, request_id, other), 201)["id"] != first["id"]


def test_a_refusal_is_remembered_for_its_request_id_only(sandbox):
    line = sandbox.reservation_line("R-1", quantity=0)
    request_id = str(uuid.uuid4())
    refused = read(post_cart(sandbox, request_id, line), 400)
    assert read(post_cart(sandbox, request_id, line), 400) == refused
    assert read(post_cart(sandbox, str(uuid.uuid4()), line | {"quantity": 1}), 201)


def test_mode_b_forgets_request_ids(sandbox):
    sandbox.settings(mode="B")
    request_id, line = str(uuid.uuid4()), sandbox.software_line("S-1")
    carts = {read(post_cart(sandbox, request_id, line), 201)["id"] for _ in range(2)}
    assert len(carts) == 2


def test_twenty_checkouts_at_once_make_one_order(sandbox, process):
    cart_id = sandbox.new_cart(sandbox.reservation_line("R-1"))
    token = sandbox.user_token()
    together = threading.Barrier(20)

    def check_out(_):
        caller = Caller(process)
        together.wait()
        path = f"{sandbox.aegean}/carts/{cart_id}/checkout"
        answer = caller.call("POST", path, token=token)
        caller.session.close()
        return read(answer, 201)["orders"][0]["id"]

    with ThreadPoolExecutor(20) as pool:
        order_ids = set(pool.map(check_out, range(20)))

    assert [order["order_id"] for order in sandbox.bought("R-1")] == list(order_ids)


@pytest.fixture
def own_process(tmp_path):
    running = SandboxProcess(tmp_path, free_port())
    running.start()
    yield running
    running.kill()


def test_a_kill_between_effect_and_answer_loses_and_doubles_nothing(own_process):
    before = Caller(own_process)
    before.control("settings", AT_ONCE)
    cart_id = before.new_cart(before.reservation_line("R-1"))
    before.plan_fault("checkout", "slow:60")
    answers = []

    def check_out():
        with pytest.raises(requests.ConnectionError):
            answers.append(before.checkout(cart_id))

    waiting = threading.Thread(target=check_out)
    waiting.start()
    watcher = Caller(own_process)
    while not watcher.bought("R-1"):
        pass
    ledger = watcher.control("ledger")
    own_process.kill()
    waiting.join()
    before.session.close()
    watcher.session.close()

    own_process.start()
    after = Caller(own_process)

    assert answers == []
    assert after.access == before.access
    assert after.control("settings")["list_lag_seconds"] == 0
    assert after.control("ledger") == ledger
    (order,) = read(after.checkout(cart_id), 201)["orders"]
    assert [x["order_id"] for x in after.bought("R-1")] == [order["id"]]
    after.session.close()
