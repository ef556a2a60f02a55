"""Which code runs is said in one way everywhere."""

from __future__ import annotations

import tomllib

from shared.contracts.vocabulary import Service
from shared.version import VERSION, build
from tests.support.stack import ROOT


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_each_service_has_a_build_of_its_own_that_does_not_change_by_itself() -> None:
    builds = {build(service.value) for service in Service}
    assert len(builds) == len(Service)
    build.cache_clear()
    assert builds == {build(service.value) for service in Service}
