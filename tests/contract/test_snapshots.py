"""What others rely on does not break by accident, and the snapshots say what is promised today."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Service
from tests.contract.breaking import broken
from tests.contract.files import committed
from tests.contract.present import everything, services

HOW = "If the change is meant: python -m tests.contract.update"
BEFORE, NOW = committed(), everything()


@pytest.mark.parametrize("name", sorted(BEFORE))
def test_nothing_that_others_rely_on_breaks(name: str) -> None:
    assert name in NOW, f"{name} is gone. {HOW}"
    assert broken(name, BEFORE[name], NOW[name]) == [], HOW


@pytest.mark.parametrize("name", sorted(NOW))
def test_the_snapshot_is_up_to_date(name: str) -> None:
    assert BEFORE.get(name) == NOW[name], HOW


def test_every_service_that_is_built_has_its_http_in_a_snapshot() -> None:
    assert {Service.INTAKE, Service.DISPATCH} <= set(services())
    assert {f"{service}.http" for service in services()} <= NOW.keys()


def test_nothing_personal_has_a_field_outside_the_sealed_parts() -> None:
    personal = {"name", "phone", "address", "narrative", "latitude", "longitude", "email", "code_word"}
    events = {name: promises for name, promises in NOW.items() if name.endswith(".events")}
    fields = {path.rpartition(".")[2] for promises in events.values() for lines in promises.values() for path in lines}
    assert "state" in fields
    assert fields & personal == set()
