"""What people and programs are shown of jobs, units and stations. What is personal is only in a job's detail (P6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, false, or_, select

from services.dispatch.commands.access import Seat
from services.dispatch.domain.job import BEFORE_SCENE, ENDED, Job
from services.dispatch.store.jobs import job_of
from services.dispatch.store.units import carries
from services.dispatch.tables import DESK_NOTICE, INCIDENT, IS_ACTIVE, JOB, MUNICIPALITY, PLACEMENT, STATION, UNIT
from shared.contracts.need_to_know import for_role
from shared.contracts.vocabulary import JobState, Role, Service, UnitState
from shared.errors import NotFound
from shared.geography import Point, kilometres
from shared.storage.history import steps_of_each

Show = Callable[[RowMapping], Mapping[str, Any]]

_BESIDE_A_JOB = (
    INCIDENT.c.number.label("incident_number"),
    INCIDENT.c.priority,
    INCIDENT.c.raised_at,
    INCIDENT.c.municipality,
    INCIDENT.c.ambulance,
    PLACEMENT.c.id.label("placement_id"),
    PLACEMENT.c.alias.label("placement_alias"),
    PLACEMENT.c.state.label("placement_state"),
)


# --- jobs ------------------------------------------------------------------------------------------------------------


def jobs_query(seat: Seat) -> Select[Any]:
    """Return the query of all jobs that an account may read."""
    at_desk = JOB.c.station.in_(seat.stations)
    on_board = [and_(JOB.c.station == station, JOB.c.unit_code == code) for station, code in seat.crews]
    watched = or_(JOB.c.jurisdiction.in_(seat.onlookers), INCIDENT.c.jurisdiction.in_(seat.onlookers))
    return _jobs().where(or_(at_desk, watched, *on_board))


def _jobs(*more: ColumnElement[Any]) -> Select[Any]:
    query = select(JOB, *_BESIDE_A_JOB, *more).join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    return query.outerjoin(PLACEMENT, PLACEMENT.c.incident == JOB.c.incident)


def jobs(connection: Connection, rows: Sequence[RowMapping | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return jobs as every reader sees them."""
    steps = steps_of_each(connection, [row["id"] for row in rows])
    return [_job(job_of(row), row, steps.get(row["id"], [])) for row in rows]


def job_after(connection: Connection, job: Job) -> dict[str, Any]:
    """Return a job as a use case leaves it."""
    row = connection.execute(_jobs().where(JOB.c.id == job.id)).mappings().one()
    return _job(job, row, steps_of_each(connection, [job.id]).get(job.id, []))


def job_detail(connection: Connection, seat: Seat, job_id: str) -> dict[str, Any]:
    """Return a job with what its crew and its desk need: that part is personal, and the look must be noted.

    Raises:
        NotFound: there is no such job, or it is not the account's to see.
    """
    query = jobs_query(seat).where(JOB.c.id == job_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("job")
    job = job_of(row)
    shown = _job(job, row, steps_of_each(connection, [job_id]).get(job_id, []))
    role = seat.role_in(job)
    if role is None or (role is Role.CREW and job.ended):
        return shown
    return shown | _needed(connection, job, role)


def _needed(connection: Connection, job: Job, role: Role) -> dict[str, Any]:
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == job.incident)).mappings().one()
    needed: dict[str, Any] = {
        "place": {
            "municipality": row["municipality"],
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "by": row["position_by"],
        },
        "facts": for_role(Service.DISPATCH, [role], row["facts"]),
    }
    return needed | ({"scene": dict(job.scene)} if role is Role.CREW else {})


def _job(job: Job, row: RowMapping | Mapping[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    placement = {"id": row["placement_id"], "alias": row["placement_alias"], "state": row["placement_state"]}
    return {
        "id": job.id,
        "incident": job.incident,
        "incident_number": row["incident_number"],
        "jurisdiction": job.jurisdiction,
        "state": job.state,
        "priority": row["priority"],
        "raised_at": row["raised_at"],
        "municipality": row["municipality"],
        "mode": job.mode,
        "shadow": job.shadow,
        "attempt": job.attempt,
        "request": job.request,
        "unit": job.unit_code,
        "station": job.station,
        "assigned_at": job.assigned_at,
        "ack_by": job.ack_by,
        "ended_at": job.ended_at,
        "version": job.version,
        "reason": job.reason,
        "attention": job.attention,
        "ambulance": row["ambulance"],
        "carried": job.carried,
        "placement": placement if row["placement_id"] else None,
        "steps": steps,
    }


def board_query(seat: Seat, *, shadow: bool, ended: bool) -> Select[Any]:
    """Return the query of jobs as a desk works through them: the most dangerous first, then who waits longest."""
    over = JOB.c.state.in_([state.value for state in ENDED])
    query = jobs_query(seat).where(JOB.c.shadow.is_(shadow), over if ended else ~over)
    if ended:
        return query.order_by(JOB.c.ended_at.desc())
    return query.order_by(INCIDENT.c.priority, INCIDENT.c.raised_at, JOB.c.id)


def own_jobs_query(seat: Seat) -> Select[Any]:
    """Return the query of the jobs that an account's own units have now, the newest first."""
    crewed = [and_(JOB.c.station == station, JOB.c.unit_code == code) for station, code in seat.crews]
    return _jobs().where(or_(false(), *crewed), IS_ACTIVE).order_by(JOB.c.assigned_at.desc())


# --- units, stations, notices ----------------------------------------------------------------------------------------


def units_query(seat: Seat, now: datetime) -> Select[Any]:
    """Return the query of all units in service that an account may read."""
    active = select(JOB.c.id).where(JOB.c.unit == UNIT.c.id, IS_ACTIVE).scalar_subquery()
    crewed = [and_(UNIT.c.station == station, UNIT.c.code == code) for station, code in seat.crews]
    overseen = UNIT.c.jurisdiction.in_(seat.supervised | seat.administered | seat.audited)
    query = select(UNIT, active.label("job"), carries(now).label("carries"))
    return query.where(UNIT.c.retired.is_(False), or_(UNIT.c.station.in_(seat.stations), overseen, *crewed))


def unit(connection: Connection, seat: Seat, unit_id: str, now: datetime) -> dict[str, Any]:
    """Return one unit.

    Raises:
        NotFound: there is no such unit, or it is not the account's to see.
    """
    row = connection.execute(units_query(seat, now).where(UNIT.c.id == unit_id)).mappings().first()
    if row is None:
        raise NotFound("unit")
    return dict(unit_shown(seat)(row))


def free_for(
    connection: Connection,
    seat: Seat,
    jobs: Sequence[Mapping[str, Any]],
    units: Sequence[Mapping[str, Any]],
    *,
    most: int | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """Return for each job the other units that are free, the nearest first.

    Args:
        connection: to this service's store.
        seat: of whoever is shown them, and may give a job to another unit.
        jobs: as shown.
        units: as shown.
        most: how many of a job's are wanted.

    Returns:
        By job whose crew is not there yet, units with ``km``: how far they are as the crow flies, ``None`` where
        that is not known.
    """
    places = _places(connection, seat, [job for job in jobs if JobState(job["state"]) in BEFORE_SCENE])
    free = [unit for unit in units if unit["state"] == UnitState.AVAILABLE]

    def far(unit: Mapping[str, Any], place: Point | None) -> float | None:
        if place is None or unit["latitude"] is None:
            return None
        return kilometres(Point(unit["latitude"], unit["longitude"]), place)

    def nearest(job: Mapping[str, Any]) -> list[dict[str, Any]]:
        own = (job["station"], job["unit"])
        others = [
            {**unit, "km": far(unit, places[job["id"]])} for unit in free if (unit["station"], unit["code"]) != own
        ]
        others.sort(key=lambda unit: (unit["km"] is None, unit["km"], unit["station"] != job["station"], unit["code"]))
        return others[:most]

    return {job["id"]: nearest(job) for job in jobs if job["id"] in places}


def _places(connection: Connection, seat: Seat, jobs: Sequence[Mapping[str, Any]]) -> dict[str, Point | None]:
    """Return from where a job's distances are measured.

    Its own desk knows where she is. For everybody else that is the middle of the municipality, as on the map: from
    distances to three units anybody could draw her house.
    """
    areas = {each["code"]: Point(each["latitude"], each["longitude"]) for each in municipalities(connection, seat)}
    own = [job["id"] for job in jobs if job["station"] in seat.stations]
    at = select(JOB.c.id, INCIDENT.c.latitude, INCIDENT.c.longitude).join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    exact = {row.id: Point(row.latitude, row.longitude) for row in connection.execute(at.where(JOB.c.id.in_(own)))}
    return {job["id"]: exact.get(job["id"]) or areas.get(job["municipality"]) for job in jobs}


def unit_shown(seat: Seat) -> Show:
    """Return how an account is shown a unit: where it is only if it may know (P6)."""

    def show(row: RowMapping) -> dict[str, Any]:
        near = seat.is_near(row["station"], row["code"])
        overseen = row["jurisdiction"] in seat.supervised | seat.administered
        located = near or (overseen and not row["carries"])
        return {
            "id": row["id"],
            "code": row["code"],
            "jurisdiction": row["jurisdiction"],
            "station": row["station"],
            "state": UnitState.BUSY if row["job"] else row["state"],
            "job": row["job"],
            "latitude": row["latitude"] if located else None,
            "longitude": row["longitude"] if located else None,
            "position_at": row["position_at"] if located else None,
            "shadow": row["shadow"],
            "version": row["version"],
        }

    return show


def stations_query(seat: Seat) -> Select[Any]:
    """Return the query of all stations that an account may read."""
    overseen = STATION.c.jurisdiction.in_(seat.supervised | seat.administered | seat.audited)
    return select(STATION).where(STATION.c.retired.is_(False), or_(STATION.c.code.in_(seat.stations), overseen))


def station(row: RowMapping) -> dict[str, Any]:
    """Return a station. Its code is its id."""
    names = ("code", "name", "jurisdiction", "municipality", "latitude", "longitude", "covers", "directorate")
    return {"id": row["code"], **{name: row[name] for name in names}, "phone": row["phone"], "version": row["version"]}


def municipalities(connection: Connection, seat: Seat) -> list[dict[str, Any]]:
    """Return the municipalities of the jurisdictions that an account works in, by code."""
    own = select(STATION.c.jurisdiction).where(STATION.c.code.in_(seat.stations | {code for code, _ in seat.crews}))
    here = or_(
        MUNICIPALITY.c.jurisdiction.in_(own), MUNICIPALITY.c.jurisdiction.in_(seat.supervised | seat.administered)
    )
    names = ("code", "jurisdiction", "name", "latitude", "longitude")
    rows = connection.execute(select(MUNICIPALITY).where(here).order_by(MUNICIPALITY.c.code)).mappings()
    return [{name: row[name] for name in names} for row in rows]


def notices_query(seat: Seat) -> Select[Any]:
    """Return the query of what the desks of an account were told."""
    mine = or_(DESK_NOTICE.c.station.in_(seat.stations), DESK_NOTICE.c.jurisdiction.in_(seat.supervised))
    return select(DESK_NOTICE).where(mine if seat.stations or seat.supervised else false())
