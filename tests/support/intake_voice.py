"""What others say, as they say it: the same envelope, the same seals, for services that only hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from shared.clock import rfc3339
from shared.contracts.vocabulary import Mode, Service
from shared.ids import new_id
from shared.security.sealing import Seals

RAISED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A message as it comes from the bus."""

    subject: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Incident:
    """An incident as intake knows it; change it with ``later``."""

    id: str = field(default_factory=new_id)
    version: int = 1
    jurisdiction: str = "TST"
    mode: Mode = Mode.ACTUAL
    priority: int = 2
    state: str = "open"
    raised_at: datetime = RAISED
    ambulance: str = "not_needed"
    police_linked: bool = False
    leg: Mapping[str, Any] = field(default_factory=lambda: {"wanted": True, "request": 1})
    """The police leg; the others are not wanted."""
    municipality: str = "TST1"
    latitude: float = 43.8
    longitude: float = 25.9
    facts: Mapping[str, Any] = field(default_factory=dict)

    def later(self, **changes: Any) -> Incident:
        """Return its next version."""
        return replace(self, version=self.version + 1, **changes)


class IntakeVoice:
    """Says incidents, and what else dispatch hears of them."""

    def __init__(self, keys: Path) -> None:
        self._seals = Seals.from_folder(keys, Service.INTAKE)

    def says(self, incident: Incident, *, ask: int = 0) -> Said:
        """Return the event of an incident's version."""
        step = {"closed": "closed", "cancelled": "cancelled"}.get(
            incident.state, "raised" if incident.version == 1 else "updated"
        )
        headers = {
            "ce-id": new_id(),
            "ce-source": "/zakrila/intake",
            "ce-type": f"intake.incident.{step}",
            "ce-specversion": "1.0",
            "ce-subject": incident.id,
            "content-type": "application/json",
        }
        subject = f"zakrila.{incident.jurisdiction}.intake.incident.{step}"
        return Said(subject, headers, orjson.dumps(self._data(incident, ask)))

    def of_placement(self, incident: Incident, *, alias: str, state: str, version: int, attempt: int = 1) -> Said:
        """Return what shelter_beds says of a placement: nothing in it is sealed for dispatch."""
        placement = new_id()
        headers = {"ce-id": new_id(), "ce-type": f"shelter_beds.placement.{state}", "ce-specversion": "1.0"}
        data = {
            "incident": incident.id,
            "incident_version": incident.version,
            "entity": placement,
            "version": version,
            "mode": incident.mode,
            "jurisdiction": incident.jurisdiction,
            "priority": incident.priority,
            "state": {"state": state, "attempt": attempt, "request": 1, "alias": alias},
        }
        subject = f"zakrila.{incident.jurisdiction}.shelter_beds.placement.{state}"
        return Said(subject, headers, orjson.dumps(data))

    def _data(self, incident: Incident, ask: int) -> dict[str, Any]:
        personal = {
            "facts": incident.facts,
            "municipality": incident.municipality,
            "position": {"latitude": incident.latitude, "longitude": incident.longitude, "by": "coordinates"},
        }
        return {
            "incident": incident.id,
            "incident_version": incident.version,
            "entity": incident.id,
            "version": incident.version,
            "ask": ask,
            "mode": incident.mode,
            "jurisdiction": incident.jurisdiction,
            "priority": incident.priority,
            "state": {
                "number": f"TST-2026-{incident.id[-6:]}",
                "state": incident.state,
                "raised_at": rfc3339(incident.raised_at),
                "call": "live",
                "legs": {
                    "police": incident.leg,
                    "shelter": {"wanted": False, "request": 0},
                    "centre": {"wanted": False, "request": 0},
                },
                "risk": {"instrument": "lap", "lowest": "standard", "highest": "high"},
                "ambulance": incident.ambulance,
                "police_linked": incident.police_linked,
            },
            "steps": [],
            "sealed": {
                "dispatch": self._seals.seal(Service.DISPATCH, incident.id, incident.id, incident.version, personal)
            },
        }
