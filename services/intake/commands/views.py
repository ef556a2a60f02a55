"""What people and programs are shown of an incident. Nothing personal: facts are shown apart, and noted (P8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from services.intake.domain.case import Case
from services.intake.domain.legs import Leg
from services.intake.store import areas, records
from shared.contracts.need_to_know import for_role
from shared.contracts.vocabulary import LegKind, LegState, Role, Service


def incident(case: Case, related: Sequence[Mapping[str, Any]] = (), phones: Sequence[Any] = ()) -> dict[str, Any]:
    """Return an incident as CONTRACT shows it."""
    lowest, highest = case.danger.range()
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state,
        "mode": case.mode,
        "priority": case.priority,
        "version": case.version,
        "raised_at": case.raised_at,
        "jurisdiction": case.jurisdiction,
        "municipality": case.municipality,
        "risk": {
            "instrument": case.danger.instrument,
            "lowest": lowest,
            "highest": highest,
            "open_questions": case.danger.open_questions(),
            "conflicts": list(case.danger.conflicts),
        },
        "legs": {kind.value: leg(case.legs[kind]) for kind in LegKind},
        "ambulance": case.ambulance,
        "medical_called_at": case.medical_called_at,
        "calls": case.calls,
        "unverified": list(case.unverified),
        "seen_alone": case.seen_alone,
        "outcome": case.outcome,
        "ended_at": case.ended_at,
        "related": list(related),
        **({"phones": list(phones)} if phones else {}),
    }


def leg(leg_: Leg) -> dict[str, Any]:
    """Return one leg."""
    shown: dict[str, Any] = {
        "state": leg_.state,
        "asked_at": leg_.asked_at,
        "answered_at": leg_.answered_at,
        "accepted_at": leg_.accepted_at,
        "done_at": leg_.done_at,
        "due_at": leg_.due_at,
        "overdue": leg_.overdue,
        "request": leg_.request,
        "detail": dict(leg_.detail or {}),
    }
    if leg_.state is LegState.WAIVED:
        shown |= {"waived_at": leg_.waived_at, "who_decided": leg_.waived_by}
    return shown


def whole(connection: Connection, case: Case, mine: Collection[str]) -> dict[str, Any]:
    """Return an incident with what stands beside it: related ones, and whom to ring if a promise is not kept.

    Args:
        connection: where to read.
        case: the incident.
        mine: the mechanisms of the one who looks; of another's not even that there is an incident is told.
    """
    unkept = any(each.overdue or each.state is LegState.UNMET for each in case.legs.values())
    phones = areas.duty_phones(connection, case.jurisdiction, case.municipality) if unkept else ()
    return incident(case, records.related(connection, case.id, mine), phones)


def facts(connection: Connection, case: Case, roles: Iterable[Role]) -> dict[str, Any]:
    """Return what is known of an incident, as far as these roles may see it."""
    seen = list(roles)
    return {
        "incident": case.id,
        "version": case.version,
        "facts": for_role(Service.INTAKE, seen, case.facts),
        "unverified": list(case.unverified),
        "calls": [
            {"id": row["id"], "at": row["at"], "facts": for_role(Service.INTAKE, seen, row["facts"])}
            for row in records.calls_of(connection, case.id)
        ],
        "notes": [
            {"at": row["at"], "by": row["by"], "version": row["version"], "text": row["text"]}
            for row in records.notes_of(connection, case.id)
        ],
    }
