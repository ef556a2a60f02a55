"""Who is on call now and next, who was called, and the rota's editor: a form that needs no script."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from services.notify.commands import centre_views, centres, views
from services.notify.commands.access import Seat
from services.notify.domain.forms import NewRota
from services.notify.domain.rota import Rota
from services.notify.pages.beside import beside
from services.notify.store.centres import centre as centre_with_times
from services.notify.tables import CENTRE, DELIVERY
from shared.contracts.vocabulary import Mode, Role
from shared.errors import Invalid, NotFound, StaleVersion
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.forms import Form
from shared.web.pages.forms import read as read_document
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Paged, Read, Reading

router = APIRouter(route_class=Page)

Reader = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR, Role.ADMIN)]
Staff = Annotated[Account, allow(Role.CENTRE_STAFF)]
Code = Annotated[str, Query(max_length=40, description="which centre; without it the account's first")]
_EDIT = "/notify/rota/edit"
_MOST_ROWS = 99
_MOST_ORDER = 99
_ORDER = re.compile(r"entries\[(\d{1,2})\]\.order")
_MOVE = re.compile(r"(up|down|remove)-(\d{1,2})")


@dataclass(frozen=True)
class Row:
    """One step of a rota as it is typed."""

    order: int
    person: str = ""
    minutes: str = ""


@dataclass(frozen=True)
class Turn:
    """When somebody is called, as long as nobody before answers."""

    person: str | None
    after: int
    """Seconds from the offer."""
    time: int
    """Seconds to answer."""


@router.get("/rota")
async def show_rota(request: Request, who: Reader, read: Read, look: Shown, page: Paged, centre: Code = "") -> Response:
    """Show who is called in which order, whom a handover calls just now, and who was called before."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        row = _chosen(connection, seat, centre)
        calls = views.deliveries_query(seat).where(
            DELIVERY.c.centre == row["code"], DELIVERY.c.mode == Mode.ACTUAL.value
        )
        may_read_calls = row["code"] in seat.centres or row["jurisdiction"] in seat.supervised
        called = (
            page.of(connection, calls, DELIVERY.c.id, views.delivery, newest_first=True) if may_read_calls else None
        )
        return {
            "centre": centre_views.centre(row),
            "turns": _turns(centre_with_times(connection, row["code"]).rota),
            "centres": [each["code"] for each in _readable(connection, seat)],
            "own": row["code"] in seat.centres,
            "called": called,
        } | beside(connection, seat)

    return look.page(request, "rota.html", who, **await read(run))


def _readable(connection: Connection, seat: Seat) -> list[Any]:
    """Return the centres whose rota an account may read, its own first."""
    rows = connection.execute(centre_views.centres_query(seat).order_by(CENTRE.c.code)).mappings().all()
    return sorted(rows, key=lambda row: row["code"] not in seat.centres)


def _chosen(connection: Connection, seat: Seat, code: str) -> Any:
    rows = _readable(connection, seat)
    found = next((row for row in rows if not code or row["code"] == code), None)
    if found is None:
        raise NotFound("centre")
    return found


def _turns(rota: Rota) -> list[Turn]:
    """Return when each person is called; a step that is nobody's takes no time."""
    turns: list[Turn] = []
    after = 0
    for step in rota.steps:
        time = int(rota.usual.total_seconds()) if step.minutes is None else step.minutes * 60
        turns.append(Turn(step.person, after, time if step.person else 0))
        after += turns[-1].time
    return turns


@router.get("/rota/edit")
async def edit_rota(request: Request, who: Staff, read: Read, look: Shown, centre: Code = "") -> Response:
    """Show the rota as a form."""
    seat = Seat.of(who)
    row = await read(lambda connection: _own(connection, seat, centre))
    return _form(request, who, look, row, _rows_of(row["rota"]), row["rota_version"])


def _own(connection: Connection, seat: Seat, code: str) -> Any:
    row = _chosen(connection, seat, code)
    if row["code"] not in seat.centres:
        raise NotFound("centre")
    return row


def _rows_of(entries: list[dict[str, Any]]) -> list[Row]:
    return [Row(each["order"], each["person"] or "", str(each["minutes"] or "")) for each in entries]


@router.post("/rota/edit")
async def save_rota(
    request: Request, who: Staff, filled: Filled, read: Read, look: Shown, centre: Code = ""
) -> Response:
    """Save the rota, or add, move or remove a row of what is typed; nothing counts before it is saved."""
    seat, form = Seat.of(who), filled.form
    row = await read(lambda connection: _own(connection, seat, centre))
    rows, pressed = _typed(form), form.get("do")
    if pressed == "save":
        return await _saved(request, who, filled, read, look, row["code"], rows)
    rows, focus = _rearranged(rows, pressed)
    seen = row["rota_version"] if form.version is None else form.version
    return _form(request, who, look, row, rows, seen, focus=focus)


async def _saved(
    request: Request, who: Account, filled: Filled, read: Reading, look: Look, code: str, rows: list[Row]
) -> Response:
    seen = filled.form.version
    try:
        body = read_document(NewRota, _document(rows))
        await filled(who, lambda tx: centres.put_rota(tx, code, body, who, seen))
        return look.go(f"/notify/rota?centre={code}", "rota-saved")
    except Invalid as error:
        wrong = {each.field: each.message for each in error.errors}
    except StaleVersion:
        wrong = {}  # nothing is: somebody was faster, and both rotas are shown
    seat = Seat.of(who)
    present = await read(lambda connection: _own(connection, seat, code))
    if wrong:
        return _form(request, who, look, present, rows, seen or present["rota_version"], wrong=wrong)
    return _form(request, who, look, present, rows, present["rota_version"], conflict=True)


def _typed(form: Form) -> list[Row]:
    """Return the rows of the form, in their order."""
    places = sorted(int(found[1]) for name, _ in form.fields if (found := _ORDER.fullmatch(name)))
    rows = []
    for place in dict.fromkeys(places):
        order = form.get(f"entries[{place}].order")
        typed = (form.get(f"entries[{place}].{name}") for name in ("person", "minutes"))
        rows.append(Row(int(order) if order.isdecimal() and len(order) < 3 else place + 1, *typed))  # noqa: PLR2004  # longer is no place or minute; the rules say so
    return sorted(rows, key=lambda row: row.order)[:_MOST_ROWS]


def _rearranged(rows: list[Row], pressed: str) -> tuple[list[Row], str]:
    """Return the rows after a press, and the control that should have the focus then.

    A row that moves changes places, not orders: a call under way remembers the order that it has come to.
    """
    if pressed == "add" and len(rows) < _MOST_ROWS:
        order = rows[-1].order + 1 if rows else 1
        rows = [*rows, Row(order)] if order <= _MOST_ORDER else [*_renumbered(rows), Row(len(rows) + 1)]
        return rows, f"person-{len(rows) - 1}"
    found = _MOVE.fullmatch(pressed)
    if found is None or int(found[2]) >= len(rows):
        return rows, ""
    verb, place = found[1], int(found[2])
    if verb == "remove":
        left = rows[:place] + rows[place + 1 :]
        return left, f"remove-{min(place, len(left) - 1)}" if left else "add"
    other = place - 1 if verb == "up" else place + 1
    if not 0 <= other < len(rows):
        return rows, f"{verb}-{place}"
    moved = list(rows)
    moved[place] = replace(rows[other], order=rows[place].order)
    moved[other] = replace(rows[place], order=rows[other].order)
    at_the_end = other == 0 if verb == "up" else other == len(rows) - 1
    return moved, f"{'down' if verb == 'up' else 'up'}-{other}" if at_the_end else f"{verb}-{other}"


def _renumbered(rows: list[Row]) -> list[Row]:
    return [replace(row, order=number) for number, row in enumerate(rows, 1)]


def _document(rows: list[Row]) -> dict[str, Any]:
    """Return the rows as the API takes them: a row without a person is a step that nobody has."""
    return {
        "entries": [
            {
                "order": row.order,
                "person": row.person.lower() or None,
                "minutes": (int(row.minutes) if row.minutes.isdecimal() and len(row.minutes) < 6 else row.minutes)  # noqa: PLR2004  # longer is no place or minute; the rules say so
                or None,
            }
            for row in rows
        ]
    }


def _form(
    request: Request,
    who: Account,
    look: Look,
    row: Any,
    rows: list[Row],
    version: int,
    *,
    wrong: dict[str, str] | None = None,
    conflict: bool = False,
    focus: str = "",
) -> Response:
    status = 422 if wrong else 412 if conflict else 200
    people = sorted({each["person"] for each in row["rota"] if each["person"]})
    return look.page(
        request,
        "rota_edit.html",
        who,
        status=status,
        centre=centre_views.centre(row),
        rows=rows,
        version=version,
        wrong=wrong or {},
        theirs=_rows_of(row["rota"]) if conflict else None,
        focus=focus,
        people=people,
        address=f"{_EDIT}?centre={row['code']}",
    )
