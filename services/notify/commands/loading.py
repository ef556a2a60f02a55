"""Loading a jurisdiction: what is new is added, what differs is changed, what is gone is retired unless in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table

from services.notify.store import handovers, notices, roster
from services.notify.tables import CENTRE, MUNICIPALITY, OFFICE
from shared.contracts.jurisdiction import Part
from shared.contracts.jurisdiction_sections import NotifySection
from shared.errors import Conflict, FieldError, Invalid
from shared.storage.transaction import Transaction
from shared.web.jurisdictions import Loaded


@dataclass(frozen=True)
class _Difference:
    """What a document changes about one kind of thing, by code."""

    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]

    @property
    def moved(self) -> Sequence[str]:
        """Whatever must be written."""
        return (*self.added, *self.changed)


def load(tx: Transaction, section: NotifySection) -> Loaded:
    """Bring centres and offices to what the document says, in one transaction.

    A rota that its staff have changed is theirs: the document's is taken only until then.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    _check_owners(tx, section)
    places = {each.code: {"code": each.code, "name": dict(each.name)} for each in section.municipalities}
    parts = [
        _load_head(tx, section),
        _load_rows(tx, section.code, MUNICIPALITY, places),
        _load_rows(tx, section.code, OFFICE, _rows(section.child_protection)),
        _load_centres(tx, section),
    ]
    roster.rebuild_areas(tx, section.code)
    for waiting in (handovers, notices):
        waiting.look_again(tx, [centre.code for centre in section.centres])
    return Loaded(
        added=sum(len(part.added) for part in parts),
        changed=sum(len(part.changed) for part in parts),
        removed=sum(len(part.removed) for part in parts),
    )


def _unknown_references(section: NotifySection) -> Iterator[FieldError]:
    """The sender has checked the whole document; a section that reaches the store must still hold together."""
    known = {each.code for each in section.municipalities}
    for number, centre in enumerate(section.centres):
        if not known.issuperset(centre.serves):
            yield FieldError(f"centres.{number}.serves", "names a municipality that is not in the document")
    for number, office in enumerate(section.child_protection):
        if not known.issuperset(office.municipalities):
            message = "names a municipality that is not in the document"
            yield FieldError(f"child_protection.{number}.municipalities", message)


def _check_owners(tx: Transaction, section: NotifySection) -> None:
    """Codes are unique in a deployment: accounts belong to a centre by its code."""
    wanted: Mapping[str, tuple[Table, Sequence[Any]]] = {
        "Centre": (CENTRE, section.centres),
        "Office": (OFFICE, section.child_protection),
        "Municipality": (MUNICIPALITY, section.municipalities),
    }
    for kind, (table, parts) in wanted.items():
        for code, owner in roster.owners(tx, table, [part.code for part in parts]).items():
            if owner != section.code:
                raise Conflict(f"{kind} {code} belongs to jurisdiction {owner}. Choose another code.")


def _load_head(tx: Transaction, section: NotifySection) -> _Difference:
    wanted = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "centre_accepted": section.deadlines.centre_accepted,
        "centre_done": section.deadlines.centre_done,
        "rota_step": section.deadlines.rota_step,
    }
    known = roster.head(tx, section.code)
    difference = _difference({section.code: dict(known)} if known else {}, {section.code: wanted})
    if difference.moved:
        roster.put_head(tx, wanted)
    return difference


def _load_rows(tx: Transaction, jurisdiction: str, table: Table, wanted: roster.Rows) -> _Difference:
    difference = _difference(roster.present(tx, table, jurisdiction), wanted)
    if table is MUNICIPALITY and (busy := handovers.live_in(tx, difference.removed)) is not None:
        raise Conflict(f"Municipality {busy} has a handover under way. Load again when that has ended.")
    roster.put(tx, table, jurisdiction, [wanted[code] for code in difference.moved])
    roster.forget(tx, table, jurisdiction, difference.removed)
    return difference


def _load_centres(tx: Transaction, section: NotifySection) -> _Difference:
    known = roster.present(tx, CENTRE, section.code)
    wanted = {code: {**row, **_rota(known.get(code), row)} for code, row in _rows(section.centres).items()}
    difference = _difference(known, {code: {**row, "by_hand": False} for code, row in wanted.items()})
    if (busy := handovers.live_at(tx, difference.removed)) is not None:
        raise Conflict(f"Centre {busy} has a handover under way. Load again when that has ended.")
    roster.put_centres(tx, section.code, [wanted[code] for code in difference.moved], by_hand=False)
    roster.retire(tx, difference.removed)
    return difference


def _rota(known: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    changed_by_its_staff = known is not None and known["rota_by_hand"]
    rota = known["rota"] if known is not None and changed_by_its_staff else row["rota"]
    return {"rota": rota, "rota_by_hand": changed_by_its_staff}


def _rows(parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json") for part in parts)
    return {row["code"]: row for row in rows}


def _difference(known: roster.Rows, wanted: roster.Rows) -> _Difference:
    """Compare rows by the fields that are wanted; what was made by hand is not the document's to remove."""
    return _Difference(
        added=[code for code in wanted if code not in known],
        changed=[
            code
            for code, row in wanted.items()
            if code in known and any(known[code][name] != value for name, value in row.items())
        ],
        removed=[code for code, row in known.items() if code not in wanted and not row.get("by_hand")],
    )
