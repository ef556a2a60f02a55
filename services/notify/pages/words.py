"""Names of notify's own states, reasons and causes, as people read them."""

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
    "handover_step": {
        "offered": N_("Offered to the centre"),
        "acknowledged": N_("Acknowledged"),
        "accepted": N_("Accepted"),
        "completed": N_("Completed"),
        "declined": N_("Declined"),
        "cancelled": N_("Cancelled"),
        "escalated": N_("Next person called"),
        "sent": N_("Sent"),
    },
    "role": {"notify": N_("by rule")},
    "attention": {
        "nobody_on_call": N_("The rota names nobody, so nobody is being called. Whoever reads this: acknowledge it."),
        "nobody_answered": N_("Everybody on the rota was called in vain. The calling has begun again."),
        "forgotten": N_("It was acknowledged and then not accepted in time. Somebody must take it on now."),
        "no_office": N_("No child-protection office is known for this municipality. Ring the one you know."),
        "not_acknowledged": N_("Nobody has said yet that the office knows."),
    },
    "reason": {
        "no_centre": N_("No centre serves this municipality."),
        "every_centre_declined": N_("Every centre has declined."),
        "incident_cancelled": N_("The incident was cancelled."),
        "waived": N_("A centre is not wanted any more."),
        "asked_anew": N_("It was asked anew, and another centre comes first there."),
        "made_actual": N_("The drill became real and began anew."),
        "full": N_("We have no capacity"),
        "nobody_available": N_("Nobody is there now"),
        "out_of_area": N_("Not our area"),
        "knows_a_party": N_("Somebody here knows her or him"),
        "no_common_language": N_("Nobody speaks her language"),
        "other": N_("Another reason"),
    },
    "notice_state": {
        "sent": N_("nobody has confirmed yet"),
        "acknowledged": N_("the office knows"),
        "cancelled": N_("taken back"),
    },
    "delivery_state": {
        "queued": N_("being sent"),
        "sent": N_("sent to the console"),
        "delivered": N_("shown on the console"),
        "failed": N_("not sent"),
        "simulated": N_("simulated: a drill pages nobody"),
    },
    "delivery_reason": {"no_longer_wanted": N_("somebody had answered before")},
    "cause": {
        "offered": N_("a handover was offered"),
        "escalated": N_("nobody answered before"),
        "forgotten": N_("acknowledged, then forgotten"),
        "overdue": N_("the promise is late"),
        "child": N_("a child is involved"),
    },
    "not_done": {
        "acknowledge": N_("Your press changed nothing: a colleague was faster, or it has ended."),
        "accept": N_("It was not accepted by you: a colleague was faster, or it has ended."),
        "decline": N_("It was not declined: it was changed while you were looking at it."),
        "complete": N_("It was not completed: it is not accepted, or it has ended."),
        "notice": N_("Your press changed nothing: the notice was taken back, or changed meanwhile."),
    },
    "said": {
        "acknowledged": N_("Acknowledged. The operator sees it now."),
        "accepted": N_("Accepted. The operator sees it now."),
        "declined": N_("Declined. The next centre is offered it now; without one, the operator is told."),
        "completed": N_("Completed. It stands among the ended ones."),
        "colleague-acknowledged": N_("A colleague was faster: it was acknowledged already."),
        "colleague-accepted": N_("A colleague was faster: it was accepted already."),
        "notice-acknowledged": N_("Noted: the child-protection office knows."),
        "rota-saved": N_("The rota is saved. It counts for whoever is called from now on."),
        "centre-made": N_("The centre is made. Its staff keep its rota."),
        "centre-saved": N_("The centre is saved."),
    },
}

DECLINE_REASONS = ("full", "nobody_available", "out_of_area", "knows_a_party", "no_common_language", "other")
"""What a centre can give as its reason, in the order of the list."""
