"""What operators look through: incidents by what matters now, places as they are typed, instruments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def listed(world: World, **filters: Any) -> list[str]:
    shown = await ok(world.supervisor.get("/incidents", params=filters))
    return [item["id"] for item in shown["items"]]


async def test_incidents_are_filtered_by_what_matters(world: World) -> None:
    grave = (await world.raised())["id"]
    calm = (await world.raised(CALM, location={"municipality": "TST2"}))["id"]
    drill = (await world.raised(CALM, mode="exercise"))["id"]
    await world.answered(calm)
    await world.post(f"{drill}/cancel", reason="keying_error")
    await world.passes(6)
    assert await listed(world) == [drill, calm, grave], "youngest first"
    assert await listed(world, state="open") == [calm, grave]
    assert await listed(world, state="cancelled") == [drill]
    assert await listed(world, priority=1) == [grave]
    assert await listed(world, priority=3, mode="actual") == [calm]
    assert await listed(world, municipality="TST2") == [calm]
    assert await listed(world, overdue=True) == [grave]
    assert await listed(world, overdue=False) == [drill, calm]
    assert await listed(world, mode="exercise") == [drill]


async def test_a_list_is_read_page_by_page(world: World) -> None:
    raised = [(await world.raised())["id"] for _ in range(5)]
    seen: list[str] = []
    after = None
    while True:
        parameters: dict[str, Any] = {"limit": 2} | ({"after": after} if after else {})
        page = await ok(world.operator.get("/incidents", params=parameters))
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == raised[::-1]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"limit": 201}, "limit"),
        ({"limit": 0}, "limit"),
        ({"priority": 4}, "priority"),
        ({"state": "lost"}, "state"),
        ({"mode": "real"}, "mode"),
        ({"after": "not a cursor"}, "after"),
        ({"municipality": "x" * 13}, "municipality"),
        ({"municipality": "T\x00"}, "municipality"),
        ({"overdue": "maybe"}, "overdue"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_named(world: World, parameters: dict[str, Any], field: str) -> None:
    refusal = await refused(world.operator.get("/incidents", params=parameters), 422)
    assert [error["field"] for error in refusal["errors"]] == [field]


async def test_places_are_found_by_the_beginning_of_a_name_in_any_language(world: World) -> None:
    async def codes(beginning: str) -> list[str]:
        shown = await ok(world.operator.get("/places", params={"q": beginning}))
        return [item["code"] for item in shown["items"]]

    assert await codes("про") == ["TST1", "63427"], "municipalities first"
    assert await codes("PRO") == ["TST1", "63427"]
    assert await codes("drug") == ["TST2"]
    assert await codes("руга") == []
    assert await codes("%") == []
    assert await codes("прол") == await codes("prol") == ["63427"], "whichever letters the keyboard types"
    await refused(world.operator.get("/places", params={"q": "п\x00"}), 422)
    await refused(world.operator.get("/places"), 422)
    await world.load(municipalities=[{**MUNICIPALITY, "name": {"bg": "Нова"}}], settlements=[])
    assert await codes("про") == []
    assert await codes("нова") == ["TST1"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ({"bg": "Горно Абланово"}, "abl"),
        ({"bg": "Щръклево"}, "shtr"),
        ({"bg": "Сливо поле"}, "SLIVO P"),
        ({"sq": "Prishtinë", "sr": "Priština"}, "pristi"),
        ({"sr": "Đakovica"}, "dja"),
        ({"bg": "Йоаким-Груево"}, "гру"),
    ],
)
async def test_a_place_is_found_from_any_word_in_cyrillic_or_latin(
    world: World, name: dict[str, str], typed: str
) -> None:
    await world.load(municipalities=[{**MUNICIPALITY, "name": name}], settlements=[])
    shown = await ok(world.operator.get("/places", params={"q": typed}))
    assert [item["code"] for item in shown["items"]] == ["TST1"]
    assert shown["items"][0]["within"] == name


MUNICIPALITY = {"code": "TST1", "latitude": 43.8, "longitude": 25.9, "region": "one"}


async def test_instruments_come_with_their_questions(world: World) -> None:
    shown = await ok(world.operator.get("/instruments"))
    questions = {each["code"]: [question["id"] for question in each["questions"]] for each in shown["items"]}
    assert questions["lap"] == [str(number) for number in range(1, 12)]
    assert questions["dash"] == [str(number) for number in range(1, 25)]
    assert all(question["text"]["bg"] for each in shown["items"] for question in each["questions"])


async def test_loading_an_area_again_says_what_changed(world: World) -> None:
    shown = await world.load(municipalities=[{**MUNICIPALITY, "name": {"bg": "Нова"}}], settlements=[])
    assert shown == {"added": 0, "changed": 1, "removed": 2}
    await refused(world.operator.post("/incidents", json={**MINIMAL, "location": {"municipality": "TST2"}}), 422)
