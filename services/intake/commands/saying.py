"""Saying an incident: its public state on the bus, and sealed for each service what that service may know (P6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.intake.domain import asking
from services.intake.domain.case import Case, head_count
from services.intake.domain.legs import Leg
from services.intake.store import areas
from shared.contracts.events import INCIDENT, LEG, LegPublic
from shared.contracts.need_to_know import SERVICES, fields_with_consent, project
from shared.contracts.vocabulary import IncidentState, Service
from shared.messaging.outbox import Snapshot, record, repeat, tell_live
from shared.storage.transaction import Transaction


def audience(case: Case) -> tuple[str, ...]:
    """Return who may be told live: the mechanism where it is, and the one that raised it."""
    return tuple(dict.fromkeys((f"mechanism:{case.jurisdiction}", f"mechanism:{case.origin}")))


def say_step(tx: Transaction, case: Case, step: str, by: str) -> None:
    """Record a new version of an incident and say it."""
    record(tx, _snapshot(tx, case), step, by)


def say_again(tx: Transaction, case: Case) -> None:
    """Ask: the newest state again, with the count of asks."""
    step = {IncidentState.CLOSED: "closed", IncidentState.CANCELLED: "cancelled"}.get(
        case.state, "raised" if case.version == 1 else "updated"
    )
    repeat(tx, _snapshot(tx, case), step, ask=case.asks)


def say_overdue(tx: Transaction, case: Case, leg: Leg) -> None:
    """Say that a leg's deadline passed (P2)."""
    state = LegPublic(leg=leg.kind, state=leg.state, due_at=leg.due_at)
    snapshot = replace(
        _snapshot(tx, case, sealed=False), family=LEG, entity=leg.id, version=leg.overdue_count, state=state, open=False
    )
    record(tx, snapshot, "overdue", Service.INTAKE.value)


def say_leg_changed(tx: Transaction, case: Case) -> None:
    """Tell intake's own live streams that a leg of this incident moved."""
    tell_live(
        tx,
        "intake.leg.changed",
        entity=case.id,
        version=case.version,
        jurisdiction=case.jurisdiction,
        audience=audience(case),
    )


def _snapshot(tx: Transaction, case: Case, *, sealed: bool = True) -> Snapshot:
    return Snapshot(
        family=INCIDENT,
        incident=case.id,
        incident_version=case.version,
        entity=case.id,
        version=case.version,
        mode=case.mode,
        jurisdiction=case.jurisdiction,
        priority=case.priority,
        state=case.public,
        open=case.unfinished,
        audience=audience(case),
        sealed=_sealed(tx, case) if sealed else None,
    )


def _sealed(tx: Transaction, case: Case) -> dict[Service, Mapping[str, Any]]:
    parts = {
        Service.DISPATCH: _place_and_facts,
        Service.SHELTER_BEDS: _place_and_facts,
        Service.NOTIFY: _for_centre,
    }
    needing = {leg.kind.service for leg in asking.listeners(case.legs, children=case.children_involved)}
    return {service: make(tx, case, service) for service, make in parts.items() if service in needing}


def _place_and_facts(_tx: Transaction, case: Case, service: Service) -> Mapping[str, Any]:
    return {
        "facts": project(case.facts, SERVICES[service]),
        "municipality": case.municipality,
        "position": case.position.model_dump(),
    }


def _for_centre(tx: Transaction, case: Case, service: Service) -> Mapping[str, Any]:
    facts = case.typed
    always = project(case.facts, SERVICES[service]).get("victim", {})
    consented = facts.consent.share_with_centre
    packet = project(case.facts, fields_with_consent(facts.consent.scope)) if consented else {}
    return {
        "municipality": case.municipality,
        "region": areas.region_of(tx.connection, case.municipality),
        "people": head_count(facts),
        "languages": always.get("languages", []),
        "consented": consented,
        "packet": packet,
        "children": always.get("children", []),
    }
