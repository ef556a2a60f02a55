"""Hearing things: of every foreign entity only a higher version than the highest heard is news (P4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from shared.contracts.events import BoardData, EventData, Family, Step, family_of
from shared.contracts.vocabulary import Service
from shared.errors import Poison
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.storage.upsert import on_both
from shared.telemetry.tracing import Trace

_CLOCK, _HEARD = kernel.logical_clock, kernel.heard
_FOLLOW = on_both(
    _CLOCK,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[_CLOCK.c.incident],
        set_={"step": insert.excluded.step},
        where=_CLOCK.c.step < insert.excluded.step,
    ),
)
_ADVANCE = on_both(
    _HEARD,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[_HEARD.c.entity],
        set_={"version": insert.excluded.version, "at": insert.excluded.at},
        where=_HEARD.c.version < insert.excluded.version,
    ).returning(_HEARD.c.version),
)


@dataclass(frozen=True)
class Heard:
    """An event as a use case gets it: decoded, validated, its sealed part opened."""

    type: str
    family: Family
    entity: str
    version: int
    data: EventData | BoardData
    state: BaseModel
    """The family's public state, for instance ``JobPublic``."""
    personal: dict[str, Any] | None
    """What was sealed for this service, if anything was."""
    trace: Trace
    news: bool = True
    """False: this version was known; the sender asks for the present answer again, or answers again itself."""

    @property
    def about(self) -> EventData:
        """The data of an event about an incident."""
        if not isinstance(self.data, EventData):
            raise Poison("an event about an incident was expected")
        return self.data

    @property
    def steps(self) -> Sequence[Step]:
        """Every step of the entity so far."""
        return self.data.steps if isinstance(self.data, EventData) else ()


def decode(headers: dict[str, str], body: bytes, service: Service, seals: Seals) -> Heard | None:
    """Read a message; ``None`` for a type that this release knows nothing of.

    Raises:
        Poison: it cannot be read, or its sealed part does not belong to it.
    """
    event_type = headers.get("ce-type", "")
    if not event_type or not headers.get("ce-id"):
        raise Poison("not a CloudEvent: ce-type or ce-id is missing")
    family = family_of(event_type)
    if family is None:
        return None
    try:
        data = (EventData if family.about_incident else BoardData).model_validate(orjson.loads(body))
        state = family.state.model_validate(data.state)
    except (ValidationError, ValueError) as error:
        raise Poison(f"the body is not that of {family.prefix}: {_places(error)}") from None
    personal = None
    if isinstance(data, EventData) and service in data.sealed:
        personal = seals.open(data.sealed[service], data.incident, data.entity, data.version)
    trace = Trace.continued(headers.get("traceparent"))
    return Heard(event_type, family, data.entity, data.version, data, state, personal, trace)


def take_in(tx: Transaction, heard: Heard, *, repeats: bool = False) -> Heard | None:
    """Note that this was heard; return it if there is something to do, ``None`` if everything is known.

    The incident's logical clock follows what was heard, so that whatever this service does next comes later.

    Args:
        tx: the transaction.
        heard: the message.
        repeats: whether a known version is something to do: it may quote a newer version of its incident (P5).
    """
    if isinstance(heard.data, EventData):
        follow(tx, heard.data.incident, max((step.step for step in heard.data.steps), default=0))
    news = _advance(tx, heard)
    asked = isinstance(heard.data, EventData) and heard.data.ask >= 1
    return replace(heard, news=news) if news or asked or repeats else None


def follow(tx: Transaction, incident: str, step: int) -> None:
    """Bring the incident's logical clock in this store up to a step heard of."""
    tx.on_both(_FOLLOW, {"incident": incident, "step": step})


def _advance(tx: Transaction, heard: Heard) -> bool:
    incident = heard.data.incident if isinstance(heard.data, EventData) else None
    row = {"entity": heard.entity, "version": heard.version, "incident": incident, "at": tx.now}
    return tx.on_both(_ADVANCE, row).first() is not None


def _places(error: Exception) -> str:
    """Say where a body is wrong, never what stood there."""
    if isinstance(error, ValidationError):
        return ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
    return "not JSON"
