"""What stands beside an incident: its number, what it may be related to, further calls, notes, the timeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select

from services.intake.tables import CALL, COUNTER, INCIDENT, LINK, NOTE, TIMELINE
from shared.contracts.events import Step
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.storage.upsert import on_both

_STEP = kernel.step
_COUNT_UP = on_both(
    COUNTER,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[COUNTER.c.jurisdiction, COUNTER.c.year], set_={"last": COUNTER.c.last + 1}
    ).returning(COUNTER.c.last),
)
_LINK = on_both(
    LINK,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[LINK.c.incident, LINK.c.kind], set_={"hash": insert.excluded.hash}
    ),
)
_UNLINK = delete(LINK).where(LINK.c.incident == bindparam("of"), LINK.c.kind.not_in(bindparam("kept", expanding=True)))
_OWN = LINK.alias("own")
_RELATED = (
    select(INCIDENT.c.id, INCIDENT.c.number, INCIDENT.c.state, LINK.c.kind)
    .join(LINK, LINK.c.incident == INCIDENT.c.id)
    .join(_OWN, _OWN.c.hash == LINK.c.hash)
    .where(_OWN.c.incident == bindparam("of"), INCIDENT.c.id != bindparam("of"))
    .where(
        INCIDENT.c.jurisdiction.in_(bindparam("mine", expanding=True))
        | INCIDENT.c.origin.in_(bindparam("mine", expanding=True))
    )
    .order_by(INCIDENT.c.id.desc())
    .limit(bindparam("most"))
)
_HEARD = select(func.max(TIMELINE.c.version).label("newest"), func.count().label("number")).where(
    TIMELINE.c.entity == bindparam("of")
)
_HEAR = on_both(TIMELINE, lambda insert: insert.on_conflict_do_nothing())


def next_number(tx: Transaction, jurisdiction: str, year: int) -> int:
    """Return the next incident number of a jurisdiction in a year."""
    return int(tx.on_both(_COUNT_UP, {"jurisdiction": jurisdiction, "year": year, "last": 1}).scalar_one())


def set_links(tx: Transaction, incident: str, hashes: Mapping[str, str], *, new: bool) -> None:
    """Note by which hashes an incident may be linked to others; what it was linked by before is forgotten."""
    if not new:
        tx.execute(_UNLINK, {"of": incident, "kept": list(hashes)})
    rows = [{"incident": incident, "kind": kind, "hash": value} for kind, value in hashes.items()]
    if rows:
        tx.on_both(_LINK, rows)


def related(connection: Connection, incident: str, mine: Collection[str], most: int = 20) -> list[dict[str, Any]]:
    """Return other incidents of these mechanisms that may be about the same event or family, newest first."""
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(_RELATED, {"of": incident, "mine": list(mine), "most": most}):
        entry = found.setdefault(row.id, {"id": row.id, "number": row.number, "state": row.state, "by": []})
        entry["by"].append(row.kind)
    return list(found.values())


def add_call(tx: Transaction, call_id: str, incident: str, facts: Mapping[str, Any]) -> None:
    """Keep a further call."""
    tx.execute(insert(CALL), {"id": call_id, "incident": incident, "at": tx.now, "facts": dict(facts)})


def calls_of(connection: Connection, incident: str) -> Sequence[RowMapping]:
    """Return the further calls about an incident."""
    query = select(CALL).where(CALL.c.incident == incident).order_by(CALL.c.id)
    return connection.execute(query).mappings().all()


def add_note(tx: Transaction, note_id: str, incident: str, version: int, by: str, words: str) -> None:
    """Keep free text that never leaves this service."""
    row = {"id": note_id, "incident": incident, "at": tx.now, "version": version, "by": by, "text": words}
    tx.execute(insert(NOTE), row)


def notes_of(connection: Connection, incident: str) -> Sequence[RowMapping]:
    """Return the notes to an incident."""
    return connection.execute(select(NOTE).where(NOTE.c.incident == incident).order_by(NOTE.c.id)).mappings().all()


def hear_steps(tx: Transaction, incident: str, entity: str, steps: Sequence[Step]) -> None:
    """Put another service's steps into the timeline; each once (P4)."""
    heard = tx.execute(_HEARD, {"of": entity}).one()
    # If nothing is missing before, only what follows can be new.
    known = heard.newest if heard.newest == heard.number else 0
    rows = [
        {
            "entity": entity,
            "version": step.version,
            "incident": incident,
            "type": step.type,
            "by": step.by,
            "step": step.step,
            "at": step.at,
            "heard_at": tx.now,
        }
        for step in steps
        if step.version > known
    ]
    if rows:
        tx.on_both(_HEAR, rows)


def timeline(connection: Connection, incident: str) -> list[dict[str, Any]]:
    """Return every step of every service, in causal order."""
    mine = connection.execute(select(_STEP).where(_STEP.c.incident == incident)).mappings()
    theirs = connection.execute(select(TIMELINE).where(TIMELINE.c.incident == incident)).mappings()
    names = ("entity", "version", "type", "by", "step", "at")
    rows = [{**{n: row[n] for n in names}, "heard_at": row["at"]} for row in mine]
    rows += [{**{n: row[n] for n in names}, "heard_at": row["heard_at"]} for row in theirs]
    return sorted(rows, key=lambda row: (row["step"], row["at"], row["entity"], row["version"]))
