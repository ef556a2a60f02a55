"""What docker-compose.yml promises of every container, whoever edits it."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from deploy.settings import COMPOSE_FILE, known, passed_on, settings_class
from shared.contracts.vocabulary import Service

TEXT = COMPOSE_FILE.read_text()
STACK: dict[str, Any] = yaml.safe_load(TEXT)
PARTS: dict[str, dict[str, Any]] = STACK["services"]
JOBS = {"bootstrap", "migrate", "first-day"}
FROM_FILES = {"ZAKRILA_VALKEY_URL"}
"""Given by bootstrap as a file: it holds a password."""
MEANINGLESS = {"ZAKRILA_DATA", "ZAKRILA_HOST", "ZAKRILA_PORT"}
"""Set in the image, or of the embedded stack alone."""


@pytest.mark.parametrize("name", PARTS)
def test_every_container_is_fenced_in(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["init"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "gateway" else [])
    assert set(part["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert part["restart"] == ("no" if name in JOBS else "unless-stopped")
    assert part["logging"]["options"]["max-size"]
    assert "stop_grace_period" in part or name in JOBS


@pytest.mark.parametrize("name", PARTS)
def test_what_is_a_parts_own_cannot_be_changed_by_it(name: str) -> None:
    for volume in PARTS[name]["volumes"]:
        text = volume if isinstance(volume, str) else f"{volume['source']}:{'ro' if volume['read_only'] else ''}"
        if text.startswith("own-") and name != "bootstrap":
            assert text.endswith(":ro"), text
    assert ("keys:/zakrila/keys" in PARTS[name]["volumes"]) == (name == "bootstrap")


@pytest.mark.parametrize(("one", "other"), list(combinations(Service, 2)))
def test_two_services_share_no_network(one: Service, other: Service) -> None:
    assert not set(PARTS[one]["networks"]) & set(PARTS[other]["networks"])


def test_the_gateway_reaches_services_only_and_nobody_else_is_on_the_outside() -> None:
    for name in ("postgres", "nats", "redis"):
        assert not set(PARTS["gateway"]["networks"]) & set(PARTS[name]["networks"])
    open_networks = {name for name, made in STACK["networks"].items() if not made.get("internal")}
    assert {name for name, part in PARTS.items() if open_networks & {*part.get("networks", [])}} == {"gateway"}
    assert [name for name, part in PARTS.items() if "ports" in part] == ["gateway"]


@pytest.mark.parametrize("service", Service)
def test_every_setting_of_a_service_is_set_or_can_be_set(service: Service) -> None:
    environment = PARTS[service]["environment"]
    wanted = {f"ZAKRILA_{name.upper()}" for name in settings_class(service).model_fields}
    assert wanted - MEANINGLESS - FROM_FILES <= environment.keys()
    assert f"ZAKRILA_{service.stream}_DATABASE_URL" in environment
    assert not [name for name in environment if name.endswith("DATABASE_URL") and service.stream not in name]


def test_the_defaults_in_the_file_are_those_of_the_settings() -> None:
    defaults = {each.variable: each.default for each in known()}
    said = re.findall(r"\$\{(ZAKRILA_\w+):-([^{}$]*)\}", TEXT)
    assert {name for name, _ in said} <= defaults.keys()
    for name, default in said:
        assert default in {defaults[name], "no-own-certificate"}, name
    assert passed_on()["ZAKRILA_PUBLIC_URL"] == "https://localhost:${ZAKRILA_HTTPS_PORT:-8443}"


def test_no_secret_stands_in_an_environment_variable() -> None:
    for part in PARTS.values():
        for name, value in part.get("environment", {}).items():
            assert "PASSWORD" not in name or name.endswith("_FILE")
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value))


def test_only_official_names_of_images_are_used() -> None:
    foreign = {part["image"] for part in PARTS.values() if "build" not in part}
    assert foreign == {"caddy:2-alpine", "postgres:17-alpine", "nats:2.12-alpine", "redis:7-alpine"}
