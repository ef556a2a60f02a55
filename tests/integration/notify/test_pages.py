"""The centre's pages in a browser's hand: whose they are, what is noted, and that a press is the API's own command."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.notify.world import CHILD, PERSONAL, World, address, packet, rota
from tests.support.intake_voice import Incident
from tests.support.trust import NOBODY
from tests.support.world import ok

pytestmark = pytest.mark.anyio

_WORD = "a-word-that-forms-repeat"
_TOLD = ("Мария", "Петър", "пратка", "викове")


class Browsers:
    """Somebody's browser, for whoever a test names."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: list[httpx.AsyncClient] = []

    def of(self, role: Role, organisation: str = "TST", name: str | None = None) -> httpx.AsyncClient:
        token = self._world.service.token(role, organisation, email=name)
        cookies = {"zakrila": token, "zakrila_form": _WORD}
        browser = httpx.AsyncClient(verify=NOBODY, base_url=self._world.service.base, cookies=cookies, timeout=10)
        self._open.append(browser)
        return browser

    def person(self, name: str, centre: str = "dunav") -> httpx.AsyncClient:
        return self.of(Role.CENTRE_STAFF, centre, name)

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


async def shown(browser: httpx.AsyncClient, path: str, status: int = 200) -> str:
    """Return what a page says."""
    answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


async def offered(world: World, **facts: object) -> tuple[Incident, str]:
    await world.load()
    incident = await world.raises(**facts)
    return incident, (await world.handover(incident))["id"]


def section(page: str, title: str) -> str:
    """Return one part of a page, by the id of its heading."""
    found = re.search(rf'<section[^>]*aria-labelledby="{title}".*?</section>', page, re.DOTALL)
    assert found is not None, title
    return found[0]


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("/", {Role.CENTRE_STAFF}),
        ("/handovers", {Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR, Role.CENTRE_STAFF}),
        ("/rota", {Role.CENTRE_STAFF, Role.SUPERVISOR, Role.ADMIN}),
        ("/rota/edit", {Role.CENTRE_STAFF}),
        ("/centres", {Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR}),
        ("/centres/centre/dunav", {Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR}),
        ("/centres/new", {Role.ADMIN}),
    ],
)
async def test_each_page_is_for_its_roles_only(world: World, browsers: Browsers, path: str, roles: set[Role]) -> None:
    await world.load()
    for role in Role:
        organisation = "dunav" if role is Role.CENTRE_STAFF else "TST"
        answer = await browsers.of(role, organisation).get(path)
        assert answer.status_code == (200 if role in roles else 403), role


async def test_the_inbox_shows_nothing_personal_and_marks_what_its_reader_was_paged_for(
    world: World, browsers: Browsers
) -> None:
    incident, handover = await offered(world, **CHILD)
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    other = await shown(browsers.person("boyana"), "/")
    assert "You were paged" not in other
    assert address("ana") in other
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    page = await shown(browsers.person("ana"), "/")
    assert "You were paged" in page
    assert f'data-alarm="{handover}"' in page
    assert "+359888000401" in page  # the child-protection office
    assert not any(word in page for word in PERSONAL)
    assert await world.paged(incident) == [("ana", "offered", "delivered")]
    assert [line for line in await world.trail() if line["incident"] == incident.id] == []


async def test_a_packet_shows_what_was_told_and_what_was_not_asked_and_the_look_is_noted(
    world: World, browsers: Browsers
) -> None:
    incident, handover = await offered(world)
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1))
    page = await shown(browsers.person("ana"), f"/handovers/{handover}")
    safe, told, unasked = (section(page, f"{name}-title") for name in ("safe", "told", "unasked"))
    assert "DO NOT CALL" in safe
    assert "пратка" in safe
    assert "text messages" in safe
    assert "tel:" not in safe
    assert page.index('id="safe-title"') < page.index('id="people-title"') < page.index('id="told-title"')
    assert all(word in told for word in ("Мария", "Петър", "викове", "Weapon used or threatened against her"))
    assert "Is she injured" in unasked
    assert "He has a gun or can easily get one" in unasked
    assert "Weapon used" not in unasked
    assert "K-71" in page
    looks = [line for line in await world.trail() if line["entity"] == handover]
    assert [(line["action"], line["incident"]) for line in looks] == [("handover.read", incident.id)]


async def test_safe_to_call_gives_the_number_to_be_pressed(world: World, browsers: Browsers) -> None:
    contact = {"callback": {"phone": "+359888000002", "safe_to_call": "yes"}}
    _, handover = await offered(world, packet=packet(packet=contact))
    page = await shown(browsers.person("ana"), f"/handovers/{handover}")
    assert 'href="tel:+359888000002"' in section(page, "safe-title")
    assert "DO NOT CALL" not in page
    assert "how to reach her, and not her story" in section(page, "unasked-title")


async def test_without_consent_a_packet_shows_number_region_language_and_head_count(
    world: World, browsers: Browsers
) -> None:
    incident, handover = await offered(world, packet=packet(consented=False))
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1))
    page = await shown(browsers.person("ana"), f"/handovers/{handover}")
    safe = section(page, "safe-title")
    assert "She has not agreed" in safe
    assert "2 people" in safe
    assert "Bulgarian" in safe
    assert not any(word in page for word in (*PERSONAL, "K-71", 'id="told-title"'))


async def test_everybody_else_sees_how_far_it_is_and_nothing_of_her(world: World, browsers: Browsers) -> None:
    incident, handover = await offered(world, **CHILD)
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR):
        page = await shown(browsers.of(role), f"/handovers/{handover}")
        assert "for the staff of the centre alone" in page
        assert not any(word in page for word in (*PERSONAL, 'id="acknowledge"', 'id="decline"'))
    await shown(browsers.person("gergana", "balkan"), f"/handovers/{handover}", 404)
    for role in (Role.ADMIN, Role.OPS, Role.CREW, Role.DISPATCHER, Role.SHELTER_STAFF):
        await shown(browsers.of(role), f"/handovers/{handover}", 403)
    assert [line for line in await world.trail() if line["incident"] == incident.id] == []


async def test_presses_are_the_apis_commands_and_the_faster_colleague_is_named(
    world: World, browsers: Browsers
) -> None:
    incident, handover = await offered(world)
    ana, boyana = browsers.person("ana"), browsers.person("boyana")
    done = await pressed(ana, f"/handovers/{handover}/acknowledge")
    assert (done.status_code, done.headers["location"]) == (303, f"/notify/handovers/{handover}")
    late = await pressed(boyana, f"/handovers/{handover}/acknowledge")
    assert late.cookies["zakrila_said"] == "colleague-acknowledged"
    page = await shown(boyana, f"/handovers/{handover}")
    assert "A colleague was faster" in page
    assert address("ana") in page
    await pressed(boyana, f"/handovers/{handover}/accept")
    assert (await world.handover(incident))["state"] == "accepted"
    refused = await pressed(ana, f"/handovers/{handover}/decline", reason="full")
    assert refused.headers["location"] == f"/notify/handovers/{handover}?not=decline"
    assert "It was not declined" in await shown(ana, refused.headers["location"].removeprefix("/notify"))
    await pressed(ana, f"/handovers/{handover}/complete")
    ended = await world.handover(incident)
    assert (ended["state"], [step["type"].rpartition(".")[2] for step in ended["steps"]]) == (
        "completed",
        ["offered", "acknowledged", "accepted", "completed"],
    )


async def test_what_was_done_is_said_by_the_next_page_not_taken_by_a_region_of_the_last(
    world: World, browsers: Browsers
) -> None:
    _, handover = await offered(world)
    ana = browsers.person("ana")
    await pressed(ana, f"/handovers/{handover}/acknowledge")
    region = await ana.get("/", headers={"HX-Request": "true"})
    assert "The operator sees it now" not in region.text
    assert "The operator sees it now" in await shown(ana, f"/handovers/{handover}")
    assert "The operator sees it now" not in await shown(ana, f"/handovers/{handover}")


async def test_an_acknowledgement_is_not_lost_to_a_call_that_went_out_meanwhile(
    world: World, browsers: Browsers
) -> None:
    incident, handover = await offered(world)
    before = await world.handover(incident)
    await world.passes(301)
    assert (await world.handover(incident))["version"] > before["version"]
    await pressed(browsers.person("ana"), f"/handovers/{handover}/acknowledge", version=str(before["version"]))
    assert (await world.handover(incident))["state"] == "acknowledged"


async def test_declining_offers_the_next_centre_and_closes_the_packet(world: World, browsers: Browsers) -> None:
    incident, handover = await offered(world)
    ana = browsers.person("ana")
    unsaid = await pressed(ana, f"/handovers/{handover}/decline")
    assert unsaid.status_code == 422
    version = str((await world.handover(incident))["version"])
    done = await pressed(ana, f"/handovers/{handover}/decline", reason="knows_a_party", version=version)
    assert done.headers["location"] == "/notify/"
    newest = await world.handover(incident)
    assert (newest["centre"], newest["state"]) == ("balkan", "offered")
    page = await shown(ana, f"/handovers/{handover}")
    assert "The packet is closed" in page
    assert not any(word in page for word in _TOLD)
    assert newest["id"] in await shown(browsers.person("gergana", "balkan"), "/")


async def test_a_drill_stands_only_where_drills_are_asked_for(world: World, browsers: Browsers) -> None:
    _, handover = await offered(world, mode=Mode.EXERCISE)
    ana = browsers.person("ana")
    assert handover not in await shown(ana, "/")
    page = await shown(ana, "/?mode=exercise")
    assert handover in page
    assert "Nothing here is real" in page
    assert handover not in await shown(ana, "/handovers")
    assert handover in await shown(ana, "/handovers?mode=exercise")


async def test_a_notice_says_what_the_office_must_hear_and_that_it_knows(world: World, browsers: Browsers) -> None:
    incident, _ = await offered(world, **CHILD)
    (notice,) = await world.notices(incident)
    ana, supervisor = browsers.person("ana"), browsers.of(Role.SUPERVISOR)
    page = await shown(ana, f"/notices/{notice['id']}")
    assert "4 years" in section(page, "tell-title")
    assert "4 years" not in await shown(supervisor, f"/notices/{notice['id']}")
    await pressed(supervisor, f"/notices/{notice['id']}/acknowledge")
    (after,) = await world.notices(incident)
    assert after["state"] == "acknowledged"
    lines = [(line["action"], line["roles"]) for line in await world.trail() if line["entity"] == notice["id"]]
    assert lines == [("notice.read", "centre_staff"), ("notice.acknowledge", "supervisor")]


async def test_the_rota_says_who_is_called_when(world: World, browsers: Browsers) -> None:
    await world.load()
    entries = rota("ana", None, "boyana")
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": entries}))
    page = await shown(browsers.person("ana"), "/rota")
    assert address("ana") in section(page, "now-title")
    assert address("boyana") in section(page, "next-title")
    assert "after 5 minutes" in section(page, "next-title")
    assert "Nobody: this step is skipped at once." in page
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": []}))
    assert "Nobody is on call" in await shown(browsers.of(Role.SUPERVISOR), "/rota?centre=dunav")
    await shown(browsers.person("gergana", "balkan"), "/rota?centre=dunav", 404)


def typed(*rows: tuple[int, str, str]) -> dict[str, str]:
    """Return a rota as its form sends it: order, person, minutes."""
    return {
        f"entries[{place}].{name}": value
        for place, (order, person, minutes) in enumerate(rows)
        for name, value in (("order", str(order)), ("person", person), ("minutes", minutes))
    }


def rows_of(page: str) -> list[tuple[str, str]]:
    """Return the rows of a rota's form: person and minutes."""
    people = re.findall(r'name="entries\[\d+\]\.person"[^>]*? value="([^"]*)"', page)
    minutes = re.findall(r'name="entries\[\d+\]\.minutes"[^>]*? value="([^"]*)"', page)
    return list(zip(people, minutes, strict=True))


async def test_rows_are_added_moved_and_removed_before_anything_counts(world: World, browsers: Browsers) -> None:
    await world.load()
    ana = browsers.person("ana")
    rows = typed((1, address("ana"), "5"), (2, address("boyana"), "7"))
    added = (await pressed(ana, "/rota/edit", version="1", do="add", **rows)).text
    assert rows_of(added) == [(address("ana"), "5"), (address("boyana"), "7"), ("", "")]
    moved = (await pressed(ana, "/rota/edit", version="1", do="down-0", **rows)).text
    assert rows_of(moved) == [(address("boyana"), "7"), (address("ana"), "5")]
    left = (await pressed(ana, "/rota/edit", version="1", do="remove-0", **rows)).text
    assert rows_of(left) == [(address("boyana"), "7")]
    for nonsense in ("up-0", "down-9", "remove-77", "shout"):
        assert len(rows_of((await pressed(ana, "/rota/edit", version="1", do=nonsense, **rows)).text)) == 2
    assert (await ok(world.ana.get("/centres/dunav/rota")))["version"] == 1
    saved = await pressed(ana, "/rota/edit", version="1", do="save", **rows, **typed_third("", ""))
    assert saved.headers["location"] == "/notify/rota?centre=dunav"
    entries = (await ok(world.ana.get("/centres/dunav/rota")))["entries"]
    assert [(each["order"], each["person"], each["minutes"]) for each in entries] == [
        (1, address("ana"), 5),
        (2, address("boyana"), 7),
        (3, None, None),
    ]


def typed_third(person: str, minutes: str) -> dict[str, str]:
    return {"entries[2].order": "3", "entries[2].person": person, "entries[2].minutes": minutes}


async def test_what_does_not_fit_on_a_rota_comes_back_as_it_was_typed(world: World, browsers: Browsers) -> None:
    await world.load()
    rows = typed((1, "Ана", "5"), (2, address("boyana"), "900"))
    answer = await pressed(browsers.person("ana"), "/rota/edit", version="1", do="save", **rows)
    assert answer.status_code == 422
    assert rows_of(answer.text) == [("Ана", "5"), (address("boyana"), "900")]
    assert answer.text.count('aria-invalid="true"') == 2
    assert (await ok(world.ana.get("/centres/dunav/rota")))["version"] == 1


async def test_two_people_edit_one_rota_and_the_later_one_sees_both(world: World, browsers: Browsers) -> None:
    await world.load()
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota("vera")}))
    mine = typed((1, address("boyana"), "5"))
    answer = await pressed(browsers.person("boyana"), "/rota/edit", version="1", do="save", **mine)
    assert answer.status_code == 412
    assert rows_of(answer.text) == [(address("boyana"), "5")]
    assert address("vera") in section(answer.text, "theirs-title")
    (version,) = re.findall(r'name="version" value="(\d+)"', answer.text)
    again = await pressed(browsers.person("boyana"), "/rota/edit", version=version, do="save", **mine)
    assert again.status_code == 303
    assert (await ok(world.ana.get("/centres/dunav/rota")))["on_call"]["person"] == address("boyana")


async def test_an_admin_makes_and_changes_a_centre(world: World, browsers: Browsers) -> None:
    await world.load()
    admin = browsers.of(Role.ADMIN)
    assert "1 municipality is served by no centre" in await shown(admin, "/centres")
    new = {"code": "rila", "name.bg": "Рила", "phone": "+359 888 000 302", "own": "TST3", "serves": "TST3"}
    refused = await pressed(admin, "/centres/new", **{**new, "phone": "0888"})
    assert refused.status_code == 422
    assert 'value="Рила"' in refused.text
    assert (await pressed(admin, "/centres/new", **new)).headers["location"] == "/notify/centres/centre/rila"
    page = await shown(admin, "/centres")
    assert "served by no centre" not in page
    assert "Nobody is on call:" in page
    assert (await pressed(admin, "/centres/new", **new)).status_code == 422  # the code is taken
    made = await ok(world.supervisor.get("/centres/rila"))
    assert (made["phone"], made["serves"]) == ("+359888000302", ["TST3"])
    changed = {"version": "1", "name.bg": "Рила", "name.en": "Rila", "phone": "", "own": "TST1", "serves": "TST3"}
    await pressed(admin, "/centres/centre/rila", **changed)
    after = await ok(world.supervisor.get("/centres/rila"))
    assert (after["name"], after["phone"], after["serves"]) == ({"bg": "Рила", "en": "Rila"}, None, ["TST1", "TST3"])
    stale = await pressed(admin, "/centres/centre/rila", **{**changed, "name.bg": "Друго"})
    assert stale.status_code == 412
    assert 'value="Друго"' in stale.text
    assert "Rila" in section(stale.text, "now-title")
    assert (await ok(world.supervisor.get("/centres/rila")))["version"] == 2
    assert [line["action"] for line in await world.trail() if line["entity"] == "rila"] == [
        "centre.create",
        "centre.change",
    ]


async def test_a_page_without_its_form_word_changes_nothing(world: World, browsers: Browsers) -> None:
    incident, handover = await offered(world)
    answer = await browsers.person("ana").post(f"/handovers/{handover}/acknowledge", data={"csrf": "guessed"})
    assert answer.status_code == 403
    assert (await world.handover(incident))["state"] == "offered"
