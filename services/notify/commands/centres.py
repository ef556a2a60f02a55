"""Centres made by an admin, and the rota that a centre's staff keep."""

from __future__ import annotations

from sqlalchemy import RowMapping, select

from services.notify.commands import views
from services.notify.commands.access import Seat
from services.notify.domain.forms import NewCentre, NewRota
from services.notify.store import handovers, notices, roster
from services.notify.tables import CENTRE, MUNICIPALITY
from shared.contracts.vocabulary import Service
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version

_PATH = f"{Service.NOTIFY.prefix}/api/centres"


def create_centre(tx: Transaction, body: NewCentre, who: Account) -> Reply:
    """Make a centre in the jurisdiction of the municipalities it serves."""
    known = {row["code"]: row["jurisdiction"] for row in tx.all(select(MUNICIPALITY))}
    jurisdiction = known.get(body.serves[0])
    if jurisdiction is None or any(known.get(code) != jurisdiction for code in body.serves):
        raise Invalid.field("serves", "codes of municipalities of one jurisdiction that is loaded")
    if jurisdiction not in Seat.of(who).administered:
        raise Forbidden(f"This account does not administer {jurisdiction}.")
    if tx.first(select(CENTRE.c.code).where(CENTRE.c.code == body.code)) is not None:
        raise Conflict(f"There is or was a centre {body.code} already. Choose another code.")
    row = body.model_dump(mode="json")
    row["rota"] = sorted(row["rota"], key=lambda entry: entry["order"])
    roster.put_centres(tx, jurisdiction, [{**row, "rota_by_hand": True}], by_hand=True)
    roster.rebuild_areas(tx, jurisdiction)
    note(tx, who, "centre.create", body.code)
    return Reply.entity(views.centre(_centre(tx, body.code)), status=201, location=f"{_PATH}/{body.code}")


def put_rota(tx: Transaction, code: str, body: NewRota, who: Account, seen: int | None) -> Reply:
    """Change a rota. It counts for whoever is called from now on; who is being called stays called."""
    if code not in Seat.of(who).centres:
        raise NotFound("centre")
    tx.lock(f"rota:{code}")
    centre = _centre(tx, code)
    entries = sorted((entry.model_dump(mode="json") for entry in body.entries), key=lambda entry: entry["order"])
    if entries == centre["rota"]:
        return Reply.entity(views.rota(centre))
    check_version(seen, centre["rota_version"])
    roster.put_rota(tx, code, entries)
    handovers.look_again(tx, [code])
    notices.look_again(tx, [code])
    note(tx, who, "rota.change", code)
    return Reply.entity(views.rota(_centre(tx, code)))


def _centre(tx: Transaction, code: str) -> RowMapping:
    row = tx.first(select(CENTRE).where(CENTRE.c.code == code, CENTRE.c.retired.is_(False)))
    if row is None:
        raise NotFound("centre")
    return row
