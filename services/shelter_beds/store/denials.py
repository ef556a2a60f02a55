"""The ledger of requests that found no room."""

from __future__ import annotations

from collections.abc import Mapping

from services.shelter_beds.domain.matching import totals
from services.shelter_beds.domain.placement import Placement
from services.shelter_beds.tables import DENIAL
from shared.ids import new_id
from shared.storage.transaction import Transaction
from shared.storage.upsert import on_both

_KEEP = on_both(
    DENIAL, lambda insert: insert.on_conflict_do_nothing(index_elements=[DENIAL.c.incident, DENIAL.c.request])
)


def keep(tx: Transaction, denied: Placement, candidates: Mapping[str, Mapping[str, int]]) -> None:
    """Keep that a request found no room, the first time it did not."""
    row = {
        "id": new_id(),
        "at": tx.now,
        "jurisdiction": denied.jurisdiction,
        "incident": denied.incident,
        "request": denied.request,
        "shadow": denied.shadow,
        "people": denied.people,
        "excluded": totals(candidates),
        "candidates": {shelter: dict(rules) for shelter, rules in candidates.items()},
    }
    tx.on_both(_KEEP, row)
