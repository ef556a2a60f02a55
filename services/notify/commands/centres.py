"""Centres made and changed by an admin, and the rota that a centre's staff keep."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from services.notify.commands import centre_views
from services.notify.commands.access import Seat, administration_tag, centre_tag
from services.notify.domain.forms import CentreChange, NewCentre, NewRota
from services.notify.store import handovers, notices, roster
from services.notify.tables import CENTRE, MUNICIPALITY
from shared.contracts.vocabulary import Service
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.messaging.outbox import tell_live
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_
from shared.web.replies import Reply, check_version

_PATH = f"{Service.NOTIFY.prefix}/api/centres"
_OF_ONE = N_("codes of municipalities of one jurisdiction that is loaded")


def create_centre(tx: Transaction, body: NewCentre, who: Account) -> Reply:
    """Make a centre in the jurisdiction of the municipalities it serves."""
    jurisdiction = _jurisdiction_of(tx, body.serves)
    if jurisdiction not in Seat.of(who).administered:
        raise Forbidden("This account does not administer %(jurisdiction)s.", jurisdiction=jurisdiction)
    if tx.first(select(CENTRE.c.code).where(CENTRE.c.code == body.code)) is not None:
        raise Conflict("There is or was a centre %(code)s already. Choose another code.", code=body.code)
    row = body.model_dump(mode="json")
    row["rota"] = sorted(row["rota"], key=lambda entry: entry["order"])
    roster.put_centres(tx, jurisdiction, [{**row, "rota_by_hand": True}], by_hand=True)
    roster.rebuild_areas(tx, jurisdiction)
    note(tx, who, "centre.create", body.code)
    _tell(tx, body.code)
    return Reply.entity(centre_views.centre(_centre(tx, body.code)), status=201, location=f"{_PATH}/{body.code}")


def change_centre(tx: Transaction, code: str, body: CentreChange, who: Account, seen: int | None) -> Reply:
    """Change what a centre is called, whom it serves or where it is rung; what is under way stays where it is.

    Loading the jurisdiction brings a centre that its document names back to what the document says.
    """
    tx.lock(f"centre:{code}")
    centre = _centre(tx, code)
    jurisdiction = centre["jurisdiction"]
    if jurisdiction not in Seat.of(who).administered:
        raise NotFound("centre")
    changed = {name: value for name, value in body.said.items() if centre[name] != value}
    if not changed:
        return Reply.entity(centre_views.centre(centre))
    check_version(seen, centre["version"])
    if "serves" in changed and _jurisdiction_of(tx, changed["serves"]) != jurisdiction:
        raise Invalid.field("serves", _OF_ONE)
    roster.change_centre(tx, code, changed)
    if "serves" in changed:
        roster.rebuild_areas(tx, jurisdiction)
    note(tx, who, "centre.change", code)
    _tell(tx, code)
    return Reply.entity(centre_views.centre(_centre(tx, code)))


def put_rota(tx: Transaction, code: str, body: NewRota, who: Account, seen: int | None) -> Reply:
    """Change a rota. It counts for whoever is called from now on; who is being called stays called."""
    if code not in Seat.of(who).centres:
        raise NotFound("centre")
    tx.lock(f"rota:{code}")
    centre = _centre(tx, code)
    entries = sorted((entry.model_dump(mode="json") for entry in body.entries), key=lambda entry: entry["order"])
    if entries == centre["rota"]:
        return Reply.entity(centre_views.rota(centre))
    check_version(seen, centre["rota_version"])
    roster.put_rota(tx, code, entries)
    handovers.look_again(tx, [code])
    notices.look_again(tx, [code])
    note(tx, who, "rota.change", code)
    _tell(tx, code)
    return Reply.entity(centre_views.rota(_centre(tx, code)))


def _jurisdiction_of(tx: Transaction, serves: Sequence[str]) -> str:
    """Return where municipalities lie.

    Raises:
        Invalid: one is not known, or they do not lie together.
    """
    known = {
        row["code"]: row["jurisdiction"] for row in tx.all(select(MUNICIPALITY.c.code, MUNICIPALITY.c.jurisdiction))
    }
    found = {known.get(code) for code in serves}
    jurisdiction = found.pop()
    if jurisdiction is None or found:
        raise Invalid.field("serves", _OF_ONE)
    return str(jurisdiction)


def _tell(tx: Transaction, code: str) -> None:
    """Let open pages read a centre or its rota again."""
    centre = _centre(tx, code)
    jurisdiction = centre["jurisdiction"]
    tell_live(
        tx,
        "notify.centre.changed",
        entity=code,
        version=centre["version"],
        jurisdiction=jurisdiction,
        audience=(centre_tag(code), f"mechanism:{jurisdiction}", administration_tag(jurisdiction)),
    )


def _centre(tx: Transaction, code: str) -> RowMapping:
    row = tx.first(select(CENTRE).where(CENTRE.c.code == code, CENTRE.c.retired.is_(False)))
    if row is None:
        raise NotFound("centre")
    return row
