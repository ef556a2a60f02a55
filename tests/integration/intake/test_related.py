"""Several people call about one event: what may belong together is shown, found by keyed hashes alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from services.intake.tables import LINK
from shared.contracts.vocabulary import Role
from tests.integration.intake.world import MINIMAL, SCHOOL, World
from tests.support.world import ok

pytestmark = pytest.mark.anyio

HERS = {"phone": "0888 123 456"}


async def related(world: World, incident: str) -> list[tuple[str, list[str]]]:
    shown = await world.incident(incident)
    return [(other["id"], other["by"]) for other in shown["related"]]


@pytest.mark.parametrize(
    ("first", "second", "by"),
    [
        ({"callback": HERS}, {"callback": {"phone": "+359 888 123456"}}, ["phone"]),
        ({"callback": HERS}, {"caller": {"relation": "victim", "phone": "+359888123456"}}, ["phone"]),
        (
            {"location": {"municipality": "TST1", "address": "ул. „Тиха“ №1"}},
            {"location": {"municipality": "TST1", "address": "УЛ ТИХА 1", "latitude": 43.81, "longitude": 25.91}},
            ["address"],
        ),
        ({"external_ref": "112-7"}, {"external_ref": "112-7"}, ["external_ref"]),
    ],
)
async def test_her_number_her_address_or_the_rooms_reference_link(
    world: World, first: dict[str, Any], second: dict[str, Any], by: list[str]
) -> None:
    one = (await world.raised(MINIMAL, **first))["id"]
    two = await world.raised(MINIMAL, **second)
    assert [(other["id"], other["by"], other["number"]) for other in two["related"]] == [(one, by, "TST-2026-000001")]
    assert await related(world, one) == [(two["id"], by)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"callback": {"phone": SCHOOL}}, {"callback": {"phone": SCHOOL}}),
        ({"callback": {"phone": "112"}}, {"callback": {"phone": "112"}}),
        (
            {"caller": {"relation": "neighbour", "phone": "+359888123456"}},
            {"caller": {"relation": "neighbour", "phone": "+359888123456"}},
        ),
        ({"callback": HERS}, {"caller": {"relation": "perpetrator", "phone": "+359888123456"}}),
        (
            {"location": {"municipality": "TST1", "address": "ул. Тиха 1"}},
            {"location": {"municipality": "TST2", "address": "ул. Тиха 1"}},
        ),
    ],
)
async def test_an_organisations_or_anothers_number_links_nobody(
    world: World, first: dict[str, Any], second: dict[str, Any]
) -> None:
    await world.raised(MINIMAL, **first)
    two = await world.raised(MINIMAL, **second)
    assert two["related"] == []


async def test_what_is_learned_later_links_too_and_what_is_taken_back_does_not(world: World) -> None:
    one = (await world.raised(MINIMAL, callback=HERS))["id"]
    two = (await world.raised())["id"]
    assert await related(world, two) == []
    shown = await world.patch(two, callback=HERS)
    assert [other["id"] for other in shown["related"]] == [one]
    shown = await world.patch(two, callback={"phone": None})
    assert shown["related"] == []
    shown = await world.post(f"{two}/calls", 201, channel="chat", callback=HERS)
    assert [other["id"] for other in shown["related"]] == [one]


async def test_a_drill_is_never_related_to_a_call(world: World) -> None:
    await world.raised(MINIMAL, callback=HERS)
    drill = await world.raised(MINIMAL, callback=HERS, mode="exercise")
    assert drill["related"] == []
    shown = await world.patch(drill["id"], mode="actual")
    assert len(shown["related"]) == 1


async def test_the_store_alone_tells_nobody_who_called(world: World) -> None:
    incident = (await world.raised(MINIMAL, callback=HERS, external_ref="112-7"))["id"]
    with world.service.chassis.store.reading() as connection:
        rows = connection.execute(select(LINK).where(LINK.c.incident == incident)).mappings().all()
    assert {row["kind"] for row in rows} == {"phone", "external_ref"}
    assert all(len(row["hash"]) == 64 and "888" not in row["kind"] for row in rows)


async def test_another_mechanisms_incident_is_not_told_of(world: World) -> None:
    await world.load("PDV")
    there = world.client(Role.OPERATOR, "PDV")
    far = {**MINIMAL, "location": {"municipality": "PDV1"}, "callback": HERS}
    await ok(there.post("/incidents", json=far), 201)
    here = await world.raised(MINIMAL, callback=HERS)
    assert here["related"] == []
