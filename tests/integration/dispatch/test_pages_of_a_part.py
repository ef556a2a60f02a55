"""What every part shows of itself (the kernel's pages, seen at dispatch)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from shared.contracts.vocabulary import Role
from shared.messaging import dead_letters
from shared.messaging.dead_letters import DeadLetter
from shared.storage import kernel
from shared.storage.backups import write_down
from tests.integration.dispatch.world import World, district
from tests.support.browser import Browser
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused

OPERATIONS = {Role.OPS, Role.ADMIN}


class Visitors:
    """Whoever looks at the pages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._browsers: dict[Role, Browser] = {}

    def __call__(self, role: Role) -> Browser:
        return self._browsers.setdefault(role, Browser(self.world.service, role))

    async def leave(self) -> None:
        for browser in self._browsers.values():
            await browser.http.aclose()


@pytest.fixture
async def visitor(world: World) -> AsyncIterator[Visitors]:
    """Whoever a test asks for, by role."""
    visitors = Visitors(world)
    yield visitors
    await visitors.leave()


async def _refuses_all_but(visitor: Visitors, allowed: set[Role], path: str) -> None:
    for role in set(Role) - allowed:
        said = await visitor(role).reads(path, 403)
        assert "Not allowed" in said


async def _buried(world: World, seq: int, narrative: str = "не отваряй") -> str:
    said = world.voice.says(Incident(facts={"narrative": narrative}))
    letter = DeadLetter("INTAKE", seq, said.subject, said.headers, said.body, "keeps failing: KeyError")
    await world.service.chassis.runner.run(lambda tx: dead_letters.keep(tx, letter))
    listed = await ok(world.client(Role.OPS).get("/dead-letters", params={"limit": 200}))
    return next(str(item["id"]) for item in listed["items"] if item["seq"] == seq)


async def test_a_part_says_how_it_is_and_what_it_waits_for(world: World, visitor: Visitors) -> None:
    said = await visitor(Role.OPS).reads("/part")
    is_sqlite = world.service.chassis.store.is_sqlite
    assert f"Store answers · {'SQLite' if is_sqlite else 'PostgreSQL'}" in said
    assert "Bus does not answer" in said
    assert "The bus does not answer: the other parts hear nothing of what is written here." in said
    assert "Clock of the bus not known" in said
    assert ("Clock of the database this part's own" in said) is is_sqlite
    assert "Last backup never" in said
    assert "0.1.0" in said
    await _refuses_all_but(visitor, OPERATIONS, "/part")


async def test_a_part_says_when_the_last_backup_was_made_and_how_large_it_was(world: World, visitor: Visitors) -> None:
    record = world.service.chassis.settings.last_backup
    write_down(record, datetime(2026, 3, 1, 2, 30, tzinfo=UTC), 12_300_000)
    said = await visitor(Role.ADMIN).reads("/part")
    assert "Last backup 1 Mar 2026, 04:30 · 12.3 MB" in said
    record.write_text("{")
    assert "Last backup never" in await visitor(Role.ADMIN).reads("/part")
    record.unlink()


async def test_a_dead_letter_is_shown_without_what_it_says_and_discarded_with_a_reason(
    world: World, visitor: Visitors
) -> None:
    letter = await _buried(world, 101)
    ops = visitor(Role.OPS)
    listed = await ops.reads("/dead-letters")
    assert "intake.incident.raised keeps failing: KeyError" in listed
    assert "не отваряй" not in listed
    one = await ops.reads(f"/dead-letters/{letter}")
    assert "INTAKE 101" in one
    assert "Not accepted" in await ops.sends(f"/dead-letters/{letter}/discard", status=422)
    done = await ops.sends(f"/dead-letters/{letter}/discard", {"reason": "not_ours"})
    assert "Discarded; it stays in the list of the settled for 30 days." in done
    assert "INTAKE 101" in await ops.reads("/dead-letters?settled=true")
    assert "discarded" in await ops.reads(f"/dead-letters/{letter}")
    trail = await ok(world.client(Role.AUDITOR).get("/audit", params={"entity": letter}))
    assert [(line["action"], line["reason"]) for line in trail["items"]] == [("dead_letter.discard", "not_ours")]


async def test_a_dead_letter_is_replayed_from_its_page(world: World, visitor: Visitors) -> None:
    await world.load("north/N-1")
    letter = await _buried(world, 102)
    ops = visitor(Role.OPS)
    assert "Handled once more." in await ops.sends(f"/dead-letters/{letter}/replay", {"reason": "mended"})
    assert "is “replayed” now" in await ops.sends(f"/dead-letters/{letter}/discard", {"reason": "not_ours"}, 409)


async def test_only_ops_and_administrators_settle_dead_letters_and_only_from_our_pages(
    world: World, visitor: Visitors
) -> None:
    letter = await _buried(world, 103)
    for path in ("/dead-letters", f"/dead-letters/{letter}"):
        await _refuses_all_but(visitor, OPERATIONS, path)
    await visitor(Role.AUDITOR).sends(f"/dead-letters/{letter}/discard", {"reason": "not_ours"}, 403)
    await visitor(Role.OPS).sends(
        f"/dead-letters/{letter}/discard", {"reason": "not_ours", "csrf": "another word"}, 403
    )
    assert "INTAKE 103" in await visitor(Role.OPS).reads("/dead-letters")
    await visitor(Role.OPS).reads("/dead-letters/none", 404)


async def test_ops_are_told_live_that_a_dead_letter_came_and_nobody_else(world: World) -> None:
    async def heard(role: Role, seq: int) -> str:
        before = await ok(world.client(Role.OPS).get("/dead-letters", params={"limit": 200}))
        async with world.client(role).stream("GET", "/stream") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == ": connected"
            await _buried(world, seq + len(before["items"]))
            await world.load("north/N-1", at={"N-1": (43.9, 25.0)})
            async for line in lines:
                if line.startswith("event: "):
                    return line.removeprefix("event: ")
        raise AssertionError("the stream ended")

    assert await heard(Role.OPS, 200) == "dead_letter.changed"


async def test_the_trail_is_shown_newest_first_and_narrowed(world: World, visitor: Visitors) -> None:
    await world.load("north/N-1")
    job = (await world.jobs(await world.raises()))[0]["id"]
    await ok(world.crew("north/N-1").get(f"/jobs/{job}"))
    auditor = visitor(Role.AUDITOR)
    everything = await auditor.reads("/audit")
    assert everything.index("job.read") < everything.index("jurisdiction.load")
    assert "The chain of the lines shown is whole" in everything
    assert "Crew" in everything
    only = await auditor.reads(f"/audit?action=job.read&entity={job}&day=")
    assert "jurisdiction.load" not in only
    assert job in only
    day = world.clock().date().isoformat()
    assert "job.read" in await auditor.reads(f"/audit?day={day}&action=job.read")
    assert "No line is like that." in await auditor.reads("/audit?day=2020-02-29")
    assert "Not accepted" in await auditor.reads("/audit?day=yesterday", 422)
    await _refuses_all_but(visitor, {Role.AUDITOR}, "/audit")


async def test_a_trail_longer_than_a_page_goes_on(world: World, visitor: Visitors) -> None:
    for _ in range(101):
        await ok(world.admin.put("/jurisdictions/TST", json=district("north/N-1")))
    first = await visitor(Role.AUDITOR).http.get("/audit", params={"action": "jurisdiction.load"})
    assert first.text.count('<td class="number">') == 100
    older = first.text.split('id="older" href="')[1].split('"')[0].replace("&amp;", "&")
    second = await visitor(Role.AUDITOR).http.get(older.removeprefix("/dispatch"))
    assert second.text.count('<td class="number">') >= 1
    assert "Newest" in second.text


async def test_a_line_that_was_changed_breaks_the_chain_where_it_is(world: World, visitor: Visitors) -> None:
    await world.load("north/N-1")
    await world.load("north/N-1")
    trail = await ok(world.client(Role.AUDITOR).get("/audit", params={"action": "jurisdiction.load", "limit": 200}))
    seq = trail["items"][-1]["seq"]

    async def write(action: str) -> None:
        statement = update(kernel.audit).where(kernel.audit.c.seq == seq).values(action=action)
        await world.service.chassis.runner.run(lambda tx: tx.execute(statement).rowcount)

    await write("nothing.happened")
    said = await visitor(Role.AUDITOR).reads("/audit")
    assert "The chain is broken" in said
    assert f"chain broken here {seq}" in said
    await write("jurisdiction.load")
    assert "is whole" in await visitor(Role.AUDITOR).reads("/audit")


def _section(*units: str, **more: Any) -> dict[str, str]:
    return {"section": json.dumps(district(*units, **more))}


async def test_a_preview_says_exactly_what_would_change_and_changes_nothing(world: World, visitor: Visitors) -> None:
    await world.load("north/N-1", "north/N-2", "south/S-1")
    admin = visitor(Role.ADMIN)
    said = await admin.sends("/jurisdictions/preview", _section("north/N-1", "north/S-1", "far/F-1"))
    assert "1 added, 1 changed, 1 retired" in said
    assert "Added (1) F-1" in said
    assert "Changed (1) S-1 (station: south → north)" in said
    assert "Retired (1) N-2" in said
    assert "Unit N-2 is on duty now, and is retired." in said
    units = await ok(world.supervisor.get("/units"))
    assert {unit["code"]: unit["station"] for unit in units["items"]} == {
        "N-1": "north",
        "N-2": "north",
        "S-1": "south",
    }
    loaded = await admin.sends("/jurisdictions/load", _section("north/N-1", "north/S-1", "far/F-1"))
    assert "Loaded: 1 added, 1 changed, 1 retired." in loaded
    again = await admin.sends("/jurisdictions/preview", _section("north/N-1", "north/S-1", "far/F-1"))
    assert "Nothing changes here." in again
    assert "TST" in await admin.reads("/jurisdictions/loaded")


async def test_a_preview_names_everything_that_stands_in_the_way(world: World, visitor: Visitors) -> None:
    await world.load("north/N-1", "south/S-1")
    await world.raises()
    await world.raises(municipality="TST2")
    admin = visitor(Role.ADMIN)
    said = await admin.sends("/jurisdictions/preview", _section("far/F-1"))
    for unit in ("N-1", "S-1"):
        assert f"Unit {unit} has a job. Load again when it is cleared." in said
    assert "Load here" not in said
    assert "Cannot be loaded now" in await admin.sends("/jurisdictions/load", _section("far/F-1"))
    previewed = await ok(world.admin.put("/jurisdictions/TST?preview=true", json=district("far/F-1")))
    assert len(previewed["obstacles"]) == 2
    assert {(each["how"], each["code"]) for each in previewed["changes"]} == {
        ("added", "F-1"),
        ("removed", "N-1"),
        ("removed", "S-1"),
    }
    await refused(world.admin.put("/jurisdictions/TST?check=true", json=district("far/F-1")), 409)
    await refused(world.admin.put("/jurisdictions/TST", json=district("far/F-1")), 409)


async def test_a_section_that_is_none_is_refused_where_it_would_be_shown(world: World, visitor: Visitors) -> None:
    admin = visitor(Role.ADMIN)
    for section in ("", "[]", "{", '{"code": "TST", "address": "ул. Липа 1"}', '{"code": 1, "code": 2}'):
        for step in ("preview", "load"):
            said = await admin.sends(f"/jurisdictions/{step}", {"section": section})
            assert "▲" in said
            assert "Липа" not in said
    large = json.dumps(district(*(f"north/N-{number}" for number in range(4000))))
    assert len(large) > 256 * 1024
    assert "4,000" in await admin.sends("/jurisdictions/preview", {"section": large})


async def test_only_administrators_load_jurisdictions(world: World, visitor: Visitors) -> None:
    await _refuses_all_but(visitor, {Role.ADMIN}, "/jurisdictions/loaded")
    for role in set(Role) - {Role.ADMIN}:
        for step in ("preview", "load"):
            await visitor(role).sends(f"/jurisdictions/{step}", _section("north/N-1"), 403)
