"""Names of jobs' states, as figures show them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

FIGURE_WORDS: Mapping[str, Mapping[str, str]] = {
    "job_count": {
        "queued": N_("waiting for a unit"),
        "assigned": N_("assigned"),
        "acknowledged": N_("acknowledged"),
        "en_route": N_("on the way"),
        "on_scene": N_("on scene"),
        "transporting": N_("carrying the family"),
        "delivered": N_("family delivered"),
        "cleared": N_("cleared"),
        "cancelled": N_("cancelled"),
    },
}
