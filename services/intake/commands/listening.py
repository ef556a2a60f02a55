"""What the others say: their answers move the legs, their steps fill the timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.intake import store
from services.intake.commands.saying import say_leg_changed
from services.intake.commands.updating import apply
from services.intake.domain import asking, legs
from services.intake.domain.case import Case
from services.intake.domain.merging import scene_as_facts, with_answers, with_scene
from services.intake.figures import measure_answer
from shared.contracts.events import HandoverPublic, JobPublic, NoticePublic, PlacementPublic
from shared.contracts.facts import SceneFacts
from shared.contracts.sealed import FromScene
from shared.contracts.vocabulary import IncidentState, LegKind, Role
from shared.errors import NotFound
from shared.messaging.inbox import Heard
from shared.storage.transaction import Transaction

AnyPublic = JobPublic | PlacementPublic | HandoverPublic | NoticePublic


def answer(tx: Transaction, heard: Heard, state: AnyPublic) -> None:
    """Take in the present state of a job, placement, handover or notice."""
    about = heard.about
    try:
        case = store.load(tx, about.incident)
    except NotFound:
        return  # restored from an older copy, or another deployment's: nothing here waits for it
    store.hear_steps(tx, case.id, heard.entity, about.steps)
    kind, read = _READ[type(state)]
    leg = case.legs[kind]
    after_leg = replace(leg, quoted=max(leg.quoted, about.incident_version))
    if read is not None and not _is_older(leg, heard):
        deadlines = store.area(tx.connection, case.jurisdiction).deadlines
        after_leg = legs.heard(after_leg, read(heard.entity, state), tx.now, deadlines)
        measure_answer(tx, case, leg, after_leg)
        if after_leg.attempt != leg.attempt or leg.entity is None or heard.entity == leg.entity:
            after_leg = replace(after_leg, entity=heard.entity, entity_version=heard.version)
    if case.state is IncidentState.CANCELLED:
        after_leg = replace(after_leg, due_at=None, overdue=False)
    after = _asked_enough(tx, case.with_leg(after_leg))
    scene = _scene(heard)
    if scene is not None and case.scene != scene and case.state is IncidentState.OPEN:
        learn_from_scene(tx, case, after, scene)
        return
    store.save(tx, case, after)
    if _shows(leg) != _shows(after_leg):
        say_leg_changed(tx, after)


def learn_from_scene(tx: Transaction, before: Case, after: Case, scene: dict[str, object]) -> None:
    """Merge what the crew reported upward into the incident."""
    facts = SceneFacts.model_validate(scene)
    danger = after.danger.learned(scene_as_facts(facts).model_copy(update={"risk": after.typed.risk})).answered(
        facts.risk
    )
    typed = with_scene(after.facts, facts)
    after = replace(
        after,
        scene=scene,
        danger=danger,
        facts=with_answers(typed, danger.instrument, danger.answers) if danger.answers else typed,
        seen_alone=facts.seen_alone or after.seen_alone,
    )
    apply(tx, before, after, Role.CREW.value)


def _asked_enough(tx: Transaction, case: Case) -> Case:
    """Stop asking once everybody has answered for this version; then only keep the unfinished alive."""
    if asking.lagging(case.legs, case.version, children=case.children_involved):
        return case
    cancelled = case.state is IncidentState.CANCELLED
    return replace(case, next_ask_at=asking.after_answer(tx.now, case.legs, cancelled=cancelled), asks=0)


def _is_older(leg: legs.Leg, heard: Heard) -> bool:
    """Say whether the leg already shows this entity at this or a later version."""
    return leg.entity == heard.entity and leg.entity_version >= heard.version


def _scene(heard: Heard) -> dict[str, object] | None:
    if heard.personal is None:
        return None
    return FromScene.model_validate(heard.personal).scene.model_dump(mode="json", exclude_defaults=True) or None


def _shows(leg: legs.Leg) -> legs.Leg:
    """Return a leg without what nobody sees change."""
    return replace(leg, quoted=0, entity_version=0)


_READ: dict[type, tuple[LegKind, Callable[..., legs.Answered] | None]] = {
    JobPublic: (LegKind.POLICE, legs.from_job),
    PlacementPublic: (LegKind.SHELTER, legs.from_placement),
    HandoverPublic: (LegKind.CENTRE, legs.from_handover),
    NoticePublic: (LegKind.CENTRE, None),
}
