"""A small real service: answers as ready, shows what it was sent, streams. Run as a part of a stack."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith("/stream"):
            self._stream()
        else:
            self._answer({"path": self.path, "headers": dict(self.headers), "environment": dict(os.environ)})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._answer({"body": self.rfile.read(length).decode(), "headers": dict(self.headers)})

    def _answer(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"event: first\n\n")
        self.wfile.flush()
        threading.Event().wait()  # the stream stays open and silent


def main() -> None:
    last_words = os.environ.get("STAND_IN_REFUSES")
    if last_words:
        sys.stderr.write(f"{last_words}\n")
        sys.exit(78)
    server = ThreadingHTTPServer((os.environ["ZAKRILA_HOST"], int(os.environ["ZAKRILA_PORT"])), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
