"""Saying things: every publication is a new row of a log, written in the transaction of what it tells of (P1, P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from pydantic import BaseModel
from sqlalchemy import RowMapping, bindparam, insert, select

from shared.clock import rfc3339
from shared.contracts.events import Family
from shared.contracts.vocabulary import Mode, Service
from shared.ids import new_id
from shared.storage import kernel
from shared.storage.ledger import local_row
from shared.storage.transaction import Transaction
from shared.storage.upsert import on_both

NO_JURISDICTION = "ALL"
"""Subject token of what concerns no jurisdiction in particular, for instance a revoked session."""
_MOST_STEPS = 200
_CLOCK, _STEP = kernel.logical_clock, kernel.step
_TICK = on_both(
    _CLOCK,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[_CLOCK.c.incident], set_={"step": _CLOCK.c.step + 1}
    ).returning(_CLOCK.c.step),
)
_ADD_STEP = insert(_STEP)
_NEWEST_STEPS = (
    select(_STEP).where(_STEP.c.entity == bindparam("of")).order_by(_STEP.c.version.desc()).limit(_MOST_STEPS)
)


@dataclass(frozen=True)
class Snapshot:
    """The present state of one entity of one incident, as it goes on the bus."""

    family: Family
    incident: str
    incident_version: int
    """The incident's version that this state answers (intake: is)."""
    entity: str
    version: int
    mode: Mode
    jurisdiction: str
    priority: int
    state: BaseModel
    open: bool
    """Whether the entity is unfinished: if the stream is lost, unfinished ones are said again first."""
    audience: Sequence[str] = ()
    """Tags of those who may be told on a live stream, for instance ``station:ST1``."""
    sealed: Mapping[Service, Mapping[str, Any]] | None = None
    """Personal content by receiving service, already cut down to what that service may have."""


def record(tx: Transaction, snapshot: Snapshot, step: str, by: str, holder: str | None = None) -> int:
    """Write a new step of an entity and say it; return its logical step within the incident.

    Args:
        tx: the use case's transaction.
        snapshot: the entity after the step; its version names the step.
        step: what happened, without the family, for instance ``assigned``.
        by: a role, or the service's name for what a clock or a rule did.
        holder: the unit or room that the entity holds after this step.
    """
    logical = tick(tx, snapshot.incident)
    tx.execute(
        _ADD_STEP,
        {
            "entity": snapshot.entity,
            "version": snapshot.version,
            "incident": snapshot.incident,
            "type": f"{snapshot.family.prefix}.{step}",
            "at": tx.now,
            "by": by,
            "step": logical,
            "holder": holder,
        },
    )
    _say(tx, snapshot, step, ask=0, told=True)
    return logical


def repeat(tx: Transaction, snapshot: Snapshot, step: str, ask: int = 0) -> None:
    """Say the present state again under a new event id: an answer to an ask, or (intake) the ask itself."""
    _say(tx, snapshot, step, ask=ask, told=False)


def _say(tx: Transaction, snapshot: Snapshot, step: str, *, ask: int, told: bool) -> None:
    sealed = {
        recipient.value: tx.seals.seal(recipient, snapshot.incident, snapshot.entity, snapshot.version, content)
        for recipient, content in (snapshot.sealed or {}).items()
    }
    data = {
        "incident": snapshot.incident,
        "incident_version": snapshot.incident_version,
        "entity": snapshot.entity,
        "version": snapshot.version,
        "ask": ask,
        "mode": snapshot.mode,
        "jurisdiction": snapshot.jurisdiction,
        "priority": snapshot.priority,
        "state": snapshot.state.model_dump(mode="json"),
        "steps": [_public_step(row) for row in steps_of(tx, snapshot.entity)],
        "sealed": sealed,
    }
    tx.outgoing.append(
        {
            **_row(
                tx,
                f"{snapshot.family.prefix}.{step}",
                snapshot.jurisdiction,
                snapshot.entity,
                snapshot.version,
            ),
            "incident": snapshot.incident,
            "priority": snapshot.priority,
            "open": snapshot.open,
            "told": told,
            "audience": list(snapshot.audience),
            "body": orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS),
        }
    )


def answer(tx: Transaction, snapshot: Snapshot) -> None:
    """Say the present state again, named by the newest step: the answer to whoever asks, or asks again (P5)."""
    newest = steps_of(tx, snapshot.entity)[-1]
    repeat(tx, snapshot, newest["type"].rpartition(".")[2])


def announce(
    tx: Transaction,
    family: Family,
    step: str,
    *,
    entity: str,
    version: int,
    state: BaseModel,
    jurisdiction: str = NO_JURISDICTION,
    mode: Mode = Mode.ACTUAL,
    audience: Sequence[str] = (),
) -> None:
    """Say something that belongs to no incident: an account, a key, the state of a unit or room."""
    data = {
        "entity": entity,
        "version": version,
        "mode": mode,
        "jurisdiction": jurisdiction,
        "state": state.model_dump(mode="json"),
    }
    tx.outgoing.append(
        {
            **_row(tx, f"{family.prefix}.{step}", jurisdiction, entity, version),
            "audience": list(audience),
            "body": orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS),
        }
    )


def tell_live(
    tx: Transaction, event_type: str, *, entity: str, version: int, jurisdiction: str, audience: Sequence[str]
) -> None:
    """Tell only this service's own live streams; nothing goes on the bus."""
    tx.outgoing.append(local_row(tx.now, event_type, entity, version, jurisdiction=jurisdiction, audience=audience))


def tick(tx: Transaction, incident: str) -> int:
    """Advance and return the incident's logical clock in this store."""
    return int(tx.on_both(_TICK, {"incident": incident, "step": 1}).scalar_one())


def steps_of(tx: Transaction, entity: str) -> list[RowMapping]:
    """Return the newest steps of an entity, oldest first."""
    return list(reversed(tx.all(_NEWEST_STEPS, {"of": entity})))


def _public_step(row: RowMapping) -> dict[str, Any]:
    return {
        "version": row["version"],
        "type": row["type"],
        "at": rfc3339(row["at"]),
        "by": row["by"],
        "step": row["step"],
    }


def _row(tx: Transaction, event_type: str, jurisdiction: str, entity: str, version: int) -> dict[str, Any]:
    event_id = new_id()
    headers = {
        "ce-id": event_id,
        "ce-source": f"/zakrila/{tx.service}",
        "ce-type": event_type,
        "ce-specversion": "1.0",
        "ce-time": rfc3339(tx.now),
        "ce-subject": quote(entity, safe=""),
        "ce-datacontenttype": "application/json",
        "content-type": "application/json",
        "traceparent": tx.trace.traceparent,
    }
    return {
        **local_row(tx.now, event_type, entity, version, jurisdiction=jurisdiction, audience=()),
        "event_id": event_id,
        "headers": headers,
    }
