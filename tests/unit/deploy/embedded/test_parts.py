import pytest

from deploy.embedded.parts import PARTS, Origin


def test_parts_are_listed_as_the_contract_says() -> None:
    foreign = ("nats", "valkey", "gateway")
    assert (*foreign, "identity", "intake", "dispatch", "shelter_beds", "notify") == PARTS


@pytest.mark.parametrize(
    ("host", "url", "listen"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000", "0.0.0.0:8000"),
        ("::", "http://[::1]:8000", "[::]:8000"),
        ("room.example", "http://room.example:8000", "room.example:8000"),
    ],
)
def test_an_origin_is_reached_where_it_listens(host: str, url: str, listen: str) -> None:
    origin = Origin(host, 8000)
    assert (origin.url, origin.listen) == (url, listen)
