"""Stations and units, one by one: made by an admin, moved and put on and off duty by their desk and their crew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, select

from services.dispatch.commands import views
from services.dispatch.commands.access import Seat
from services.dispatch.commands.allocation import Allocation
from services.dispatch.commands.saying import unit_changed, unit_moved
from services.dispatch.domain.forms import NewStation, NewUnit, UnitPatch
from services.dispatch.store import jobs, roster, units
from services.dispatch.tables import MUNICIPALITY, STATION
from shared.contracts.vocabulary import Service
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version

_PATH = f"{Service.DISPATCH.prefix}/api"


def patch_unit(tx: Transaction, unit_id: str, body: UnitPatch, who: Account, seen: int | None) -> Reply:
    """Say where a unit stands, or whether it is on duty."""
    unit = units.unit(tx, unit_id)
    seat = Seat.of(who)
    if not seat.is_near(unit["station"], unit["code"]) and unit["jurisdiction"] not in seat.administered:
        raise NotFound("unit")
    allocation = Allocation(tx, unit["jurisdiction"])
    unit = units.unit(tx, unit_id)
    changes = _changes(unit, body)
    if not changes:
        return _unit_shown(tx, seat, unit_id)
    check_version(seen, unit["version"])
    if "state" in changes and jobs.active_units(tx, [unit_id]):
        raise Conflict(
            "Unit %(unit)s has a job. Decline or clear that job first: then the unit is free.", unit=unit["code"]
        )
    moved = units.change(tx, unit_id, **changes)
    if "state" in changes:
        unit_changed(tx, moved, has_job=False)
        note(tx, who, f"unit.{moved['state']}", unit_id)
    else:
        unit_moved(tx, moved)
    allocation.look_at(unit["jurisdiction"], shadow=unit["shadow"])
    allocation.serve()
    return _unit_shown(tx, seat, unit_id)


def _changes(unit: RowMapping, body: UnitPatch) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.state is not None and body.state != unit["state"]:
        changes["state"] = body.state.value
    if body.latitude is not None and (body.latitude, body.longitude) != (unit["latitude"], unit["longitude"]):
        changes |= {"latitude": body.latitude, "longitude": body.longitude}
    return changes


def create_unit(tx: Transaction, body: NewUnit, who: Account) -> Reply:
    """Make a unit and its shadow twin."""
    station = tx.first(select(STATION).where(STATION.c.code == body.station, STATION.c.retired.is_(False)))
    if station is None:
        raise Invalid.field("station", "the code of a station that is loaded")
    seat, jurisdiction = Seat.of(who), station["jurisdiction"]
    _check_admin(seat, jurisdiction)
    if units.named(tx, jurisdiction, body.code, shadow=False) is not None:
        raise Conflict("There is a unit %(code)s already. Choose another code.", code=body.code)
    allocation = Allocation(tx, jurisdiction)
    made = roster.put_units(tx, jurisdiction, [body.model_dump(mode="json")], by_hand=True)
    for twin in made:
        unit_changed(tx, twin, has_job=False)
        allocation.look_at(jurisdiction, shadow=twin["shadow"])
    allocation.serve()
    real = next(twin["id"] for twin in made if not twin["shadow"])
    note(tx, who, "unit.create", real)
    shown = views.unit(tx.connection, seat, real, tx.now)
    return Reply.entity(shown, status=201, location=f"{_PATH}/units/{real}")


def create_station(tx: Transaction, body: NewStation, who: Account) -> Reply:
    """Make a station in the jurisdiction of its municipality."""
    known = {
        row["code"]: row["jurisdiction"] for row in tx.all(select(MUNICIPALITY.c.code, MUNICIPALITY.c.jurisdiction))
    }
    jurisdiction = known.get(body.municipality)
    if jurisdiction is None:
        raise Invalid.field("municipality", "the code of a municipality that is loaded")
    if any(known.get(code) != jurisdiction for code in body.covers):
        raise Invalid.field("covers", f"codes of municipalities of {jurisdiction}")
    _check_admin(Seat.of(who), jurisdiction)
    if tx.first(select(STATION).where(STATION.c.code == body.code, STATION.c.retired.is_(False))) is not None:
        raise Conflict("There is a station %(code)s already. Choose another code.", code=body.code)
    allocation = Allocation(tx, jurisdiction)
    roster.put_stations(tx, jurisdiction, [body.model_dump(mode="json")], by_hand=True)
    roster.rebuild_coverage(tx, jurisdiction)
    for shadow in (False, True):
        allocation.look_at(jurisdiction, shadow=shadow)
    allocation.serve()
    note(tx, who, "station.create", body.code)
    row = tx.execute(select(STATION).where(STATION.c.code == body.code)).mappings().one()
    return Reply.entity(views.station(row), status=201, location=f"{_PATH}/stations/{body.code}")


def _check_admin(seat: Seat, jurisdiction: str) -> None:
    if jurisdiction not in seat.administered:
        raise Forbidden("This account does not administer %(jurisdiction)s.", jurisdiction=jurisdiction)


def _unit_shown(tx: Transaction, seat: Seat, unit_id: str) -> Reply:
    return Reply.entity(views.unit(tx.connection, seat, unit_id, tx.now))
