"""Names of identity's own states, and what it says was done."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

WORDS: Mapping[str, Mapping[str, str]] = {
    "said": {
        "signed-out": N_("You are signed out. This browser keeps nothing of you."),
    },
}
