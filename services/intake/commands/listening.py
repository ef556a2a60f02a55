"""What the others say: their answers move the legs, their steps fill the timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.intake.commands.saying import say_leg_changed
from services.intake.commands.updating import apply
from services.intake.domain import asking, legs
from services.intake.domain.case import Case
from services.intake.domain.merging import scene_as_facts, with_risk, with_scene
from services.intake.store import areas, cases, records
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
        case = cases.load(tx, about.incident)
    except NotFound:
        return  # restored from an older copy, or another deployment's: nothing here waits for it
    kind, read = _READ[type(state)]
    leg = case.legs[kind]
    after_leg = leg
    # A notice does not answer for a handover that was asked for as well.
    if read is not None or leg.request == 0:
        after_leg = replace(leg, quoted=max(leg.quoted, about.incident_version))
    if heard.news:
        records.hear_steps(tx, case.id, heard.entity, about.steps)
        if read is not None and not _is_older(leg, heard):
            after_leg = _moved(tx, case, after_leg, heard, read(heard.entity, state))
    elif after_leg == leg:
        return
    after = _asked_enough(tx, case.with_leg(after_leg))
    scene = _scene(heard) if heard.news else None
    if scene is not None and case.scene != scene:
        after = learned_from_scene(after, scene)
        if case.state is IncidentState.OPEN:
            apply(tx, case, after, Role.CREW.value)
            return
    cases.save(tx, case, after)  # what is reported of an incident that has ended is kept, and begins nothing
    if _shows(leg) != _shows(after_leg):
        say_leg_changed(tx, after)


def _moved(tx: Transaction, case: Case, leg: legs.Leg, heard: Heard, answered: legs.Answered) -> legs.Leg:
    """Return the leg as the newest entity leaves it; an answer to an older request leaves it as it was."""
    deadlines = areas.area(tx.connection, case.jurisdiction).deadlines
    after = legs.heard(leg, answered, tx.now, deadlines)
    if after is leg:
        return leg
    after = replace(after, entity=heard.entity, entity_version=heard.version)
    return replace(after, due_at=None, overdue=False) if case.state is IncidentState.CANCELLED else after


def learned_from_scene(case: Case, scene: dict[str, object]) -> Case:
    """Merge what the crew reported upward into the incident."""
    facts = SceneFacts.model_validate(scene)
    danger = case.danger.learned(scene_as_facts(facts, case.danger.instrument))
    return replace(
        case,
        scene=scene,
        danger=danger,
        facts=with_risk(with_scene(case.facts, facts), danger),
        seen_alone=facts.seen_alone or case.seen_alone,
    )


def _asked_enough(tx: Transaction, case: Case) -> Case:
    """Stop asking once everybody has answered for this version; then only keep the unfinished alive."""
    if asking.lagging(case.legs, case.version, children=case.children_involved):
        return case
    return replace(case, next_ask_at=asking.after_answer(tx.now, promises_left=case.promises_left), asks=0)


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
