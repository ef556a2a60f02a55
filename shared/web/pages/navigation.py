"""Where people can go: the one list of pages that stand in menus, with the roles that each is for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.contracts.vocabulary import Role
from shared.web.pages.words import N_


@dataclass(frozen=True)
class Place:
    """One entry of the menu and of the start page."""

    address: str
    name: str
    purpose: str
    """What one goes there for, as the start page says it."""
    roles: frozenset[Role]


def _place(address: str, name: str, purpose: str, *roles: Role) -> Place:
    return Place(address, name, purpose, frozenset(roles))


_ON_THE_CALL = (Role.OPERATOR, Role.SUPERVISOR)
_DESK = (Role.DISPATCHER, Role.SUPERVISOR)
PLACES: Sequence[Place] = (
    _place("/intake/raise", N_("New call"), N_("Send help while you talk"), *_ON_THE_CALL),
    _place("/intake/", N_("Incidents"), N_("Open incidents and their three promises"), *_ON_THE_CALL),
    _place("/dispatch/", N_("Jobs"), N_("Police jobs by priority, and units"), *_DESK),
    _place("/dispatch/map", N_("Map"), N_("Where units stand"), *_DESK),
    _place("/dispatch/crew", N_("My job"), N_("Your unit's job, step by step"), Role.CREW),
    _place("/shelter-beds/", N_("My rooms"), N_("Rooms, and families on their way"), Role.SHELTER_STAFF),
    _place("/notify/", N_("Handovers"), N_("Families handed to your centre"), Role.CENTRE_STAFF),
    _place("/notify/rota", N_("Rota"), N_("Who is on call, now and next"), Role.CENTRE_STAFF),
    _place("/intake/supervision", N_("Supervision"), N_("Overdue promises, decisions, drills"), Role.SUPERVISOR),
    _place("/intake/figures", N_("Figures"), N_("Today and the last 30 days"), Role.SUPERVISOR),
    _place("/identity/parts", N_("Health"), N_("Every part, dead letters, backups"), Role.OPS, Role.ADMIN),
    _place("/identity/users", N_("Accounts"), N_("Who may do what"), Role.ADMIN),
    _place("/identity/jurisdictions", N_("Jurisdictions"), N_("Load one; see what changes first"), Role.ADMIN),
    _place("/dispatch/units", N_("Units"), N_("Stations and units"), Role.ADMIN, *_DESK),
    _place("/shelter-beds/houses", N_("Shelters"), N_("Shelters and their rooms"), Role.ADMIN, Role.SUPERVISOR),
    _place("/notify/centres", N_("Centres"), N_("Support centres"), Role.ADMIN, Role.SUPERVISOR),
    _place("/identity/audits", N_("Audit"), N_("Who looked at what, and when"), Role.AUDITOR),
)


def places_for(roles: Collection[Role]) -> list[Place]:
    """Return what an account's roles may open, in the order of the menu."""
    return [place for place in PLACES if place.roles & frozenset(roles)]
