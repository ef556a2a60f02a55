"""Administrators find, make and change accounts on pages; nothing there works that the API refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.contracts.vocabulary import Role
from shared.ids import account_id
from tests.integration.identity.browser import Browser, goes_to
from tests.integration.identity.world import PASSWORD, World, role
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

MARIA = f"/users/{account_id('maria@test.example')}"


@pytest.fixture
async def admin(world: World) -> AsyncIterator[Browser]:
    """The browser of a mechanism's administrator; there also is somebody else."""
    await world.account("boss", role("admin", "TST"), name="Стефка")
    await world.account("maria", role("crew", "north", "N-1"), name="Мария Петрова")
    made = Browser(world)
    await made.sign_in("boss")
    yield made
    await made.client.aclose()


def fields(*roles: tuple[str, str, str], **more: str) -> dict[str, str]:
    """Return the form of an account as a browser sends it."""
    rows = {
        f"roles[{number}].{part}": said
        for number, row in enumerate([*roles, ("", "", "")])
        for part, said in zip(("role", "organisation", "unit"), row, strict=True)
    }
    return {"name": "Мария Петрова", "language": "", **rows, **more}


async def test_accounts_are_listed_by_role_and_organisation(world: World, admin: Browser) -> None:
    await world.account("elena", role("centre_staff", "river"), name="Елена")
    everybody = (await admin.get("/users")).text
    assert "Мария Петрова" in everybody
    assert "Елена" in everybody
    crews = (await admin.get("/users?role=crew")).text
    assert ("Мария Петрова" in crews, ">Елена<" in crews) == (True, False)
    river = (await admin.get("/users?organisation=river")).text
    assert ("Мария Петрова" in river, ">Елена<" in river) == (False, True)
    assert "No account is like this." in (await admin.get("/users?role=shelter_staff")).text
    assert world.audited("account.list")


@pytest.mark.parametrize("text", ["мария", "ПЕТРОВА", "ария п", "петрова мария", "maria@", "MARIA@TEST"])
async def test_somebody_is_found_by_name_or_address_in_whatever_case(world: World, admin: Browser, text: str) -> None:
    page = await admin.post("/users", text=text)
    assert "Мария Петрова" in page.text
    assert "boss@test.example" not in page.text
    boss = await world.signed_in("boss")
    found = (await ok(boss.post("/users/search", json={"text": text})))["items"]
    assert [each["email"] for each in found] == ["maria@test.example"]


async def test_what_is_typed_is_no_pattern(world: World, admin: Browser) -> None:
    assert "No account is like this." in (await admin.post("/users", text="%%")).text
    assert "At least two letters." in (await admin.post("/users", text="м")).text
    await refused((await world.signed_in("boss")).post("/users/search", json={"text": "м"}), 422)


async def test_an_account_is_made_and_comes_in(world: World, admin: Browser) -> None:
    form = fields(("operator", "TST", ""), ("crew", "north", "N-2"), email="elena@test.example", new_password=PASSWORD)
    address = goes_to(await admin.post("/users/new", **form))
    page = (await admin.get(address.removeprefix("/identity"))).text
    assert "The account is made." in page
    assert PASSWORD not in page
    elena = await world.signed_in("elena")
    assert (await ok(elena.get("/me")))["roles"] == [role("crew", "north", "N-2"), role("operator", "TST")]


async def test_what_is_not_accepted_of_a_new_account_is_marked_and_what_was_typed_stays(admin: Browser) -> None:
    form = fields(("crew", "river", ""), ("operator", "TST", ""), email="elena@test", new_password="short")
    page = await admin.post("/users/new", **form)
    assert page.status_code == 422
    assert "an e-mail address, such as" in page.text
    assert 'value="elena@test"' in page.text
    form["email"], form["new_password"] = "elena@test.example", PASSWORD
    page = await admin.post("/users/new", **form)
    assert "A crew, and nobody else, names its unit." in page.text
    assert "Choose where:" in page.text
    assert '<option value="river" selected>' in page.text
    assert PASSWORD not in page.text


async def test_an_address_that_has_an_account_is_refused(admin: Browser) -> None:
    page = await admin.post(
        "/users/new", **fields(("operator", "TST", ""), email="maria@test.example", new_password=PASSWORD)
    )
    assert (page.status_code, "There is an account with this address already." in page.text) == (409, True)


async def test_roles_are_changed_and_taken_away(world: World, admin: Browser) -> None:
    form = fields(("crew", "north", "N-1"), ("", "north", ""), ("operator", "TST", ""), version="1", language="sq")
    assert goes_to(await admin.post(MARIA, **form)) == f"/identity{MARIA}"
    maria = await ok((await world.signed_in("maria")).get("/me"))
    assert maria["roles"] == [role("crew", "north", "N-1"), role("operator", "TST")]
    assert maria["language"] == "sq"
    await admin.post(MARIA, **fields(("", "north", "N-1"), ("operator", "TST", ""), version="2"))
    maria = await ok((await world.signed_in("maria")).get("/me"))
    assert (maria["roles"], maria["language"]) == ([role("operator", "TST")], None)
    page = await admin.post(MARIA, **fields(("", "TST", ""), version="3"))
    assert (page.status_code, "An account holds at least one role." in page.text) == (422, True)


async def test_somebody_elses_change_is_shown_before_it_is_overwritten(world: World, admin: Browser) -> None:
    await world.change("maria", name="Мария Иванова")
    form = fields(("crew", "north", "N-9"), version="1")
    page = await admin.post(MARIA, **form)
    assert page.status_code == 412
    assert "Somebody else changed this account meanwhile" in page.text
    assert "Мария Иванова" in page.text
    assert 'value="N-9"' in page.text
    assert 'name="version" value="2"' in page.text
    form["version"] = "2"
    assert goes_to(await admin.post(MARIA, **form)) == f"/identity{MARIA}"


async def test_a_disabled_account_does_not_come_in_and_may_come_back(world: World, admin: Browser) -> None:
    await admin.post(MARIA, **fields(("crew", "north", "N-1"), version="1", disabled="true"))
    assert (await world.try_to_sign_in("maria")).status_code == 401
    assert "disabled" in (await admin.get("/users?role=crew")).text
    await admin.post(MARIA, **fields(("crew", "north", "N-1"), version="2"))
    await world.sign_in("maria")


async def test_nobody_gives_what_they_do_not_administer(world: World, admin: Browser) -> None:
    await world.load("OTH", mechanism="OTH")
    page = await admin.post(MARIA, **fields(("crew", "north", "N-1"), ("operator", "OTH", ""), version="1"))
    assert (page.status_code, "outside of what you administer" in page.text) == (403, True)
    assert 'value="OTH"' not in (await admin.get("/users/new")).text
    await world.account("stranger", role("operator", "OTH"), name="Непозната")
    assert "Непозната" not in (await admin.get("/users")).text
    assert "No account is like this." in (await admin.post("/users", text="Непозната")).text
    stranger = f"/users/{account_id('stranger@test.example')}"
    assert (await admin.get(stranger)).status_code == 404
    assert (await admin.post(f"{stranger}/password", new_password=PASSWORD)).status_code == 404


async def test_administrators_do_not_take_their_own_keys_away(admin: Browser) -> None:
    boss = f"/users/{account_id('boss@test.example')}"
    page = await admin.post(boss, **fields(("operator", "TST", ""), version="1"))
    assert (page.status_code, "Another administrator must do this" in page.text) == (409, True)


async def test_a_password_is_set_and_a_lost_telephone_forgotten(world: World, admin: Browser) -> None:
    assert (await admin.post(f"{MARIA}/password", new_password="short")).status_code == 422
    assert goes_to(await admin.post(f"{MARIA}/password", new_password="another battery staple")) == f"/identity{MARIA}"
    await world.sign_in("maria", "another battery staple")
    assert goes_to(await admin.post(f"{MARIA}/codes/remove")) == f"/identity{MARIA}"
    assert "taken away" in (await admin.get(MARIA)).text


@pytest.mark.parametrize("held", [Role.OPERATOR, Role.SUPERVISOR, Role.OPS, Role.AUDITOR])
async def test_accounts_are_for_administrators_alone(world: World, admin: Browser, held: Role) -> None:
    await world.account("elena", role(held, "TST"))
    elena = Browser(world)
    await elena.sign_in("elena")
    for path in ("/users", "/users/new", MARIA):
        assert (await elena.get(path)).status_code == 403
    assert (await elena.post(MARIA, **fields(("operator", "TST", "")))).status_code == 403
    await elena.client.aclose()
