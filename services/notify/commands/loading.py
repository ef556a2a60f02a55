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
from shared.errors import FieldError, Invalid
from shared.loading import Difference, Loaded, Plan, Preview, Remark
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_


def plan(tx: Transaction, section: NotifySection) -> Plan:
    """Bring centres and offices to what the document says, in one transaction.

    A rota that its staff have changed is theirs: the document's is taken only until then. What stands in the way: a
    code that belongs to another jurisdiction, or what would be retired and is in use.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    found = _compared(tx, section)
    differences = (found.head, found.municipalities, found.offices, found.centres)
    obstacles = [*_taken_codes(tx, section), *_in_use(tx, found)]

    def write() -> None:
        _write(tx, section.code, found)
        for waiting in (handovers, notices):
            waiting.look_again(tx, [centre.code for centre in section.centres])

    return Plan(Preview(Loaded(differences, list(_warnings(found.centres, section))), obstacles), write)


@dataclass(frozen=True)
class _Compared:
    """What a document changes, kind by kind."""

    head: Difference[str]
    municipalities: Difference[str]
    offices: Difference[str]
    centres: Difference[str]


def _compared(tx: Transaction, section: NotifySection) -> _Compared:
    head = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "centre_accepted": section.deadlines.centre_accepted,
        "centre_done": section.deadlines.centre_done,
        "rota_step": section.deadlines.rota_step,
    }
    known = roster.head(tx, section.code)
    centres = roster.present(tx, CENTRE, section.code)
    wanted = {
        code: {**row, **_rota(centres.get(code), row), "by_hand": False} for code, row in _rows(section.centres).items()
    }
    return _Compared(
        Difference.between("jurisdiction", {section.code: dict(known)} if known else {}, {section.code: head}),
        Difference.between(
            "municipality",
            roster.present(tx, MUNICIPALITY, section.code),
            {each.code: {"code": each.code, "name": dict(each.name)} for each in section.municipalities},
        ),
        Difference.between("office", roster.present(tx, OFFICE, section.code), _rows(section.child_protection)),
        Difference.between("centre", centres, wanted),
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


def _taken_codes(tx: Transaction, section: NotifySection) -> Iterator[Remark]:
    """Codes are unique in a deployment: accounts belong to a centre by its code."""
    wanted: Sequence[tuple[Table, Sequence[Any], str]] = (
        (CENTRE, section.centres, N_("Centre %(code)s belongs to jurisdiction %(owner)s. Choose another code.")),
        (
            OFFICE,
            section.child_protection,
            N_("Office %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
        ),
        (
            MUNICIPALITY,
            section.municipalities,
            N_("Municipality %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
        ),
    )
    for table, parts, sentence in wanted:
        for code, owner in roster.owners(tx, table, [part.code for part in parts]).items():
            if owner != section.code:
                yield Remark(sentence, {"code": code, "owner": owner})


def _in_use(tx: Transaction, found: _Compared) -> Iterator[Remark]:
    for code in handovers.live_in(tx, found.municipalities.removed):
        yield Remark(
            N_("Municipality %(code)s has a handover under way. Load again when that has ended."), {"code": code}
        )
    for code in handovers.live_at(tx, found.centres.removed):
        yield Remark(N_("Centre %(code)s has a handover under way. Load again when that has ended."), {"code": code})


def _warnings(centres: Difference[str], section: NotifySection) -> Iterator[Remark]:
    for code, row in _rows(section.centres).items():
        known = centres.known.get(code)
        if known is not None and known["rota_by_hand"] and known["rota"] != row["rota"]:
            yield Remark(
                N_("The rota of %(code)s was changed by its staff: theirs stays, not the document's."), {"code": code}
            )
    yield from centres.taken_over()


def _write(tx: Transaction, jurisdiction: str, found: _Compared) -> None:
    if found.head.moved:
        roster.put_head(tx, found.head.wanted[jurisdiction])
    for table, kind in ((MUNICIPALITY, found.municipalities), (OFFICE, found.offices)):
        roster.put(tx, table, jurisdiction, [kind.wanted[code] for code in kind.moved])
        roster.forget(tx, table, jurisdiction, kind.removed)
    centres = found.centres
    roster.put_centres(tx, jurisdiction, [centres.wanted[code] for code in centres.moved], by_hand=False)
    roster.retire(tx, centres.removed)
    roster.rebuild_areas(tx, jurisdiction)


def _rota(known: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    changed_by_its_staff = known is not None and known["rota_by_hand"]
    rota = known["rota"] if known is not None and changed_by_its_staff else row["rota"]
    return {"rota": rota, "rota_by_hand": changed_by_its_staff}


def _rows(parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json") for part in parts)
    return {row["code"]: row for row in rows}
