"""What others say, as they say it: the same envelope, the same seals, for services that only hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from shared.clock import rfc3339
from shared.contracts.vocabulary import LegKind, Mode, Service
from shared.ids import new_id
from shared.security.sealing import Seals

RAISED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LEG_OF = {Service.DISPATCH: LegKind.POLICE, Service.SHELTER_BEDS: LegKind.SHELTER, Service.NOTIFY: LegKind.CENTRE}


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
    """The leg of the one service that is spoken to; the others are not wanted."""
    municipality: str = "TST1"
    latitude: float = 43.8
    longitude: float = 25.9
    facts: Mapping[str, Any] = field(default_factory=dict)
    children_involved: bool = False
    packet: Mapping[str, Any] | None = None
    """What is sealed for notify (``ForNotify``), which gets no place and no facts but these."""

    def later(self, **changes: Any) -> Incident:
        """Return its next version."""
        return replace(self, version=self.version + 1, **changes)


class IntakeVoice:
    """Says incidents to one service, and what else it hears of them."""

    def __init__(self, keys: Path, to: Service = Service.DISPATCH) -> None:
        self._seals = Seals.from_folder(keys, Service.INTAKE)
        self._to = to

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
        """Return what shelter_beds says of a placement."""
        public = {"state": state, "attempt": attempt, "request": 1, "alias": alias}
        return self.of(incident, "shelter_beds.placement", state, public, version)

    def of_job(self, incident: Incident, *, state: str, version: int, attempt: int = 1, **more: Any) -> Said:
        """Return what dispatch says of a job."""
        public = {"state": state, "attempt": attempt, "request": 1, "carried": False, **more}
        return self.of(incident, "dispatch.job", state, public, version)

    def of(
        self, incident: Incident, family: str, step: str, public: Mapping[str, Any], version: int, entity: str = ""
    ) -> Said:
        """Return what another service says about an incident: nothing in it is sealed."""
        event_type = f"{family}.{step}"
        headers = {"ce-id": new_id(), "ce-type": event_type, "ce-specversion": "1.0"}
        data = {
            "incident": incident.id,
            "incident_version": incident.version,
            "entity": entity or new_id(),
            "version": version,
            "mode": incident.mode,
            "jurisdiction": incident.jurisdiction,
            "priority": incident.priority,
            "state": dict(public),
        }
        return Said(f"zakrila.{incident.jurisdiction}.{event_type}", headers, orjson.dumps(data))

    def _legs(self, incident: Incident) -> dict[str, Any]:
        nobody = {"wanted": False, "request": 0}
        return {leg.value: incident.leg if leg is LEG_OF[self._to] else nobody for leg in LegKind}

    def _personal(self, incident: Incident) -> Mapping[str, Any]:
        if incident.packet is not None:
            return incident.packet
        return {
            "facts": incident.facts,
            "municipality": incident.municipality,
            "position": {"latitude": incident.latitude, "longitude": incident.longitude, "by": "coordinates"},
        }

    def _data(self, incident: Incident, ask: int) -> dict[str, Any]:
        personal = self._personal(incident)
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
                "legs": self._legs(incident),
                "risk": {"instrument": "lap", "lowest": "standard", "highest": "high"},
                "ambulance": incident.ambulance,
                "children_involved": incident.children_involved,
                "police_linked": incident.police_linked,
            },
            "steps": [],
            "sealed": {
                self._to.value: self._seals.seal(self._to, incident.id, incident.id, incident.version, personal)
            },
        }
