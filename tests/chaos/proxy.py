"""A TCP line with faults, in a thread of its own: latency, cuts, silence, and lost COMMITs."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass

_CHUNK = 65536
_AT_COMMIT = frozenset({"lost_commit", "cut_commit"})
_STORED_SECONDS = 0.1  # until PostgreSQL has surely stored what it was sent


@dataclass(frozen=True)
class LineFault:
    """What the next connection, or the next chunk, meets.

    `latency`: every chunk late by `amount` seconds. `cut`: closed after `amount` bytes from the
    server. `half_open`: what the server says is lost, for `amount` seconds, then closed.
    `black_hole`: nothing passes at all, likewise. `lost_commit`: the client's COMMIT reaches
    PostgreSQL, its answer nobody. `cut_commit`: it does not even reach PostgreSQL.
    """

    kind: str
    amount: float = 0.0


class Line:
    """Listens on a port of its own and passes on to the target; `plan` takes the next fault."""

    def __init__(self, name, port):
        self.name, self.target = name, port
        self.port = 0
        self.played = {}
        self._planned = []
        self._server = None
        self._serving = set()  # asyncio itself forgets a task whose connection is lost
        self._lock = threading.Lock()

    def plan(self, fault):
        """For the next connection that is opened; one at a COMMIT for the next that is sent."""
        with self._lock:
            self._planned.append(fault)

    def calm(self):
        with self._lock:
            self._planned.clear()

    async def open(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        await _some_turns()  # asyncio forgets a connection whose acceptance the end comes between
        self._server.close()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        fault = self._take(lambda planned: planned.kind not in _AT_COMMIT)
        async with contextlib.AsyncExitStack() as ends:
            ends.push_async_callback(_closed, writer)
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            except OSError:
                return
            ends.push_async_callback(_closed, far_writer)
            if fault and fault.kind == "latency":
                await asyncio.sleep(fault.amount)
            await self._pass_both_ways(reader, far_reader, fault, (writer, far_writer))

    async def _pass_both_ways(self, reader, far_reader, fault, ends):
        writer, far_writer = ends
        await asyncio.gather(
            self._pass_up(reader, far_writer, fault, ends),
            self._pass_down(far_reader, writer, fault, ends),
            return_exceptions=True,  # a connection that breaks is what a line is for
        )

    def _take(self, fits):
        with self._lock:
            for number, planned in enumerate(self._planned):
                if fits(planned):
                    self.played[planned.kind] = self.played.get(planned.kind, 0) + 1
                    return self._planned.pop(number)
        return None

    async def _pass_up(self, reader, writer, fault, ends):
        while data := await reader.read(_CHUNK):
            if fault and fault.kind == "black_hole":
                await asyncio.sleep(fault.amount)
                return _close(*ends)
            if b"COMMIT" in data and (lost := self._take(lambda one: one.kind in _AT_COMMIT)):
                ends[0].transport.abort()  # before the answer can come
                if lost.kind == "lost_commit":
                    writer.write(data)
                    await asyncio.sleep(_STORED_SECONDS)
                return _close(*ends)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
        return None

    async def _pass_down(self, reader, writer, fault, ends):
        passed = 0
        while data := await reader.read(_CHUNK):
            if fault and fault.kind == "half_open":
                await asyncio.sleep(fault.amount)
                return _close(*ends)
            passed += len(data)
            if fault and fault.kind == "cut" and passed > fault.amount:
                keep = max(0, len(data) - int(passed - fault.amount))
                writer.write(data[:keep])
                return _close(*ends)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
        return None


class Lines:
    """All lines of a run, on one event loop in one thread."""

    def __init__(self, **targets):
        self.lines = [Line(name, port) for name, port in targets.items()]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        for line in self.lines:
            asyncio.run_coroutine_threadsafe(line.open(), self._loop).result(10)
        return {line.name: line for line in self.lines}

    def __exit__(self, *_):
        for line in self.lines:
            asyncio.run_coroutine_threadsafe(line.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _loop, _context: None)  # broken on purpose
        self._loop.run_forever()
        self._loop.run_until_complete(_some_turns())  # what was accepted has begun, and can end
        while left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(_some_turns())
        self._loop.close()


async def _some_turns():
    """A connection needs four turns of the loop from its acceptance to its task's first step."""
    for _ in range(10):
        await asyncio.sleep(0)


async def _closed(writer):
    _close(writer)
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _close(*writers):
    for writer in writers:
        with contextlib.suppress(OSError, RuntimeError):
            writer.transport.abort()
