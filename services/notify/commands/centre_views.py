"""What is shown of centres: whom they serve, who is on their rotas, and which places nobody serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, or_, select

from services.notify.commands.access import Seat
from services.notify.domain.rota import Rota, Step
from services.notify.tables import CENTRE, MUNICIPALITY, SERVICE_AREA
from shared.errors import NotFound
from shared.ids import account_id


def centres_query(seat: Seat) -> Select[Any]:
    """Return the query of all centres that an account may read."""
    overseen = CENTRE.c.jurisdiction.in_(_overseen(seat))
    return select(CENTRE).where(CENTRE.c.retired.is_(False), or_(CENTRE.c.code.in_(seat.centres), overseen))


def centre_row(connection: Connection, seat: Seat, code: str) -> RowMapping:
    """Return a centre's row.

    Raises:
        NotFound: there is none, or it is not the account's to see.
    """
    row = connection.execute(centres_query(seat).where(CENTRE.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("centre")
    return row


def centre(row: RowMapping) -> dict[str, Any]:
    """Return a centre. Its code is its id. Who is on call stands on its rota, which fewer people read."""
    names = ("code", "name", "jurisdiction", "serves", "phone", "version")
    staffed = _rota(row).on_call is not None
    return {"id": row["code"], **{name: row[name] for name in names}, "somebody_on_call": staffed}


def rota(row: RowMapping) -> dict[str, Any]:
    """Return a centre's rota, and who of it is called first now."""
    first = _rota(row).on_call
    on_call = {"order": first.order, "person": first.person, "minutes": first.minutes} if first else None
    return {"centre": row["code"], "entries": row["rota"], "on_call": on_call, "version": row["rota_version"]}


def place_names(connection: Connection, jurisdiction: str) -> dict[str, dict[str, str]]:
    """Return what a jurisdiction's municipalities are called, by code and language."""
    query = select(MUNICIPALITY.c.code, MUNICIPALITY.c.name).where(MUNICIPALITY.c.jurisdiction == jurisdiction)
    return {row.code: row.name for row in connection.execute(query)}


def colleagues(connection: Connection, seat: Seat) -> dict[str, str]:
    """Return the addresses of everybody on the rotas that an account may read, by account."""
    readable = or_(CENTRE.c.code.in_(seat.centres), CENTRE.c.jurisdiction.in_(seat.supervised | seat.administered))
    rows = connection.execute(select(CENTRE.c.rota).where(readable)).scalars()
    return {account_id(step["person"]): step["person"] for entries in rows for step in entries if step["person"]}


def municipalities_query(seat: Seat) -> Select[Any]:
    """Return the query of all municipalities in the jurisdictions of an account, or of its centres."""
    own = select(CENTRE.c.jurisdiction).where(CENTRE.c.code.in_(seat.centres))
    where = MUNICIPALITY.c.jurisdiction
    return select(MUNICIPALITY).where(or_(where.in_(_overseen(seat)), where.in_(own)))


def serving(connection: Connection) -> dict[str, list[str]]:
    """Return the centres of each municipality that has any, in the order in which they are asked."""
    query = select(SERVICE_AREA).order_by(SERVICE_AREA.c.position, SERVICE_AREA.c.centre)
    served: dict[str, list[str]] = {}
    for row in connection.execute(query).mappings():
        served.setdefault(row["municipality"], []).append(row["centre"])
    return served


def municipality(row: RowMapping, served: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a municipality. Without centres, a handover from there reaches nobody."""
    names = ("code", "name", "jurisdiction")
    return {**{name: row[name] for name in names}, "centres": served.get(row["code"], [])}


def _overseen(seat: Seat) -> frozenset[str]:
    return seat.supervised | seat.administered | seat.audited


def _rota(row: RowMapping) -> Rota:
    return Rota(tuple(Step(**step) for step in row["rota"]))
