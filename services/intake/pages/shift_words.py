"""Names of what a supervisor sees and decides, as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.pages.words import N_

SHIFT_WORDS: Mapping[str, Mapping[str, str]] = {
    "unmet_reason": {
        "no_unit_available": N_("no unit is free"),
        "no_unit_outside_directorate": N_("no unit outside his directorate is free"),
        "no_station": N_("no station answers for this place"),
        "no_room": N_("no room fits"),
        "no_shelter": N_("no shelter is known here"),
        "child_alone": N_("a child alone: child protection decides"),
        "wheelchair": N_("no room for a wheelchair"),
        "no_centre": N_("no centre serves this place"),
    },
    "decision": {
        "leg.police.waive": N_("police waived"),
        "leg.shelter.waive": N_("shelter waived"),
        "leg.centre.waive": N_("centre waived"),
        "risk.override": N_("danger set by decision"),
        "incident.close.override": N_("closed with promises not kept"),
    },
    "who_decided": {"victim": N_("She did"), "supervisor": N_("I do, as supervisor")},
    "leg_step": {
        "police.answered": N_("A unit is assigned"),
        "police.accepted": N_("The crew acknowledges"),
        "shelter.answered": N_("A room is held"),
        "shelter.accepted": N_("The shelter confirms"),
        "centre.answered": N_("The handover is offered"),
        "centre.accepted": N_("A human acknowledges the handover"),
    },
    "outcome": {
        "resolved": N_("resolved"),
        "unmet_need": N_("need not met"),
        "no_violence_found_on_scene": N_("no violence found on scene"),
        "not_located": N_("not located"),
        "declined_help": N_("declined help"),
        "duplicate": N_("duplicate"),
        "transferred": N_("transferred"),
    },
    "scenario": {
        "neighbour_hears": N_("A neighbour hears it"),
        "silent_call": N_("A silent call"),
        "large_family": N_("A family that no room fits"),
        "policeman": N_("He is a policeman"),
    },
    "scenario_trains": {
        "neighbour_hears": N_("He is there, a child is with her: everybody at once, and child protection."),
        "silent_call": N_("She cannot speak and was choked: an ambulance must be called by hand."),
        "large_family": N_("Two adults, eight children, a wheelchair: what to do when no room fits."),
        "policeman": N_("A unit of another directorate is sent; no station is a meeting point."),
    },
    "scenario_story": {
        "neighbour_hears": N_("DRILL. A neighbour hears shouting and a child crying. The man is still inside."),
        "silent_call": N_("DRILL. Nobody speaks; taps on the receiver answer yes and no. He has choked her."),
        "large_family": N_("DRILL. She has left with her mother and eight children; her mother uses a wheelchair."),
        "policeman": N_("DRILL. Her brother calls: her husband is a policeman and has threatened to kill her."),
    },
    "said": {
        "risk_set": N_("The level of danger is set. Everybody on the incident sees it now."),
        "leg_waived": N_("The promise is taken back. Whoever was on it is told now."),
        "leg_asked": N_("Asked again. The answer appears here by itself."),
        "override_closed": N_("Closed. Your reason is kept with the incident."),
        "drill_started": N_("The drill runs. Nobody real is sent, held or paged."),
        "drill_ended": N_("The drill is over; what stood in for units and rooms is free again."),
    },
}

DRILL_OVER = N_("The drill is over.")
"""The reason that is kept with a drill which was ended from its page."""
