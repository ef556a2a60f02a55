"""Who may say and hear what on the bus: the server's authorization block, derived from the topology.

A service publishes only into its own stream and reads only what CONTRACT's table says; the observer only reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.events import heard_by
from shared.contracts.vocabulary import Service
from shared.messaging.topology import dead_letter_subject
from shared.security.keys import OBSERVER, SUPERVISOR, nkey_public


@dataclass(frozen=True)
class Permissions:
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def inbox_prefix(user: str) -> str:
    """Return the prefix of a user's replies; nobody else may listen there."""
    return f"_INBOX_{user}"


def permissions_of(service: Service) -> Permissions:
    """Return what one service may do."""
    publish = [
        f"zakrila.*.{service}.>",
        dead_letter_subject(service),
        f"$JS.API.STREAM.INFO.{service.stream}",
        f"$JS.API.STREAM.MSG.GET.{service.stream}",
        # how far the others have got with what this service said: no need to say it again before
        f"$JS.API.CONSUMER.INFO.{service.stream}.*",
    ]
    for source in heard_by(service):
        publish += [
            f"$JS.API.CONSUMER.INFO.{source.stream}.{service}",
            f"$JS.API.CONSUMER.MSG.NEXT.{source.stream}.{service}",
            f"$JS.ACK.{source.stream}.{service}.>",
        ]
    return Permissions(tuple(publish), (f"{inbox_prefix(service)}.>",))


OBSERVER_MAY = Permissions(
    publish=(
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.LIST",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.MSG.GET.*",
        "$JS.API.DIRECT.GET.>",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.API.CONSUMER.LIST.*",
        "$JS.API.CONSUMER.NAMES.*",
        # exactly one token: an unnamed, short-lived consumer. A name would let it edit a service's durable.
        "$JS.API.CONSUMER.CREATE.*",
        "$JS.FC.>",
    ),
    subscribe=("zakrila.>", "_INBOX.>"),
)


def authorization(keys_folder: Path) -> str:
    """Return the ``authorization`` block of nats-server's configuration."""
    users = [_user(keys_folder, service.value, permissions_of(service)) for service in Service]
    users.append(_user(keys_folder, OBSERVER, OBSERVER_MAY))
    users.append(_user(keys_folder, SUPERVISOR, Permissions((">",), (">",))))
    return "authorization {\n  timeout: 5\n  users: [\n" + "".join(users) + "  ]\n}\n"


def _user(keys_folder: Path, name: str, may: Permissions) -> str:
    return (
        f"    {{ nkey: {nkey_public(keys_folder, name)}, permissions: {{\n"
        f"        publish: {{ allow: {json.dumps(may.publish)} }},\n"
        f"        subscribe: {{ allow: {json.dumps(may.subscribe)} }} }} }}  # {name}\n"
    )
