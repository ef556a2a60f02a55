"""The pages in a browser's hand: whose they are, what is noted, and that a press is the same command as the API's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.contracts.vocabulary import Role
from tests.integration.shelter_beds.world import World, shelter
from tests.support.intake_voice import Incident
from tests.support.trust import NOBODY
from tests.support.world import ok

pytestmark = pytest.mark.anyio

_WORD = "a-word-that-forms-repeat"


class Browsers:
    """Somebody's browser, for whoever a test names."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: list[httpx.AsyncClient] = []

    def of(self, role: Role, organisation: str = "TST", unit: str | None = None) -> httpx.AsyncClient:
        token = self._world.service.token(role, organisation, unit=unit)
        cookies = {"zakrila": token, "zakrila_form": _WORD}
        browser = httpx.AsyncClient(verify=NOBODY, base_url=self._world.service.base, cookies=cookies, timeout=10)
        self._open.append(browser)
        return browser

    async def close(self) -> None:
        for browser in self._open:
            await browser.aclose()


@pytest.fixture
async def browsers(world: World) -> AsyncIterator[Browsers]:
    made = Browsers(world)
    yield made
    await made.close()


async def pressed(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"csrf": _WORD, **fields})


async def held(world: World) -> tuple[Incident, str]:
    await world.load(shelter("lipa", 2), shelter("breza", 4))
    incident = await world.raises(facts={"victim": {"decision_shelter": "accepts"}})
    return incident, (await world.placement(incident))["id"]


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("/", {Role.SHELTER_STAFF}),
        ("/houses", {Role.ADMIN, Role.SUPERVISOR}),
        ("/houses/shelter/lipa", {Role.ADMIN, Role.SUPERVISOR}),
        ("/houses/families", {Role.SUPERVISOR}),
        ("/houses/denials", {Role.SUPERVISOR}),
        ("/houses/new", {Role.ADMIN}),
    ],
)
async def test_each_page_is_for_its_roles_only(world: World, browsers: Browsers, path: str, roles: set[Role]) -> None:
    await world.load(shelter("lipa", 2))
    for role in Role:
        answer = await browsers.of(role).get(path)
        assert answer.status_code == (200 if role in roles else 403), role


async def test_without_a_sign_in_only_what_says_nothing_is_served(world: World) -> None:
    async with httpx.AsyncClient(verify=NOBODY, base_url=world.service.base) as nobody:
        for path in ("/offline", "/worker.js"):
            answer = await nobody.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] in {"no-cache", "no-store"}
        assert (await nobody.get("/worker.js")).headers["content-type"].startswith("text/javascript")
        assert (await nobody.get("/")).headers["location"].startswith("/identity/renew")


async def test_every_look_at_who_is_coming_is_noted_and_only_its_own_staff_look(
    world: World, browsers: Browsers
) -> None:
    incident, placement = await held(world)
    own = await browsers.of(Role.SHELTER_STAFF, "lipa").get("/")
    assert "Answer within" in own.text
    assert [(line["action"], line["entity"], line["incident"]) for line in await world.trail()][-1:] == [
        ("placement.read", placement, incident.id)
    ]
    before = len(await world.trail())
    other = browsers.of(Role.SHELTER_STAFF, "breza")
    assert "Answer within" not in (await other.get("/")).text
    assert (await other.get(f"/placements/{placement}")).status_code == 404
    assert (await pressed(other, f"/placements/{placement}/decline", reason="other")).status_code == 404
    assert len(await world.trail()) == before


async def test_presses_take_the_placement_through_its_life(world: World, browsers: Browsers) -> None:
    incident, placement = await held(world)
    staff = browsers.of(Role.SHELTER_STAFF, "lipa")
    for step, fields, state in (
        ("confirm", {"meeting_point": "bus"}, "confirmed"),
        ("extend", {}, "confirmed"),
        ("arrive", {}, "arrived"),
        ("absent", {}, "absent"),
        ("return", {}, "arrived"),
        ("depart", {"reason": "moved_on"}, "departed"),
    ):
        answer = await pressed(staff, f"/placements/{placement}/{step}", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/shelter-beds/"), answer.text
        assert await world.states(incident) == [state]
    assert (await staff.get(f"/placements/{placement}")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"meeting_point.kind": "public_place", "meeting_point.text": "", "meeting_point": ""}, 422),
        ({"meeting_point.kind": "door"}, 409),
        ({"meeting_point": "nowhere"}, 422),
    ],
)
async def test_a_meeting_point_that_cannot_be_one_is_refused_in_a_sentence(
    world: World, browsers: Browsers, fields: dict[str, str], status: int
) -> None:
    _incident, placement = await held(world)
    answer = await pressed(browsers.of(Role.SHELTER_STAFF, "lipa"), f"/placements/{placement}/confirm", **fields)
    assert answer.status_code == status
    assert 'class="refused' in answer.text
    assert 'role="alert"' in answer.text


async def test_a_press_on_what_changed_meanwhile_is_refused_and_leads_back(world: World, browsers: Browsers) -> None:
    _incident, placement = await held(world)
    staff = browsers.of(Role.SHELTER_STAFF, "lipa")
    await pressed(staff, f"/placements/{placement}/confirm", meeting_point="bus")
    home = f"{world.service.base}/"
    stale = await staff.post(
        f"/placements/{placement}/arrive", data={"csrf": _WORD, "version": "1"}, headers={"referer": home}
    )
    assert stale.status_code == 412
    assert 'href="/shelter-beds/"' in stale.text


async def test_the_crew_reads_the_rendezvous_as_a_page_and_nobody_else(world: World, browsers: Browsers) -> None:
    incident, placement = await held(world)
    await world.move("lipa", incident, "confirm")
    path = f"/rendezvous/{placement}"
    crew = browsers.of(Role.CREW, "north", "N-1")
    early = await crew.get(path)
    assert (early.status_code, "Not to be seen now." in early.text) == (404, True)
    await world.job(incident, "on_scene", 4)
    there = await crew.get(path)
    assert there.status_code == 200
    assert "пред читалището" in there.text
    assert (await world.trail())[-1]["action"] == "rendezvous.read"
    for stranger in (browsers.of(Role.CREW, "north", "N-2"), browsers.of(Role.SUPERVISOR)):
        refusal = await stranger.get(path)
        assert (refusal.status_code, "пред читалището" in refusal.text) == (404, False)
    own = await browsers.of(Role.SHELTER_STAFF, "lipa").get("/")
    assert "crew N-1 at" in own.text


async def test_the_address_is_its_own_staffs_alone(world: World, browsers: Browsers) -> None:
    await world.load(shelter("lipa", 2))
    staff = browsers.of(Role.SHELTER_STAFF, "lipa")
    typed = await pressed(staff, "/shelters/lipa/address", address="ул. Тиха 5")
    assert typed.status_code == 303
    assert "ул. Тиха 5" not in (await staff.get("/")).text
    assert "ул. Тиха 5" in (await staff.get("/shelters/lipa")).text
    assert (await world.trail())[-1]["action"] == "shelter.address_read"
    assert (await browsers.of(Role.SHELTER_STAFF, "breza").get("/shelters/lipa")).status_code == 404
    for role in (Role.ADMIN, Role.SUPERVISOR):
        assert "ул. Тиха 5" not in (await browsers.of(role).get("/houses/shelter/lipa")).text


async def test_kin_are_flagged_one_a_line(world: World, browsers: Browsers) -> None:
    await world.load(shelter("lipa", 2))
    staff = browsers.of(Role.SHELTER_STAFF, "lipa")
    assert (await pressed(staff, "/shelters/lipa/kin", names="Иван Петров\r\n\r\nПетър Иванов")).status_code == 303
    flagged = await ok(world.staff("lipa").put("/shelters/lipa/kin", json={"names": ["Иван Петров"]}))
    assert flagged["flagged"] == 1


async def test_the_api_too_offers_points_used_before_first(world: World) -> None:
    await world.load(shelter("lipa", 2, 2))
    own = {"kind": "public_place", "text": "при фонтана"}
    for point in ("bus", own):
        await world.move("lipa", await world.raises(), "confirm", meeting_point=point, keep=True)
        world.clock.advance(60)
    seen = await ok(world.staff("lipa").get("/shelters/lipa"))
    assert [each["text"] for each in seen["offered_points"]] == [
        "при фонтана",
        "Чакалнята на автогарата",
        "Приемната на управлението",
    ]
    assert "offered_points" not in await ok(world.supervisor.get("/shelters/lipa"))
