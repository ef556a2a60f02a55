"""Names of notify's own states and reasons, as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

WORDS: Mapping[str, Mapping[str, str]] = {
    "handover_state": {
        "offered": N_("offered"),
        "acknowledged": N_("acknowledged"),
        "accepted": N_("accepted"),
        "completed": N_("completed"),
        "declined": N_("declined"),
        "cancelled": N_("cancelled"),
    },
    "said": {
        "acknowledged": N_("Acknowledged. The operator sees it now."),
        "accepted": N_("Accepted. The operator sees it now."),
    },
}
