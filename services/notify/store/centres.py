"""Centres and offices: who serves a municipality, and who is on their rotas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from services.notify.domain.rota import Rota, Step
from services.notify.tables import CENTRE, JURISDICTION, OFFICE_AREA, SERVICE_AREA
from shared.contracts.jurisdiction import Deadlines
from shared.errors import NotFound
from shared.storage.transaction import Transaction

_COLUMNS = (CENTRE.c.code, CENTRE.c.rota, JURISDICTION.c.rota_step, JURISDICTION.c.centre_done)
_WITH_TIMES = select(*_COLUMNS).outerjoin(JURISDICTION, JURISDICTION.c.code == CENTRE.c.jurisdiction)
_SERVING = (
    _WITH_TIMES.join(SERVICE_AREA, SERVICE_AREA.c.centre == CENTRE.c.code)
    .where(SERVICE_AREA.c.municipality == bindparam("municipality"), CENTRE.c.retired.is_(False))
    .order_by(SERVICE_AREA.c.position, CENTRE.c.code)
)
_BY_CODE = _WITH_TIMES.where(CENTRE.c.code == bindparam("code"))
_OFFICE = (
    select(OFFICE_AREA.c.office)
    .where(OFFICE_AREA.c.municipality == bindparam("municipality"))
    .order_by(OFFICE_AREA.c.office)
    .limit(1)
)


@dataclass(frozen=True)
class Centre:
    """A centre, as far as calling its people goes."""

    code: str
    rota: Rota
    time_to_accept: timedelta
    """How long acknowledged work may take to be accepted."""


def serving(tx: Transaction, municipality: str) -> Sequence[Centre]:
    """Return the centres of a municipality: the one that names it nearest the front first."""
    return [_centre(row) for row in tx.all(_SERVING, {"municipality": municipality})]


def centre(connection: Connection, code: str) -> Centre:
    """Return a centre, in service or not: what it was offered it may still take on.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BY_CODE, {"code": code}).mappings().first()
    if row is None:
        raise NotFound("centre")
    return _centre(row)


def office_of(tx: Transaction, municipality: str) -> str | None:
    """Return the child-protection office of a municipality."""
    found: str | None = tx.execute(_OFFICE, {"municipality": municipality}).scalar()
    return found


def _centre(row: RowMapping) -> Centre:
    usual = Deadlines()
    return Centre(
        code=row["code"],
        rota=Rota(
            steps=tuple(Step(**step) for step in row["rota"]),
            usual=timedelta(seconds=row["rota_step"] or usual.rota_step),
        ),
        time_to_accept=timedelta(seconds=row["centre_done"] or usual.centre_done),
    )


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(select(JURISDICTION).order_by(JURISDICTION.c.code)).mappings()
    return [{"code": row["code"], "name": row["name"], "languages": row["languages"]} for row in rows]
