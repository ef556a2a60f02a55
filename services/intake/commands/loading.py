"""Loading a jurisdiction: the area served, its deadlines, its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.intake.store import areas, names
from shared.contracts.jurisdiction_sections import IntakeSection
from shared.loading import Difference, Loaded, Plan, Preview, Remark
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_

_HEAD = ("name", "country", "languages", "deadlines")


def plan(tx: Transaction, section: IntakeSection) -> Plan:
    """Put a jurisdiction in the place of what was known of it, unless a place belongs to another."""
    preview = Preview(Loaded(_compared(tx, section)), list(_taken_codes(tx, section)))
    return Plan(preview, lambda: areas.replace_jurisdiction(tx, section))


def _compared(tx: Transaction, section: IntakeSection) -> tuple[Difference[str], ...]:
    wanted = section.model_dump(mode="json", include={*_HEAD, "duty_phones"})
    known = areas.head(tx, section.code)
    present, places = areas.places(tx, section.code), areas.place_rows(section)
    return (
        Difference.between("jurisdiction", _by_code(section.code, known, _HEAD), _by_code(section.code, wanted, _HEAD)),
        *(
            Difference.between(kind, _of_kind(present, kind), _of_kind(places, kind))
            for kind in (names.MUNICIPALITY, names.SETTLEMENT)
        ),
        Difference.between(
            "duty_phones",
            _by_code(section.code, known, ("duty_phones",)),
            _by_code(section.code, wanted, ("duty_phones",)),
        ),
        Difference.between(
            "organisation_number",
            {number: {} for number in areas.numbers(tx, section.code)},
            {number: {} for number in section.organisation_numbers},
        ),
    )


def _by_code(code: str, row: Mapping[str, Any] | None, fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {code: {name: row[name] for name in fields}} if row else {}


def _of_kind(rows: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in rows if row["kind"] == kind}


def _taken_codes(tx: Transaction, section: IntakeSection) -> Iterator[Remark]:
    for code, owner in areas.other_owners(tx, section):
        yield Remark(
            N_("Place %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
            {"code": code, "owner": owner},
        )
