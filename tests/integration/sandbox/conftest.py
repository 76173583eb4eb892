"""One sandbox for all of these tests, as it was at first before each."""

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.sandbox_caller import Caller, SandboxProcess, free_port


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox"), free_port())
    running.start()
    yield running
    running.kill()


@pytest.fixture
def sandbox(process: SandboxProcess) -> Iterator[Caller]:
    """Reset, and with every delay at zero."""
    caller = Caller(process)
    caller.reset()
    yield caller
    caller.session.close()
