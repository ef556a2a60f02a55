"""Raising an incident: the one use case that must never be slow and never lose anything."""

from __future__ import annotations

from sqlalchemy import Connection

from services.intake.commands import views
from services.intake.commands.access import check_raise, own
from services.intake.commands.saying import say_step
from services.intake.domain import asking
from services.intake.domain.case import Case, new_legs, settle
from services.intake.domain.forms import RaiseIncident
from services.intake.domain.merging import as_stored, with_risk
from services.intake.domain.places import Located, locate
from services.intake.domain.reading import keyed_hash, links, unverified
from services.intake.domain.risk import LOWEST_PRIORITY, Danger
from services.intake.figures import RAISED
from services.intake.store import areas, cases, records
from shared.contracts.facts import Facts
from shared.contracts.vocabulary import IncidentState, Mode, Role
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply

PATH = "/intake/api/incidents"


def raise_incident(tx: Transaction, body: RaiseIncident, who: Account, secret: bytes) -> Reply:
    """Accept a call: number it, judge its danger, ask for its legs."""
    check_raise(who, body.mode)
    located = locate(body.location, areas.StoredGazetteer(tx.connection))
    area = areas.area(tx.connection, located.jurisdiction)
    danger = Danger(instrument=body.risk.instrument).learned(body)
    case = Case(
        id=new_id(),
        number=_number(tx, located.jurisdiction),
        jurisdiction=located.jurisdiction,
        municipality=located.municipality,
        origin=min(who.organisations(Role.OPERATOR, Role.SUPERVISOR)),
        state=IncidentState.OPEN,
        mode=body.mode,
        priority=LOWEST_PRIORITY,
        version=1,
        facts=with_risk(as_stored({}, body), danger),
        danger=danger,
        position=located.position,
        raised_at=tx.now,
        legs=new_legs(new_id() for _ in range(3)),
        unverified=unread(tx, body, located, area.country),
        next_ask_at=asking.after_change(tx.now),
    )
    case = settle(case, tx.now, area.deadlines)
    cases.add(tx, case)
    link(tx, case, area.country, secret)
    say_step(tx, case, "raised", spoken_as(who))
    note(tx, who, "incident.raise", case.id, case.id)
    tx.measure(RAISED, 1, body.channel, str(case.priority), case.mode.value)
    return Reply.entity(views.whole(tx.connection, case, own(who)), status=201, location=f"{PATH}/{case.id}")


def unread(tx: Transaction, facts: Facts, located: Located, country: str) -> tuple[str, ...]:
    """Return the paths of optional values that could not be read."""
    gazetteer = areas.StoredGazetteer(tx.connection)
    typed = unverified(facts, country, lambda code: gazetteer.municipality(code) is not None)
    return tuple(sorted({*typed, *located.unverified}))


def link(tx: Transaction, case: Case, country: str, secret: bytes) -> None:
    """Note by what this incident may be linked to others."""
    hashes = link_hashes(tx.connection, case.typed, case.municipality, country, case.mode, secret)
    records.set_links(tx, case.id, hashes, new=case.version == 1)


def link_hashes(
    connection: Connection, facts: Facts, municipality: str, country: str, mode: Mode, secret: bytes
) -> dict[str, str]:
    """Return the keyed hashes by which these facts may be linked to an incident, by kind."""
    found = links(facts, municipality, country, lambda number: areas.is_organisation_number(connection, number))
    if mode is not Mode.ACTUAL:  # P9: a drill is never shown as related to a real call
        found = {kind: f"{mode} {value}" for kind, value in found.items()}
    return {kind: keyed_hash(secret, kind, value) for kind, value in found.items()}


def spoken_as(who: Account) -> str:
    """Return the role under which an account acts here, as ``by`` of a step."""
    return Role.SUPERVISOR.value if Role.OPERATOR not in who.roles else Role.OPERATOR.value


def _number(tx: Transaction, jurisdiction: str) -> str:
    year = tx.now.year
    return f"{jurisdiction}-{year}-{records.next_number(tx, jurisdiction, year):06d}"
