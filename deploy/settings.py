"""Every setting there is: which class knows it, what it does, and whether what is set can be used."""

from __future__ import annotations

import difflib
import importlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deploy.compose.settings import StackSettings
from deploy.environment import ROOT
from shared.contracts.vocabulary import Service
from shared.settings import NotUsable, Settings, database_variable, sentence

COMPOSE_FILE = ROOT / "docker-compose.yml"
_OVERLAYS = sorted((ROOT / "deploy" / "compose").glob("*.yml"))
EXAMPLE_FILE = ROOT / ".env.example"
ENVIRONMENT_FILE = ROOT / ".env"
_PREFIX = "ZAKRILA_"
_OF_COMMANDS = frozenset({"ZAKRILA_TOKEN", "ZAKRILA_SUPERVISED"})
"""Read by commands, not by services."""
_PASSED_ON = re.compile(r"\$\{(ZAKRILA_\w+):-((?:\$\{[^}]*\}|[^{}$])*)\}")
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY$")


@dataclass(frozen=True)
class Known:
    """One setting."""

    variable: str
    effect: str
    default: str
    of: tuple[str, ...]
    """Who reads it."""
    secret: bool = False


@dataclass(frozen=True)
class Given:
    """A setting as it will be used."""

    known: Known
    value: str
    """Never a secret."""
    source: str


def settings_class(service: Service) -> type[Settings]:
    """Return a service's own settings, or those that every service has."""
    if not (ROOT / "services" / service / "settings.py").exists():
        return Settings
    module = importlib.import_module(f"services.{service}.settings")
    own = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == module.__name__
    ]
    return own[0] if own else Settings


def known() -> list[Known]:
    """Return every setting: the stack's, every service's, then each service's own."""
    found: dict[str, Known] = {}
    for each in (*_of_class(StackSettings, "stack"), *_of_services(), *_besides()):
        before = found.get(each.variable)
        found[each.variable] = each if before is None else before
    return list(found.values())


def _of_services() -> Iterator[Known]:
    everywhere = tuple(service.value for service in Service)
    yield from (Known(k.variable, k.effect, k.default, everywhere, k.secret) for k in _of_class(Settings, "services"))
    for service in Service:
        yield from _of_class(settings_class(service), service.value)


def _besides() -> Iterator[Known]:
    for service in Service:
        effect = f"Where the store of {service} is: postgresql+psycopg://…, or its SQLite file."
        yield Known(database_variable(service), effect, "", (service.value,), secret=True)
    effect = "Folder with files named as these variables: what the environment does not say is read there."
    yield Known("ZAKRILA_SECRETS", effect, "", tuple(service.value for service in Service))


def _of_class(kind: type[BaseSettings], of: str) -> Iterator[Known]:
    for name, field in kind.model_fields.items():
        secret = _is_secret(name, field)
        yield Known(
            f"{_PREFIX}{name.upper()}", _effect(field), "" if secret else _written(field.default), (of,), secret
        )


def _is_secret(name: str, field: FieldInfo) -> bool:
    return field.annotation is SecretStr or bool(_SECRET.search(name.upper()))


def _effect(field: FieldInfo) -> str:
    return " ".join((field.description or "").replace("``", "").split())


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return str(int(default))
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    return "" if default is None else str(default)


def passed_on() -> dict[str, str]:
    """Return which settings the stack of containers takes from ``.env``, with their defaults; it sets the others."""
    text = "".join(file.read_text() for file in (COMPOSE_FILE, *_OVERLAYS))
    return dict(reversed(_PASSED_ON.findall(text)))


def example() -> str:
    """Return ``.env.example``."""
    lines = [
        "# Every setting of Zakrila, with its default. Copy this file to .env and change what you need;",
        "# `./zakrila config check` says what is wrong with it. Written by `./zakrila config example`.",
        "",
        "# === The stack of containers (docker compose) takes these from .env ===",
    ]
    settable = passed_on()
    for each in known():
        if each.variable in settable:
            lines += _shown(each, settable[each.variable])
    lines += [
        "",
        "# === A service that runs without the stack takes these from its environment; docker-compose.yml and",
        "# === `./zakrila up` set them themselves ===",
    ]
    for each in known():
        if each.variable not in settable:
            lines += _shown(each, each.default)
    return "\n".join(lines) + "\n"


def _shown(each: Known, default: str) -> Iterable[str]:
    readers = "" if each.of == ("stack",) or len(each.of) == len(Service) else f" ({', '.join(each.of)})"
    return ("", f"# {each.effect}{readers}", f"#{each.variable}={default}")


def load_file(file: Path, environment: dict[str, str]) -> Mapping[str, str]:
    """Add what a ``.env`` says and the environment does not, as Compose does; return what was added."""
    said = {name: value or "" for name, value in dotenv_values(file).items()} if file.exists() else {}
    added = {name: value for name, value in said.items() if name not in environment}
    environment.update(added)
    return added


def given(from_file: Mapping[str, str]) -> list[Given]:
    """Return every setting as it will be used, without secret values."""
    return [_given(each, from_file) for each in known()]


def _given(each: Known, from_file: Mapping[str, str]) -> Given:
    value = os.environ.get(each.variable, "")
    if not value:
        return Given(each, each.default, "default")
    source = ".env" if each.variable in from_file else "environment"
    return Given(each, "(set)" if each.secret or ("@" in value and "://" in value) else value, source)


def faults() -> list[str]:
    """Return what is wrong with the environment: one sentence for each, naming the setting."""
    found = dict.fromkeys(_unknown())
    kinds: list[type[BaseSettings]] = [StackSettings, *map(settings_class, Service)]
    for kind in dict.fromkeys(kinds):
        try:
            read = kind()
        except ValidationError as error:
            found.update(dict.fromkeys([sentence(error)]))
            continue
        if isinstance(read, StackSettings):
            found.update(dict.fromkeys(_certificate(read)))
    for service in Service:
        try:
            Settings.model_construct(data=Path()).database_url(service)
        except NotUsable as error:
            found[sentence(error)] = None
    return list(found)


def _unknown() -> Iterator[str]:
    names = {each.variable for each in known()} | _OF_COMMANDS
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            yield f"{name} is no setting." + (f" Is {near[0]} meant?" if near else "")


def _certificate(stack: StackSettings) -> Iterator[str]:
    if stack.tls_folder:
        for name in ("tls.crt", "tls.key"):
            if not (ROOT / stack.tls_folder / name).is_file():
                yield f"ZAKRILA_TLS_FOLDER: {stack.tls_folder} has no file {name}."
