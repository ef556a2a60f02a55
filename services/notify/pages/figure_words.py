"""Names of handovers' states, as figures show them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

FIGURE_WORDS: Mapping[str, Mapping[str, str]] = {
    "handover_count": {
        "offered": N_("offered, nobody answered yet"),
        "acknowledged": N_("acknowledged"),
        "accepted": N_("accepted"),
        "completed": N_("completed"),
        "declined": N_("declined"),
        "cancelled": N_("cancelled"),
    },
}
