"""The rows in which an account's roles are chosen, without any script: those it holds, and some to fill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.web.pages.forms import Form
from shared.web.pages.words import N_

_MOST = 64
_TO_FILL = 2
_WRONG = {
    "": N_("This role stands here twice."),
    ".organisation": N_(
        "Choose where: dispatchers and crews in a station, shelter and centre staff in theirs, others in a whole"
        " mechanism; everywhere, only administrators, operations and auditors."
    ),
    ".unit": N_("A crew, and nobody else, names its unit."),
}
"""What is said of a row, by the part of it that was not accepted."""


def roles_in(form: Form) -> list[dict[str, str]]:
    """Return the roles of the rows that name one; a row whose role was taken out is gone."""
    rows = (
        {part: form.get(f"roles[{number}].{part}") for part in ("role", "organisation", "unit")}
        for number in range(_MOST + _TO_FILL)
    )
    return [{part: said for part, said in row.items() if said} for row in rows if row["role"]]


def rows_of(roles: Sequence[Mapping[str, str]], wrong: Collection[str]) -> list[dict[str, Any]]:
    """Return a row for each role, with what was not accepted about it, and some empty ones.

    Args:
        roles: in the order in which they were sent.
        wrong: the fields that were not accepted, for instance ``roles.0.unit``.
    """
    rows = [
        {
            "role": role["role"],
            "organisation": role.get("organisation", ""),
            "unit": role.get("unit", ""),
            "wrong": [said for part, said in _WRONG.items() if f"roles.{number}{part}" in wrong],
        }
        for number, role in enumerate(roles)
    ]
    return rows + [{"role": "", "organisation": "", "unit": "", "wrong": []} for _ in range(_TO_FILL)]


def groups(organisations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return organisations by jurisdiction, each group under the name of its mechanism."""
    found: dict[str, dict[str, Any]] = {}
    for each in organisations:
        group = found.setdefault(each["jurisdiction"], {"name": each["name"], "items": []})
        group["items"].append(each)
    return list(found.values())
