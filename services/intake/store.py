"""intake's queries. A ``Case`` goes in and comes out whole; lists are read row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, insert, select, update

from services.intake.domain.case import Case
from services.intake.domain.legs import Leg
from services.intake.domain.places import Place
from services.intake.domain.risk import Danger
from services.intake.tables import (
    CALL,
    COUNTER,
    INCIDENT,
    JURISDICTION,
    LEG,
    LINK,
    NOTE,
    ORGANISATION_NUMBER,
    PLACE,
    TIMELINE,
)
from shared.contracts.events import Step
from shared.contracts.jurisdiction import Deadlines, Municipality, Settlement
from shared.contracts.jurisdiction_sections import IntakeSection
from shared.contracts.sealed import Position
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Mode, Tri, WhoDecided
from shared.errors import NotFound
from shared.geography import EARTH_RADIUS_KM
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_LEG_FIELDS = tuple(item.name for item in fields(Leg))
_KM_PER_DEGREE = EARTH_RADIUS_KM * 3.141592653589793 / 180


# --- cases -----------------------------------------------------------------------------------------------------------


def load(tx: Transaction, incident: str) -> Case:
    """Return an incident for changing it.

    Raises:
        NotFound: there is none.
    """
    row = tx.first(select(INCIDENT).where(INCIDENT.c.id == incident))
    if row is None:
        raise NotFound("incident")
    legs = tx.all(select(LEG).where(LEG.c.incident == incident))
    return case_of(row, legs)


def add(tx: Transaction, case: Case) -> None:
    """Write a new incident."""
    tx.execute(insert(INCIDENT), _incident_row(case))
    tx.execute(insert(LEG), [_leg_row(case.id, leg) for leg in case.legs.values()])


def save(tx: Transaction, before: Case, after: Case) -> None:
    """Write what changed of an incident."""
    row = _incident_row(after)
    old = _incident_row(before)
    changed = {name: value for name, value in row.items() if value != old[name]}
    if changed:
        tx.execute(update(INCIDENT).where(INCIDENT.c.id == after.id).values(changed))
    for kind, leg in after.legs.items():
        if leg != before.legs[kind]:
            save_leg(tx, after.id, leg)


def save_leg(tx: Transaction, incident: str, leg: Leg) -> None:
    """Write one leg."""
    row = _leg_row(incident, leg)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in row if name not in {"incident", "kind"}}
    statement = update(LEG).where(LEG.c.incident == bindparam("of"), LEG.c.kind == bindparam("which")).values(values)
    parameters = {f"new_{name}": row[name] for name in values}
    tx.execute(statement, {"of": incident, "which": leg.kind.value, **parameters})


def case_of(row: RowMapping | Mapping[str, Any], legs: Iterable[RowMapping]) -> Case:
    """Read a case from its rows."""
    return Case(
        id=row["id"],
        number=row["number"],
        jurisdiction=row["jurisdiction"],
        municipality=row["municipality"],
        origin=row["origin"],
        state=IncidentState(row["state"]),
        mode=Mode(row["mode"]),
        priority=row["priority"],
        version=row["version"],
        facts=row["facts"],
        danger=Danger.from_json(row["danger"]),
        position=Position.model_validate(row["position"]),
        raised_at=row["raised_at"],
        legs={leg.kind: leg for leg in sorted(map(leg_of, legs), key=lambda leg: list(LegKind).index(leg.kind))},
        unverified=tuple(row["unverified"]),
        children_involved=row["children_involved"],
        seen_alone=row["seen_alone"] and Tri(row["seen_alone"]),
        scene=row["scene"],
        calls=row["calls"],
        medical_called_at=row["medical_called_at"],
        medical_called_by=row["medical_called_by"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        next_ask_at=row["next_ask_at"],
        asks=row["asks"],
    )


def leg_of(row: RowMapping) -> Leg:
    """Read a leg from its row."""
    stored = {name: row[name] for name in _LEG_FIELDS}
    waived_by = stored["waived_by"] and WhoDecided(stored["waived_by"])
    return Leg(**{**stored, "kind": LegKind(row["kind"]), "state": LegState(row["state"]), "waived_by": waived_by})


def read_case(connection: Connection, incident: str) -> Case | None:
    """Return an incident for showing it."""
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == incident)).mappings().first()
    return next(iter(cases_of(connection, [row])), None) if row else None


def cases_of(connection: Connection, rows: Sequence[RowMapping | Mapping[str, Any]]) -> list[Case]:
    """Return cases from rows of incidents, with their legs, in the order given."""
    query = select(LEG).where(LEG.c.incident.in_([row["id"] for row in rows]))
    legs: dict[str, list[RowMapping]] = {}
    for leg in connection.execute(query).mappings() if rows else ():
        legs.setdefault(leg["incident"], []).append(leg)
    return [case_of(row, legs.get(row["id"], ())) for row in rows]


def _incident_row(case: Case) -> dict[str, Any]:
    row = {item.name: getattr(case, item.name) for item in fields(case) if item.name != "legs"}
    return {
        **row,
        "state": case.state.value,
        "mode": case.mode.value,
        "danger": case.danger.as_json(),
        "position": case.position.model_dump(),
        "unverified": list(case.unverified),
        "seen_alone": case.seen_alone and case.seen_alone.value,
    }


def _leg_row(incident: str, leg: Leg) -> dict[str, Any]:
    return {
        **{name: getattr(leg, name) for name in _LEG_FIELDS},
        "incident": incident,
        "kind": leg.kind.value,
        "state": leg.state.value,
        "waived_by": leg.waived_by and leg.waived_by.value,
    }


# --- what stands beside a case ---------------------------------------------------------------------------------------


def next_number(tx: Transaction, jurisdiction: str, year: int) -> int:
    """Return the next incident number of a jurisdiction in a year."""
    statement = insert_into(tx.connection, COUNTER).values(jurisdiction=jurisdiction, year=year, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[COUNTER.c.jurisdiction, COUNTER.c.year], set_={"last": COUNTER.c.last + 1}
    )
    return int(tx.execute(statement.returning(COUNTER.c.last)).scalar_one())


def set_links(tx: Transaction, incident: str, hashes: Mapping[str, str], *, new: bool) -> None:
    """Note by which hashes an incident may be linked to others; what it was linked by before is forgotten."""
    if not new:
        tx.execute(delete(LINK).where(LINK.c.incident == incident, LINK.c.kind.not_in(hashes)))
    for kind, value in hashes.items():
        statement = insert_into(tx.connection, LINK).values(incident=incident, kind=kind, hash=value)
        tx.execute(statement.on_conflict_do_update(index_elements=[LINK.c.incident, LINK.c.kind], set_={"hash": value}))


def related(connection: Connection, incident: str, mine: Collection[str], most: int = 20) -> list[dict[str, Any]]:
    """Return other incidents of these mechanisms that may be about the same event or family, newest first."""
    own = LINK.alias("own")
    query = (
        select(INCIDENT.c.id, INCIDENT.c.number, INCIDENT.c.state, LINK.c.kind)
        .join(LINK, LINK.c.incident == INCIDENT.c.id)
        .join(own, own.c.hash == LINK.c.hash)
        .where(own.c.incident == incident, INCIDENT.c.id != incident)
        .where(INCIDENT.c.jurisdiction.in_(mine) | INCIDENT.c.origin.in_(mine))
        .order_by(INCIDENT.c.id.desc())
        .limit(most)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
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
    if not steps:
        return
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
    ]
    known = tx.scalar(select(func.max(TIMELINE.c.version)).where(TIMELINE.c.entity == entity)) or 0
    count = tx.scalar(select(func.count()).where(TIMELINE.c.entity == entity))
    if count == known:  # nothing is missing before, so only what follows can be new
        rows = [row for step, row in zip(steps, rows, strict=True) if step.version > known]
    if rows:
        tx.execute(insert_into(tx.connection, TIMELINE).on_conflict_do_nothing(), rows)


def timeline(connection: Connection, incident: str) -> list[dict[str, Any]]:
    """Return every step of every service, in causal order."""
    own = kernel.step
    mine = connection.execute(select(own).where(own.c.incident == incident)).mappings()
    theirs = connection.execute(select(TIMELINE).where(TIMELINE.c.incident == incident)).mappings()
    names = ("entity", "version", "type", "by", "step", "at")
    rows = [{**{n: row[n] for n in names}, "heard_at": row["at"]} for row in mine]
    rows += [{**{n: row[n] for n in names}, "heard_at": row["heard_at"]} for row in theirs]
    return sorted(rows, key=lambda row: (row["step"], row["at"], row["entity"], row["version"]))


# --- clocks ----------------------------------------------------------------------------------------------------------


def any_overdue(connection: Connection, now: datetime) -> bool:
    """Say whether a deadline passed that nobody was told of."""
    return connection.execute(_overdue(now).limit(1)).first() is not None


def overdue_legs(tx: Transaction, most: int) -> Sequence[RowMapping]:
    """Return legs whose deadline passed unnoticed, most dangerous first."""
    query = _overdue(tx.now).join(INCIDENT, INCIDENT.c.id == LEG.c.incident)
    return tx.all(
        query.order_by(INCIDENT.c.priority, LEG.c.due_at).limit(most).with_for_update(skip_locked=True, of=LEG)
    )


def _overdue(now: datetime) -> Select[Any]:
    return select(LEG).where(LEG.c.due_at.is_not(None), LEG.c.overdue.is_(False), LEG.c.due_at <= now)


def to_ask(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return incidents that should be said again now, most dangerous first."""
    found: list[str] = []
    for priority in (1, 2, 3):
        query = select(INCIDENT.c.id).where(INCIDENT.c.priority == priority, INCIDENT.c.next_ask_at <= now)
        query = query.order_by(INCIDENT.c.next_ask_at).limit(most - len(found))
        found += connection.execute(query).scalars()
        if len(found) >= most:
            break
    return found


def ask_everything_now(tx: Transaction) -> None:
    """Ask at once about everything unanswered: the bus is back."""
    quoted = select(LEG.c.incident).where(LEG.c.request > 0, LEG.c.quoted < INCIDENT.c.version)
    behind = INCIDENT.c.id.in_(quoted.where(LEG.c.incident == INCIDENT.c.id).correlate(INCIDENT))
    tx.execute(update(INCIDENT).where(INCIDENT.c.next_ask_at.is_not(None), behind).values(next_ask_at=tx.now, asks=0))


def published_at(tx: Transaction, incident: str) -> int | None:
    """Return the stream sequence of what was last said of an incident; ``None`` while it is not published."""
    table = kernel.outbox
    query = select(table.c.seq).where(table.c.entity == incident, table.c.body.is_not(None))
    found: int | None = tx.scalar(query.order_by(table.c.id.desc()).limit(1))
    return found


# --- the area served -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Area:
    """What intake must know of a jurisdiction at every call."""

    code: str
    country: str
    deadlines: Deadlines


def area(connection: Connection, code: str) -> Area:
    """Return a jurisdiction's rules; one that is not loaded (any more) has the defaults."""
    columns = (JURISDICTION.c.country, JURISDICTION.c.deadlines)
    row = connection.execute(select(*columns).where(JURISDICTION.c.code == code)).first()
    if row is None:
        return Area(code, "ZZ", Deadlines())
    return Area(code, row.country, Deadlines.model_construct(**row.deadlines))


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(select(JURISDICTION).order_by(JURISDICTION.c.code))
    return [{"code": row.code, "name": row.name, "languages": row.languages} for row in rows]


def duty_phones(connection: Connection, code: str, municipality: str) -> list[dict[str, Any]]:
    """Return whom an operator rings about a municipality when a promise is not answered."""
    row = connection.execute(select(JURISDICTION.c.duty_phones).where(JURISDICTION.c.code == code)).first()
    phones = row.duty_phones if row else []
    return [phone for phone in phones if municipality in phone["municipalities"]]


def region_of(connection: Connection, municipality: str) -> str:
    """Return the region a municipality is counted with; itself if that is not known."""
    query = select(PLACE.c.region).where(PLACE.c.kind == "municipality", PLACE.c.code == municipality)
    return connection.execute(query).scalar() or municipality


def is_organisation_number(connection: Connection, number: str) -> bool:
    """Say whether a phone number is an organisation's."""
    query = select(ORGANISATION_NUMBER.c.number).where(ORGANISATION_NUMBER.c.number == number)
    return connection.execute(query.limit(1)).first() is not None


def replace_jurisdiction(tx: Transaction, section: IntakeSection) -> None:
    """Put a jurisdiction in the place of what was known of it."""
    whole = section.model_dump(mode="json")
    row = {name: whole[name] for name in ("code", "name", "country", "languages", "deadlines", "duty_phones")}
    statement = insert_into(tx.connection, JURISDICTION).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=[JURISDICTION.c.code], set_=row))
    tx.execute(delete(PLACE).where(PLACE.c.jurisdiction == section.code))
    tx.execute(insert(PLACE), _place_rows(section))
    numbers = [{"number": number, "jurisdiction": section.code} for number in section.organisation_numbers]
    tx.execute(delete(ORGANISATION_NUMBER).where(ORGANISATION_NUMBER.c.jurisdiction == section.code))
    if numbers:
        tx.execute(insert(ORGANISATION_NUMBER), numbers)


def place_codes(tx: Transaction, jurisdiction: str) -> set[tuple[str, str]]:
    """Return the places of a jurisdiction, by kind and code."""
    rows = tx.execute(select(PLACE.c.kind, PLACE.c.code).where(PLACE.c.jurisdiction == jurisdiction))
    return {(row.kind, row.code) for row in rows}


def places_named(connection: Connection, beginning: str, most: int) -> list[dict[str, Any]]:
    """Return places one of whose names begins so, municipalities first."""
    wanted = beginning.casefold()
    rows = connection.execute(select(PLACE).order_by(PLACE.c.kind, PLACE.c.code)).mappings()
    found = (row for row in rows if any(name.casefold().startswith(wanted) for name in row["names"].values()))
    names = ("kind", "code", "municipality", "jurisdiction", "names")
    return [{name: row[name] for name in names} for row in islice(found, most)]


class StoredGazetteer:
    """The places this deployment serves, read as they are needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def municipality(self, code: str) -> Place | None:
        """Return a municipality's seat."""
        return self._find("municipality", code)

    def settlement(self, code: str) -> Place | None:
        """Return a settlement."""
        return self._find("settlement", code)

    def near(self, latitude: float, kilometres: float) -> Iterable[Place]:
        """Return places whose latitude is within a distance; the caller measures exactly."""
        band = kilometres / _KM_PER_DEGREE
        rows = self._connection.execute(select(PLACE).where(PLACE.c.latitude.between(latitude - band, latitude + band)))
        return [_place(row) for row in rows.mappings()]

    def _find(self, kind: str, code: str) -> Place | None:
        row = (
            self._connection.execute(select(PLACE).where(PLACE.c.kind == kind, PLACE.c.code == code)).mappings().first()
        )
        return _place(row) if row else None


def _place(row: RowMapping) -> Place:
    return Place(row["code"], row["municipality"], row["jurisdiction"], row["latitude"], row["longitude"])


def _place_rows(section: IntakeSection) -> list[dict[str, Any]]:
    rows = []
    for municipality in section.municipalities:
        more = {"kind": "municipality", "municipality": municipality.code, "region": municipality.region}
        rows.append({**_place_row(section.code, municipality), **more})
    for settlement in section.settlements:
        more = {"kind": "settlement", "municipality": settlement.municipality, "region": ""}
        rows.append({**_place_row(section.code, settlement), **more})
    return rows


def _place_row(jurisdiction: str, place: Municipality | Settlement) -> dict[str, Any]:
    return {
        "code": place.code,
        "jurisdiction": jurisdiction,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "names": dict(place.name),
    }
