"""Run once before everything else: makes keys and secrets that are missing and gives each part what is its own.

What is there stays as it is, so it may run before every start. Nothing secret is printed.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from deploy import configurations
from deploy.compose import postgres
from deploy.compose.layout import DATA, GATEWAY, MIGRATE, NATS, POSTGRES, REDIS, STANDBY, TOPOLOGY, Volumes
from deploy.compose.settings import StackSettings, read
from deploy.embedded import gateway
from shared.contracts.vocabulary import Service
from shared.files import write_whole
from shared.messaging import authority
from shared.security import keys

_EVERYWHERE = "0.0.0.0"  # noqa: S104  # inside a container; its networks say who reaches it
_CACHING = (Service.IDENTITY, Service.SHELTER_BEDS)
"""Who has a use for the caches: login throttles, the live board."""
_FOR_OTHER_USER = 0o640
"""PostgreSQL's image has a user of its own, who is given our group."""


def bootstrap(volumes: Volumes, settings: StackSettings) -> None:
    """Make what is missing and hand it out."""
    keys.ensure_keys(volumes.keys)
    for service in Service:
        for file in keys.files_of(service):
            _give(volumes.of(service), file, (volumes.keys / file).read_text())
    _hand_out_databases(volumes)
    _hand_out_cache(volumes)
    _hand_out_bus(volumes)
    _hand_out_gateway(volumes, settings)
    for file in (Path("signing.jwk"), Path("jwks.json"), keys.nkey_seed_file(Path(), keys.OBSERVER)):
        _give(volumes.operator / "keys", file, (volumes.keys / file).read_text())


def _hand_out_databases(volumes: Volumes) -> None:
    passwords = {service.value: _secret(volumes, f"postgres/{service}") for service in Service}
    replicator = _secret(volumes, f"postgres/{postgres.REPLICATOR}")
    for name, password in passwords.items():
        _give(volumes.of(name), "pgpass", postgres.password_file({name: password}))
    _give(volumes.of(MIGRATE), "pgpass", postgres.password_file(passwords))
    verifiers = {name: postgres.verifier(password) for name, password in passwords.items()}
    server = {
        "roles-and-databases.sql": postgres.first_statements(verifiers, postgres.verifier(replicator)),
        "pg_hba.conf": postgres.access(list(passwords)),
        # Its image asks for one; nobody comes in with it (pg_hba.conf).
        "superuser": _secret(volumes, "postgres/postgres"),
    }
    for file, text in server.items():
        _give(volumes.of(POSTGRES), file, text, _FOR_OTHER_USER)
    _give(volumes.of(STANDBY), "pg_hba.conf", postgres.access(list(passwords)), _FOR_OTHER_USER)
    replication = postgres.password_file({postgres.REPLICATOR: replicator})
    _give(volumes.of(STANDBY), "pgpass", replication, _FOR_OTHER_USER)


def _hand_out_cache(volumes: Volumes) -> None:
    password = _secret(volumes, "redis")
    _give(volumes.of(REDIS), "redis.conf", _lines(*configurations.cache("* -::*", 6379, password, "/data")))
    for service in _CACHING:
        _give(volumes.of(service), "ZAKRILA_VALKEY_URL", f"redis://:{password}@redis:6379/0")


def _hand_out_bus(volumes: Volumes) -> None:
    supervisor = keys.nkey_seed_file(Path(), keys.SUPERVISOR)
    _give(volumes.of(TOPOLOGY), supervisor, (volumes.keys / supervisor).read_text())
    node = _lines(
        *configurations.bus(_EVERYWHERE, 4222, "$NATS_NODE", str(DATA)),
        "http: 127.0.0.1:8222",  # for the container's own health check
        authority.authorization(volumes.keys),
    )
    routes = ", ".join(f"nats://cluster:{_secret(volumes, 'nats-cluster')}@nats-{number}:6222" for number in (1, 2, 3))
    cluster = _lines(
        "include nats.conf",
        "cluster {",
        "  name: zakrila",
        f"  listen: {_EVERYWHERE}:6222",
        f'  authorization {{ user: cluster, password: "{_secret(volumes, "nats-cluster")}" }}',
        f"  routes: [{routes}]",
        # A node has an address in every network; who is told of one in another's would try it in vain.
        "  no_advertise: true",
        "}",
    )
    _give(volumes.of(NATS), "nats.conf", node)
    _give(volumes.of(NATS), "cluster.conf", cluster)


def _hand_out_gateway(volumes: Volumes, settings: StackSettings) -> None:
    tls = gateway.Tls(
        settings.names,
        plain=":8080",
        public_port=settings.https_port,
        own_certificate="/zakrila/certificate" if settings.tls_folder else None,
    )
    upstreams = {service: f"{service}:8000" for service in Service}
    _give(volumes.of(GATEWAY), "caddy.json", gateway.configuration(":8443", upstreams, tls))


def _secret(volumes: Volumes, name: str) -> str:
    """Return a secret of this deployment, made when it is asked for first."""
    file = volumes.keys / f"{name}.secret"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if not file.exists():
        write_whole(file, secrets.token_urlsafe(32))
    return file.read_text()


def _give(folder: Path, file: Path | str, text: str, mode: int = 0o600) -> None:
    target = folder / file
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_whole(target, text, mode)


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    bootstrap(Volumes(), read(StackSettings))
    print("Every part has its keys.")
