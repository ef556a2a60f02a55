"""What ops do with a message that a service could not handle (the kernel's routes, seen at dispatch)."""

from __future__ import annotations

from shared.contracts.vocabulary import Role
from shared.messaging import dead_letters
from shared.messaging.dead_letters import DeadLetter
from tests.integration.dispatch.world import World
from tests.support.intake_voice import Incident, Said
from tests.support.world import ok, refused

BECAUSE = {"reason": "mended"}


async def _buried(world: World, said: Said, seq: int, reason: str = "keeps failing: KeyError") -> str:
    """Have a message lie among the dead letters; return its id there."""
    letter = DeadLetter("INTAKE", seq, said.subject, said.headers, said.body, reason)
    await world.service.chassis.runner.run(lambda tx: dead_letters.keep(tx, letter))
    listed = await ok(world.client(Role.OPS).get("/dead-letters", params={"limit": 200}))
    return next(str(item["id"]) for item in listed["items"] if item["seq"] == seq)


async def test_a_dead_letter_is_shown_without_what_it_says(world: World) -> None:
    incident = Incident(facts={"narrative": "не отваряй"})
    letter = await _buried(world, world.voice.says(incident), 1)
    listed = await ok(world.client(Role.ADMIN).get("/dead-letters"))
    shown = next(item for item in listed["items"] if item["id"] == letter)
    assert shown["type"] == "intake.incident.raised"
    assert shown["entity"] == incident.id
    assert shown["reason"] == "keeps failing: KeyError"
    assert not {"body", "headers"} & shown.keys()


async def test_replaying_a_dead_letter_has_the_effect_of_hearing_it_once(world: World) -> None:
    await world.load("north/N-1")
    incident = Incident()
    letter = await _buried(world, world.voice.says(incident), 2)
    ops = world.client(Role.OPS)
    settled = await ok(ops.post(f"/dead-letters/{letter}/replay", json=BECAUSE))
    assert settled["settled_as"] == "replayed"
    assert [job["state"] for job in await world.jobs(incident)] == ["assigned"]
    again = await ok(ops.post(f"/dead-letters/{letter}/replay", json=BECAUSE))
    assert again == settled
    assert len(await world.jobs(incident)) == 1
    waiting = await ok(ops.get("/dead-letters", params={"limit": 200}))
    assert letter not in [item["id"] for item in waiting["items"]]


async def test_what_still_cannot_be_read_stays_a_dead_letter_and_says_why(world: World) -> None:
    said = Said("zakrila.TST.intake.incident.raised", {"ce-type": "intake.incident.raised", "ce-id": "x"}, b"{")
    letter = await _buried(world, said, 3)
    ops = world.client(Role.OPS)
    problem = await refused(ops.post(f"/dead-letters/{letter}/replay", json=BECAUSE), 409)
    assert "not JSON" in problem["detail"]
    settled = await ok(ops.post(f"/dead-letters/{letter}/discard", json={"reason": "not_ours"}))
    assert settled["settled_as"] == "discarded"
    listed = await ok(ops.get("/dead-letters", params={"settled": "true", "limit": 200}))
    assert letter in [item["id"] for item in listed["items"]]


async def test_a_discarded_dead_letter_is_not_replayed(world: World) -> None:
    letter = await _buried(world, world.voice.says(Incident()), 4)
    ops = world.client(Role.OPS)
    await ok(ops.post(f"/dead-letters/{letter}/discard", json={"reason": "not_ours"}))
    problem = await refused(ops.post(f"/dead-letters/{letter}/replay", json=BECAUSE), 409)
    assert (problem["from"], problem["to"]) == ("discarded", "replayed")


async def test_only_ops_and_administrators_see_dead_letters(world: World) -> None:
    for role in set(Role) - {Role.OPS, Role.ADMIN}:
        await refused(world.client(role).get("/dead-letters"), 403)
    await refused(world.client(Role.OPS).post("/dead-letters/none/replay", json=BECAUSE), 404)
