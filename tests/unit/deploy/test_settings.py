"""`./zakrila config`: what is wrong is named, what is secret is not shown, what is written down is complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.settings import EXAMPLE_FILE, example, faults, given, known, load_file, settings_class
from shared.contracts.vocabulary import Service
from shared.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ZAKRILA_"):
            monkeypatch.delenv(name)


def test_the_example_names_every_setting_as_it_is_now() -> None:
    assert EXAMPLE_FILE.read_text() == example(), "write it again: ./zakrila config example > .env.example"


def test_every_setting_says_what_it_does() -> None:
    for each in known():
        assert len(each.effect) > 10, each.variable


def test_with_nothing_set_nothing_is_wrong() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ZAKRILA_HTTPS_PORT", "70000", "ZAKRILA_HTTPS_PORT: "),
        ("ZAKRILA_NATS_URL", "localhost", "ZAKRILA_NATS_URL: "),
        ("ZAKRILA_LOG_LEVEL", "loud", "ZAKRILA_LOG_LEVEL: "),
        ("ZAKRILA_INTAKE_DATABASE_URL", "mysql://x:hidden@y/z", "ZAKRILA_INTAKE_DATABASE_URL: "),
        ("ZAKRILA_NATS_ULR", "nats://a", "ZAKRILA_NATS_ULR is no setting. Is ZAKRILA_NATS_URL meant?"),
        ("ZAKRILA_DEMO", "1", "ZAKRILA_DEMO needs ZAKRILA_JURISDICTION"),
        ("ZAKRILA_HTTP_PORT", "8443", "ZAKRILA_HTTPS_PORT and ZAKRILA_HTTP_PORT are the same port"),
        ("ZAKRILA_TLS_FOLDER", "./nowhere", "ZAKRILA_TLS_FOLDER: ./nowhere has no file tls.crt."),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    told = "\n".join(faults())
    assert said in told
    assert "hidden" not in told


def test_secret_values_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAKRILA_VALKEY_URL", "redis://:hidden@cache:6379/0")
    monkeypatch.setenv("ZAKRILA_IDENTITY_DATABASE_URL", "postgresql+psycopg://identity:hidden@db/identity")
    assert "hidden" not in "".join(each.value for each in given({}))


def test_the_environment_goes_before_the_file_as_with_compose(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ZAKRILA_HTTPS_PORT=9443\nZAKRILA_LOG_LEVEL=DEBUG\n")
    environment = {"ZAKRILA_LOG_LEVEL": "ERROR"}
    assert load_file(tmp_path / ".env", environment) == {"ZAKRILA_HTTPS_PORT": "9443"}
    assert environment == {"ZAKRILA_LOG_LEVEL": "ERROR", "ZAKRILA_HTTPS_PORT": "9443"}


def test_a_service_without_settings_of_its_own_has_everybodys() -> None:
    for service in Service:
        assert issubclass(settings_class(service), Settings)
