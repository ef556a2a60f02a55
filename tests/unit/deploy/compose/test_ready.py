import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.compose.ready import is_ready
from tests.support.nats_server import free_port


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False)])
def test_a_container_is_as_ready_as_its_service_says(status: int, ready: bool) -> None:
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert is_ready("shelter-beds", server.server_port) is ready
        thread.join()
    assert asked == ["/shelter-beds/health/ready"]


def test_nobody_there_is_not_ready() -> None:
    assert not is_ready("intake", free_port())
