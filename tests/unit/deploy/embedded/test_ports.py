import socket
from pathlib import Path

import pytest

from deploy.embedded.ports import Ports, claim_origin, is_free, require_free
from deploy.errors import CommandError


def test_a_part_keeps_its_port_until_a_stranger_takes_it() -> None:
    ports = Ports()
    first = ports.of("intake")
    assert not ports.replace_if_taken("intake")
    assert ports.of("intake") == first
    with socket.create_server(("127.0.0.1", first)):
        assert ports.replace_if_taken("intake")
    assert ports.of("intake") != first


def test_no_two_parts_share_a_port_nor_sit_where_outgoing_connections_do() -> None:
    ports = Ports()
    chosen = [ports.of(name) for name in "abcdefghij"]
    assert len(set(chosen)) == len(chosen)
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(chosen) < lowest_outgoing


def test_an_origin_belongs_to_one_stack_at_a_time() -> None:
    port = Ports().of("gateway")
    with claim_origin(port), pytest.raises(CommandError, match=f"Port {port} belongs to another stack"):
        claim_origin(port)
    claim_origin(port).close()


def test_an_address_that_is_not_this_machines_is_refused_in_a_sentence() -> None:
    with pytest.raises(CommandError, match=r"Nothing can listen on 192\.0\.2\.1:8000"):
        require_free("192.0.2.1", 8000)


def test_a_listening_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free("127.0.0.1", server.getsockname()[1])
