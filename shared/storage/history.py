"""The steps of entities, as lists and pages show them beside the present state."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from shared.storage import kernel

_STEP = kernel.step
_SHOWN = (_STEP.c.version, _STEP.c.type, _STEP.c.at, _STEP.c.by, _STEP.c.step)


def steps_of_each(connection: Connection, entities: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each entity, oldest first; an entity without any is left out."""
    steps: dict[str, list[dict[str, Any]]] = {}
    query = (
        select(_STEP.c.entity, *_SHOWN).where(_STEP.c.entity.in_(entities)).order_by(_STEP.c.entity, _STEP.c.version)
    )
    for row in connection.execute(query).mappings() if entities else ():
        steps.setdefault(row["entity"], []).append({column.name: row[column.name] for column in _SHOWN})
    return steps
