"""What dispatch, shelter_beds and notify answer to intake, as they say it: the same envelope, seals and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from shared.clock import rfc3339
from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.security.sealing import Seals
from tests.support.intake_voice import RAISED, Said


@dataclass
class Voice:
    """One job, placement, handover or notice, answering for one incident; each step is a new version."""

    keys: Path
    source: Service
    family: str
    incident: str
    attempt: int = 1
    request: int = 1
    public: dict[str, Any] = field(default_factory=dict)
    """What else is public of it, besides its state."""
    entity: str = field(default_factory=new_id)
    version: int = 0
    state: str = ""
    quoting: int = 1
    """The incident's version that it has acted on."""
    steps: list[dict[str, Any]] = field(default_factory=list)
    logical: int = 1
    """The incident's logical clock at this service: it has heard of the incident once."""
    scene: dict[str, Any] = field(default_factory=dict)

    def step(
        self, state: str, step: str = "", *, at: datetime = RAISED, by: str = "", quoting: int = 0, **public: Any
    ) -> Said:
        """Take a step: the next version, in this state."""
        self.version += 1
        self.logical += 1
        self.state = state
        self.quoting = quoting or self.quoting
        self.public |= public
        kind = f"{self.family}.{step or state}"
        done = {"version": self.version, "type": kind, "at": rfc3339(at), "by": by or self.source.value}
        self.steps.append({**done, "step": self.logical})
        return self.says()

    def reports(self, **facts: Any) -> Said:
        """Report from the scene, sealed for intake alone; every later event carries it too."""
        self.scene |= facts
        return self.step(self.state, "facts", by="crew")

    def again(self, *, quoting: int) -> Said:
        """Say the same state again, for another version of the incident: nothing changed."""
        self.quoting = quoting
        return self.says()

    def says(self) -> Said:
        """Return the event of the present version."""
        event_type = self.steps[-1]["type"]
        headers = {"ce-id": new_id(), "ce-type": event_type, "ce-specversion": "1.0"}
        return Said(f"zakrila.TST.{event_type}", headers, orjson.dumps(self._data()))

    def _data(self) -> Mapping[str, Any]:
        sealed = {}
        if self.scene:
            seals = Seals.from_folder(self.keys, self.source)
            bound = (self.incident, self.entity, self.version)
            sealed["intake"] = seals.seal(Service.INTAKE, *bound, {"scene": self.scene})
        numbers = {} if self.family == "notify.notice" else {"attempt": self.attempt, "request": self.request}
        return {
            "incident": self.incident,
            "incident_version": self.quoting,
            "entity": self.entity,
            "version": self.version,
            "jurisdiction": "TST",
            "state": {"state": self.state, **numbers, **self.public},
            "steps": self.steps,
            "sealed": sealed,
        }


@dataclass(frozen=True)
class Voices:
    """Those who answer to intake."""

    keys: Path

    def job(self, incident: str, **more: Any) -> Voice:
        """Return a job of dispatch."""
        return Voice(self.keys, Service.DISPATCH, "dispatch.job", incident, **more)

    def placement(self, incident: str, *, alias: str = "K-71", **more: Any) -> Voice:
        """Return a placement of shelter_beds."""
        public = {"alias": alias}
        return Voice(self.keys, Service.SHELTER_BEDS, "shelter_beds.placement", incident, public=public, **more)

    def handover(self, incident: str, **more: Any) -> Voice:
        """Return a handover of notify."""
        public = {"centre": "dunav"}
        return Voice(self.keys, Service.NOTIFY, "notify.handover", incident, public=public, **more)

    def notice(self, incident: str, **more: Any) -> Voice:
        """Return notify's notice to child protection."""
        return Voice(self.keys, Service.NOTIFY, "notify.notice", incident, **more)
