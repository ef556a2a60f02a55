"""Every page there is, by who looks at it: the menus' places, and the pages behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from shared.contracts.vocabulary import Role, Service
from shared.web.pages.navigation import places_for

NOBODY = "nobody"
"""Whoever is not signed in."""


@dataclass(frozen=True)
class View:
    """One page as one role sees it."""

    who: str
    """A role, or nobody."""
    name: str
    address: str
    """With the places of staged ids in braces, for instance ``/intake/incidents/{journey_incident}``."""
    status: int = 200

    @property
    def title(self) -> str:
        """What a person calls it, for instance ``operator/incident``."""
        return f"{self.who}/{self.name}"

    @property
    def wants(self) -> set[str]:
        """The ids that must have been staged."""
        return {name for _text, name, _form, _conversion in Formatter().parse(self.address) if name}


_EACH_SERVICE = tuple((service.prefix.strip("/"), service.prefix) for service in Service)
_BEHIND: Mapping[str, Sequence[tuple[str, str]]] = {
    NOBODY: (("sign-in", "/identity/sign-in"), ("offline", "/shelter-beds/offline")),
    Role.OPERATOR: (
        ("incident", "/intake/incidents/{journey_incident}"),
        ("incident-waiting", "/intake/incidents/{waiting_incident}"),
        ("incident-closed", "/intake/incidents/{ended_incident}"),
        ("call", "/intake/incidents/{waiting_incident}/call"),
        ("handover", "/notify/handovers/{waiting_handover}"),
        ("own-account", "/identity/own"),
    ),
    Role.DISPATCHER: (("job", "/dispatch/jobs/{journey_job}"), ("job-waiting", "/dispatch/jobs/{waiting_job}")),
    Role.CREW: (("rendezvous", "/shelter-beds/rendezvous/{journey_placement}"),),
    Role.SHELTER_STAFF: (
        ("placement", "/shelter-beds/placements/{waiting_placement}"),
        ("own-shelter", "/shelter-beds/shelters/{shelter}"),
    ),
    Role.CENTRE_STAFF: (
        ("handover", "/notify/handovers/{waiting_handover}"),
        ("handover-acknowledged", "/notify/handovers/{journey_handover}"),
        ("handover-without-consent", "/notify/handovers/{silent_handover}"),
        ("notice", "/notify/notices/{notice}"),
        ("drills", "/notify/?mode=exercise"),
        ("all-handovers", "/notify/handovers"),
        ("rota-edit", "/notify/rota/edit"),
    ),
    Role.SUPERVISOR: (
        ("decisions", "/intake/supervision?incident={journey_incident}"),
        ("drills", "/intake/supervision?mode=exercise"),
        ("figures-30-days", "/intake/figures?days=30"),
        ("figures-dispatch", "/dispatch/figures"),
        ("figures-shelter-beds", "/shelter-beds/figures"),
        ("figures-notify", "/notify/figures"),
        ("families", "/shelter-beds/houses/families"),
        ("denials", "/shelter-beds/houses/denials"),
        ("all-handovers", "/notify/handovers"),
        ("rota", "/notify/rota?centre={centre}"),
    ),
    Role.AUDITOR: tuple((f"audit-{name}", f"{prefix}/audit") for name, prefix in _EACH_SERVICE),
    Role.OPS: tuple((f"dead-letters-{name}", f"{prefix}/dead-letters") for name, prefix in _EACH_SERVICE),
    Role.ADMIN: (
        ("account", "/identity/users/{user}"),
        ("account-new", "/identity/users/new"),
        ("shelter", "/shelter-beds/houses/shelter/{shelter}"),
        ("shelter-new", "/shelter-beds/houses/new"),
        ("centre", "/notify/centres/centre/{centre}"),
        ("centre-new", "/notify/centres/new"),
    ),
}
_REFUSED = (
    View(Role.OPERATOR, "not-allowed", "/identity/users", status=403),
    View(Role.OPERATOR, "not-found", "/intake/incidents/none", status=404),
)


def views() -> list[View]:
    """Return every page of every role."""
    found = [View(NOBODY, name, address) for name, address in _BEHIND[NOBODY]]
    for role in Role:
        found.append(View(role, "start", "/identity/"))
        found += [View(role, _name(place.address), place.address) for place in places_for([role])]
        found += [View(role, name, address) for name, address in _BEHIND.get(role, ())]
        found += [view for view in _REFUSED if view.who == role]
    return found


def _name(address: str) -> str:
    """Return how a menu's place is called in file names: ``/intake/raise`` is ``intake-raise``."""
    return address.strip("/").replace("/", "-")
