import os
from pathlib import Path

import pytest

from deploy.embedded.blueprint import Blueprint
from deploy.embedded.layout import Layout
from deploy.embedded.parts import MODULES, Origin
from shared.contracts.vocabulary import Service


@pytest.fixture
def blueprint(tmp_path: Path) -> Blueprint:
    layout = Layout(tmp_path)
    layout.prepare()
    return Blueprint(layout, Origin("127.0.0.1", 8000), MODULES, authorization="authorization { users: [] }")


def test_a_service_learns_of_its_own_database_only(blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAKRILA_INTAKE_DATABASE_URL", "postgresql+psycopg://a")
    monkeypatch.setenv("ZAKRILA_NOTIFY_DATABASE_URL", "postgresql+psycopg://b")
    environment = blueprint.service(Service.INTAKE).environment
    assert environment["ZAKRILA_INTAKE_DATABASE_URL"] == "postgresql+psycopg://a"
    assert "ZAKRILA_NOTIFY_DATABASE_URL" not in environment


def test_the_bus_has_its_store_and_its_authority_in_its_configuration(blueprint: Blueprint, tmp_path: Path) -> None:
    blueprint.nats()
    text = (tmp_path / "nats" / "nats.conf").read_text()
    assert f'store_dir: "{tmp_path}/nats"' in text
    assert "authorization { users: [] }" in text
    assert "host: 127.0.0.1" in text


def test_configuration_that_stands_is_not_written_again(blueprint: Blueprint, tmp_path: Path) -> None:
    blueprint.nats()
    file = tmp_path / "nats" / "nats.conf"
    os.utime(file, (1, 1))
    blueprint.nats()
    assert file.stat().st_mtime == 1


def test_foreign_programs_find_no_home_but_their_own(blueprint: Blueprint, tmp_path: Path) -> None:
    for part, name in (
        (blueprint.nats(), "nats"),
        (blueprint.valkey(), "valkey"),
        (blueprint.gateway(), "gateway"),
    ):
        assert part.environment["HOME"] == str(tmp_path / name)


def test_valkeys_password_is_in_no_command_line(blueprint: Blueprint) -> None:
    password = blueprint.valkey_url.split(":")[2].partition("@")[0]
    assert password not in " ".join(blueprint.valkey().command)
    assert password in (Path(blueprint.valkey().command[-1])).read_text()
