"""The cable between a browser and a stack: it can be cut, and it can lose the answers to what it carried."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import Enum

from tests.support.nats_server import free_port


class Line(Enum):
    WHOLE = "whole"
    CUT = "cut"
    DEAF = "deaf"
    """What is sent arrives; what is answered is lost."""


class Cable:
    """Passes everything on to a port of this machine, as long as it is whole."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._real = port
        self._line = Line.WHOLE
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening = self._listen()

    def cut(self) -> None:
        """Cut it: every connection ends, and none can be made."""
        self._line = Line.CUT
        self._listening.close()
        self._drop()

    def lose_answers(self) -> None:
        """From now on what is sent arrives, and no answer does."""
        self._line = Line.DEAF
        self._drop()

    def mend(self) -> None:
        """Make it whole again."""
        was, self._line = self._line, Line.WHOLE
        self._drop()
        if was is Line.CUT:
            self._listening = self._listen()

    def _listen(self) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:  # cut
                return
            if self._line is Line.CUT:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self._real))
            with self._lock:
                self._ends |= {client, server}
            for ways in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=ways, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):  # either side may go at any time
            while piece := source.recv(65536):
                if answers and self._line is Line.DEAF:
                    break
                target.sendall(piece)
        for end in (source, target):
            self._end(end)

    def _drop(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            self._end(end)

    @staticmethod
    def _end(end: socket.socket) -> None:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
