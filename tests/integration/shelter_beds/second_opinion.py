"""Who may have which room, and who comes first: said a second time, and differently from the service's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import RowMapping

from services.shelter_beds.names import Names
from services.shelter_beds.tables import ACQUAINTANCE, INCIDENT, PLACEMENT, SHELTER, TRIED
from shared.contracts.vocabulary import PlacementState
from tests.support.intake_voice import Incident


class SecondOpinion:
    """Looks at a store's rows, and at what intake said last of each incident."""

    def __init__(
        self, rows: Callable[[Any], Sequence[RowMapping]], incidents: Sequence[Incident], names: Names
    ) -> None:
        self._rows = rows
        self._incidents = incidents
        self._names = names

    def with_danger(self) -> list[dict[str, Any]]:
        """Return every placement with its danger: the smaller comes first."""
        incidents = {row["id"]: row for row in self._rows(INCIDENT)}
        found = []
        for placement in self._rows(PLACEMENT):
            incident = incidents[placement["incident"]]
            danger = (incident["priority"], incident["raised_at"], incident["id"])
            found.append({**placement, "danger": danger, "about": incident})
        return found

    def waiting(self) -> list[dict[str, Any]]:
        """Return whoever has no room yet."""
        return [placement for placement in self.with_danger() if placement["state"] == PlacementState.WAITLISTED]

    def could_have(self, placement: dict[str, Any], room: RowMapping) -> bool:
        """Say whether a room, were it free, could be given to a family."""
        incident = next(each for each in self._incidents if each.id == placement["incident"])
        victim = incident.facts.get("victim", {})
        adults, children = victim.get("adults", [{}]), victim.get("children", [])
        (house,) = [each for each in self._rows(SHELTER) if each["code"] == room["shelter"]]
        takes_in = house["admission"]
        near = {incident.municipality, *(each["municipality"] for each in incident.facts.get("perpetrators", []))}
        boys = [child["age"] for child in children if child["sex"] == "m"]
        return (
            bool(adults)
            and room["shadow"] == placement["shadow"]
            and room["beds"] >= len(adults) + len(children)
            and victim.get("pets", 0) <= takes_in["pets"]
            and (takes_in["oldest_boy"] is None or max(boys, default=0) <= takes_in["oldest_boy"])
            and (incident.leg.get("near_allowed", False) or house["municipality"] not in near)
            and not self._is_known_there(incident, house["code"])
            and not self._was_tried(placement, room)
        )

    def _is_known_there(self, incident: Incident, code: str) -> bool:
        words = (set(each["name"].lower().replace(",", "").split()) for each in incident.facts.get("perpetrators", []))
        hashes = {self._names.hashed(" ".join(sorted(each))) for each in words}
        return any(
            row["shelter"] == code and row["name"] in hashes and row["incident"] != incident.id
            for row in self._rows(ACQUAINTANCE)
        )

    def _was_tried(self, placement: dict[str, Any], room: RowMapping) -> bool:
        for tried in self._rows(TRIED):
            same = (tried["incident"], tried["request"], tried["room"])
            if same == (placement["incident"], placement["request"], room["id"]):
                spoken_for = room["confirmed_at"] is not None and room["confirmed_at"] > tried["at"]
                if tried["refused"] or not spoken_for:
                    return True
        return False
