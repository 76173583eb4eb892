"""A TCP line to a server that a test can cut and mend: the server itself never notices."""

import socket
from contextlib import suppress
from threading import Lock, Thread


class Cable:
    """Listens on `port` and passes everything on to the server at `target`."""

    def __init__(self, host, port):
        self.target = (host, port)
        self._lock = Lock()
        self._open = []
        self._listener = None
        self.port = 0
        self.mend()

    def mend(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def cut(self):
        """Close every connection, and refuse new ones until mended."""
        with suppress(OSError):  # wakes accept()
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._open.clear()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            with self._lock:
                self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source, sink):
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
