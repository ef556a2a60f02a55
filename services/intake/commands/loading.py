"""Loading a jurisdiction: the area served, its deadlines, its numbers."""

from __future__ import annotations

from services.intake.store import areas
from shared.contracts.jurisdiction_sections import IntakeSection
from shared.storage.transaction import Transaction
from shared.web.jurisdictions import Loaded


def load(tx: Transaction, section: IntakeSection) -> Loaded:
    """Put a jurisdiction in the place of what was known of it."""
    before = areas.place_codes(tx, section.code)
    areas.replace_jurisdiction(tx, section)
    after = areas.place_codes(tx, section.code)
    return Loaded(added=len(after - before), changed=len(after & before), removed=len(before - after))
