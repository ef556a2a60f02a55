"""Stands between a service and PostgreSQL, and can lose the answer to one COMMIT."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


class LossyProxy:
    """Passes everything on. Armed, it lets one COMMIT through, waits for its answer and cuts the line instead."""

    def __init__(self, folder: Path, real: Path) -> None:
        self.folder = folder
        self.armed = threading.Event()
        self._real = str(real / _SOCKET)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / _SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept nobody any more."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # stopped
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._real)
            cut = threading.Event()
            for end in ((client, server, cut, True), (server, client, cut, False)):
                threading.Thread(target=self._pass_on, args=end, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, cut: threading.Event, to_server: bool) -> None:
        with contextlib.suppress(OSError):  # either side may go at any time
            while piece := source.recv(65536):
                if to_server and self.armed.is_set() and b"COMMIT" in piece:
                    self.armed.clear()
                    cut.set()
                elif not to_server and cut.is_set():
                    break
                target.sendall(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
