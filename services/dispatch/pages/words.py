"""Names of dispatch's states, steps and reasons, as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

DECLINED: Mapping[str, str] = {
    "other_emergency": N_("another emergency"),
    "too_far": N_("too far away"),
    "vehicle_fault": N_("the car does not go"),
    "needs_second_unit": N_("not without a second unit"),
}
"""Why a crew gives a job back."""
CLEARED: Mapping[str, str] = {
    "helped_on_scene": N_("helped on the spot"),
    "perpetrator_detained": N_("he was detained"),
    "family_delivered": N_("the family was brought to safety"),
    "nobody_found": N_("nobody was found"),
    "handed_over": N_("another unit goes on"),
}
"""How a job ended."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "job_state": {
        "queued": N_("waits for a unit"),
        "assigned": N_("assigned"),
        "acknowledged": N_("acknowledged"),
        "en_route": N_("on the way"),
        "on_scene": N_("on scene"),
        "transporting": N_("brings the family"),
        "delivered": N_("family delivered"),
        "cleared": N_("cleared"),
        "cancelled": N_("cancelled"),
    },
    "job_move": {
        "acknowledge": N_("Acknowledge"),
        "en_route": N_("On the way"),
        "on_scene": N_("On scene"),
        "transporting": N_("We bring the family"),
        "delivered": N_("Family delivered"),
        "clear": N_("Clear"),
    },
    "job_reason": {
        **DECLINED,
        **CLEARED,
        "no_station": N_("no station answers for this place"),
        "no_unit_available": N_("no unit is free"),
        "no_unit_outside_directorate": N_("no unit of another directorate is free"),
    },
    "attention": {
        "police_linked": N_("A perpetrator is linked to the police: only units of another directorate."),
        "not_acknowledged": N_("A unit did not acknowledge."),
        "declined": N_("A unit gave it back."),
        "reassigned": N_("It was given to another unit."),
    },
    "unit_state": {"available": N_("available"), "busy": N_("busy"), "off_duty": N_("off duty")},
    "placement_state": {
        "waitlisted": N_("no room yet"),
        "held": N_("room held, not confirmed"),
        "confirmed": N_("room confirmed"),
        "arrived": N_("family arrived"),
        "absent": N_("family absent"),
        "departed": N_("family departed"),
        "released": N_("room given up"),
        "expired": N_("hold expired"),
        "declined": N_("shelter declined"),
        "cancelled": N_("cancelled"),
        "no_show": N_("did not arrive"),
    },
    "scene": {
        "injured": N_("Is anybody hurt?"),
        "perpetrator_present": N_("Is he here?"),
        "perpetrator_armed": N_("Is he armed?"),
        "seen_alone": N_("Did you speak with her alone?"),
        "decision_shelter": N_("Does she want the shelter?"),
    },
    "decision": {"accepts": N_("accepts"), "refuses": N_("refuses"), "undecided": N_("undecided")},
    "said": {
        "moved": N_("Done. The desk and the operator see it now."),
        "declined": N_("Given back. The next unit is asked."),
        "reassigned": N_("Given to the other unit, which must acknowledge."),
        "facts": N_("Reported. The operator sees it now."),
        "unit": N_("The unit was changed."),
        "position": N_("Your position was sent."),
        "made": N_("It was made."),
    },
}
