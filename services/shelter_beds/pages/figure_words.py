"""Names of rooms' states and of the rules that exclude one, as figures show them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

FIGURE_WORDS: Mapping[str, Mapping[str, str]] = {
    "room_count": {
        "occupied": N_("occupied"),
        "held": N_("held"),
        "free": N_("free"),
        "out_of_service": N_("out of service"),
    },
    "rule": {
        "held": N_("held for another family"),
        "occupied": N_("occupied"),
        "out_of_service": N_("out of service"),
        "size": N_("too few beds"),
        "tried": N_("tried already, in vain"),
        "safety": N_("not safe from him"),
        "adults": N_("not for adults of this sex"),
        "oldest_boy": N_("a boy is too old for it"),
        "children_max": N_("too many children"),
        "mobility": N_("not for her mobility"),
        "medical": N_("not for acute medical need"),
        "pets": N_("no pets"),
        "languages": N_("no common language"),
        "documents": N_("papers are asked for"),
        "no_shelter": N_("no shelter is known here"),
    },
}
