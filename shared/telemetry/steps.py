"""What a step means, in a sentence a person reads in a timeline."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "intake.incident.raised": ("сигналът е приет", "incident raised"),
    "intake.incident.updated": ("сигналът е допълнен", "incident updated"),
    "intake.incident.closed": ("сигналът е приключен", "incident closed"),
    "intake.incident.cancelled": ("сигналът е отменен", "incident cancelled"),
    "intake.leg.overdue": ("срокът по ангажимент изтече", "a promise is overdue"),
    "dispatch.job.queued": ("няма свободен екип; изчаква", "no unit free; queued"),
    "dispatch.job.assigned": ("определен е екип", "unit assigned"),
    "dispatch.job.acknowledged": ("екипът потвърди", "unit acknowledged"),
    "dispatch.job.declined": ("екипът отказа", "unit declined"),
    "dispatch.job.reassigned": ("определен е друг екип", "another unit assigned"),
    "dispatch.job.en_route": ("екипът пътува", "unit on its way"),
    "dispatch.job.on_scene": ("екипът е на място", "unit on scene"),
    "dispatch.job.transporting": ("екипът превозва семейството", "family on the way"),
    "dispatch.job.delivered": ("семейството е предадено", "family delivered"),
    "dispatch.job.cleared": ("екипът приключи", "unit cleared"),
    "dispatch.job.cancelled": ("задачата на екипа е отменена", "job cancelled"),
    "dispatch.job.facts": ("екипът съобщи факти от място", "facts from the scene"),
    "shelter_beds.placement.waitlisted": ("няма подходяща стая; изчаква", "no fitting room; waitlisted"),
    "shelter_beds.placement.held": ("запазена е стая", "room held"),
    "shelter_beds.placement.extended": ("запазването е удължено", "hold extended"),
    "shelter_beds.placement.confirmed": ("кризисният център потвърди", "shelter confirmed"),
    "shelter_beds.placement.arrived": ("семейството е настанено", "family arrived"),
    "shelter_beds.placement.absent": ("семейството отсъства", "family absent"),
    "shelter_beds.placement.departed": ("семейството напусна", "family departed"),
    "shelter_beds.placement.released": ("стаята е освободена", "room released"),
    "shelter_beds.placement.expired": ("запазването изтече", "hold expired"),
    "shelter_beds.placement.declined": ("кризисният център отказа", "shelter declined"),
    "shelter_beds.placement.cancelled": ("настаняването е отменено", "placement cancelled"),
    "shelter_beds.placement.no_show": ("семейството не пристигна", "family did not arrive"),
    "shelter_beds.placement.attention": ("нужен е поглед на човек", "a human is asked to look"),
    "notify.handover.offered": ("случаят е предложен на център", "handover offered"),
    "notify.handover.acknowledged": ("центърът видя предаването", "handover acknowledged"),
    "notify.handover.accepted": ("центърът пое случая", "centre took the case on"),
    "notify.handover.declined": ("центърът отказа", "handover declined"),
    "notify.handover.completed": ("предаването приключи", "handover completed"),
    "notify.handover.escalated": ("търси се следващият по график", "next person on the rota called"),
    "notify.handover.cancelled": ("предаването е отменено", "handover cancelled"),
    "notify.notice.sent": ("уведомена е закрила на детето", "child protection told"),
    "notify.notice.acknowledged": ("закрила на детето потвърди", "child protection acknowledged"),
    "notify.notice.cancelled": ("уведомлението е отменено", "notice cancelled"),
}


def step_text(step_type: str, language: str) -> str:
    """Return a step's sentence in Bulgarian or, for every other language, English."""
    texts = _TEXTS.get(step_type)
    if texts is None:
        return step_type
    return texts[0] if language.lower().startswith("bg") else texts[1]


def english_texts() -> list[str]:
    """Return every sentence in English, for whoever translates them further."""
    return [english for _bulgarian, english in _TEXTS.values()]
