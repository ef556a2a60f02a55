"""Accounts: made, changed, disabled; twice is once."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx
import pytest

from shared.ids import account_id
from tests.integration.identity.world import PASSWORD, World, role
from tests.support.house import eventually
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def _is_refused(client: httpx.AsyncClient) -> bool:
    return (await client.get("/me")).status_code == httpx.codes.UNAUTHORIZED


async def test_an_account_is_made_and_shown_without_its_password(world: World) -> None:
    body = {
        "email": "Maria@Test.Example",
        "name": "Мария",
        "password": PASSWORD,
        "roles": [role("operator", "TST")],
        "language": "bg",
    }
    answer = await world.everywhere.post("/users", json=body)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/identity/api/users/{made['id']}"
    assert made.pop("created_at")
    assert made == {
        "id": account_id("maria@test.example"),
        "email": "maria@test.example",
        "name": "Мария",
        "roles": [role("operator", "TST")],
        "disabled": False,
        "language": "bg",
        "otp": False,
        "version": 1,
    }
    assert await ok(world.everywhere.get(f"/users/{made['id']}")) == answer.json()


async def test_the_same_request_twice_makes_one_account(world: World) -> None:
    body = {"email": "m@test.example", "name": "М", "password": PASSWORD, "roles": [role("operator", "TST")]}
    key = {"Idempotency-Key": "once"}
    first = await ok(world.everywhere.post("/users", json=body, headers=key), 201)
    assert await ok(world.everywhere.post("/users", json=body, headers=key), 201) == first
    await refused(world.everywhere.post("/users", json=body | {"password": PASSWORD + "."}, headers=key), 422)
    assert (await refused(world.everywhere.post("/users", json=body), 409))["type"].endswith("conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "too short"}, "password"),
        ({"password": "long-enough@test.example", "email": "long-enough@test.example"}, "password"),
        ({"email": "no address"}, "email"),
        ({"email": "two@at@signs.example"}, "email"),
        ({"name": ""}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": [role("operator", "north")]}, "roles.0.organisation"),
        ({"roles": [role("operator", "XXX")]}, "roles.0.organisation"),
        ({"roles": [role("operator", "TST"), role("dispatcher", "TST")]}, "roles.1.organisation"),
        ({"roles": [role("crew", "north")]}, "roles.0.unit"),
        ({"roles": [role("dispatcher", "north", "N-1")]}, "roles.0.unit"),
        ({"roles": [role("operator", "*")]}, "roles.0.organisation"),
        ({"roles": [role("operator", "TST"), role("operator", "TST")]}, "roles.1"),
        ({"roles": [role("king", "TST")]}, "roles.0.role"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name_and_not_echoed(
    world: World, change: dict[str, object], field: str
) -> None:
    body = {"email": "m@test.example", "name": "М", "password": PASSWORD, "roles": [role("operator", "TST")]}
    problem = await refused(world.everywhere.post("/users", json=body | change), 422)
    assert problem["errors"][0]["field"] == field
    assert PASSWORD not in str(problem)
    assert "long-enough" not in str(problem)


async def test_changed_roles_end_the_tokens_and_not_the_session(world: World) -> None:
    await world.account("maria")
    signed_in = await world.sign_in("maria")
    client = world.with_token(signed_in["token"])
    changed = await world.change("maria", roles=[role("supervisor", "TST"), role("centre_staff", "river")])
    assert changed["version"] == 2
    await eventually(partial(_is_refused, client), "the old token is refused")
    next_ = await ok(world.nobody.post("/sessions/current/refresh", json={"refresh": signed_in["refresh"]}))
    me = await ok(world.with_token(next_["token"]).get("/me"))
    assert {held["role"] for held in me["roles"]} == {"supervisor", "centre_staff"}
    (event,) = world.announced("maria")
    assert (event["type"], event["version"]) == ("identity.account.changed", 2)
    assert event["state"]["account"] == changed["id"]


@pytest.mark.parametrize("what", [{"disabled": True}, {"password": "a brand new password"}])
async def test_who_must_not_be_in_is_out_everywhere(world: World, what: dict[str, object]) -> None:
    await world.account("maria")
    signed_in = await world.sign_in("maria")
    client = world.with_token(signed_in["token"])
    await world.change("maria", **what)
    await eventually(partial(_is_refused, client), "the token is refused")
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": signed_in["refresh"]}), 401)
    assert (await world.try_to_sign_in("maria")).status_code == 401
    assert types(world.announced("maria")) == ["changed"]


async def test_who_was_disabled_can_be_let_in_again(world: World) -> None:
    await world.account("maria")
    await world.change("maria", disabled=True)
    await world.change("maria", disabled=False)
    await world.sign_in("maria")
    assert [line["action"] for line in world.audited("account.enable")] == ["account.enable"]


async def test_what_is_so_already_changes_nothing(world: World) -> None:
    made = await world.account("maria", role("crew", "north", "N-1"), role("operator", "TST"))
    same = {"name": made["name"], "roles": made["roles"][::-1], "disabled": False, "otp": False, "language": None}
    assert await world.change("maria", **same) == made
    path = f"/users/{made['id']}"
    stale = {"If-Match": '"7"'}
    assert await ok(world.everywhere.patch(path, json=same, headers=stale)) == made
    await refused(world.everywhere.patch(path, json={"name": "Друга"}, headers=stale), 412)
    assert world.announced("maria") == []


async def test_of_two_administrators_at_once_one_is_told(world: World) -> None:
    path = f"/users/{(await world.account('maria'))['id']}"
    seen = {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(world.everywhere.patch(path, json={"name": name}, headers=seen) for name in ("Елена", "Ана"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await ok(world.everywhere.get(path)))["version"] == 2


async def test_of_two_that_make_one_account_at_once_one_is_told(world: World) -> None:
    body = {"email": "m@test.example", "name": "М", "password": PASSWORD, "roles": [role("operator", "TST")]}
    answers = await asyncio.gather(*(world.everywhere.post("/users", json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_language_can_be_taken_away_and_a_name_cannot(world: World) -> None:
    await world.account("maria", language="bg")
    assert (await world.change("maria", language=None))["language"] is None
    path = f"/users/{account_id('maria@test.example')}"
    await refused(world.everywhere.patch(path, json={"name": None}), 422)
    await refused(world.everywhere.patch(path, json={"disabled": "yes"}), 422)


async def test_one_gives_oneself_a_new_password_and_stays_in(world: World) -> None:
    await world.account("maria")
    here, elsewhere = await world.sign_in("maria"), await world.sign_in("maria")
    client = world.with_token(here["token"])
    body = {"present": PASSWORD, "new": "a brand new password"}
    await refused(client.post("/me/password", json=body | {"present": "something else"}), 422)
    await refused(client.post("/me/password", json=body | {"new": "short"}), 422)
    await ok(client.post("/me/password", json=body))
    await ok(world.nobody.post("/sessions/current/refresh", json={"refresh": here["refresh"]}))
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": elsewhere["refresh"]}), 401)
    assert (await world.try_to_sign_in("maria")).status_code == 401
    await world.sign_in("maria", "a brand new password")


async def test_accounts_come_in_pages_and_by_what_they_may(world: World) -> None:
    for number in range(3):
        await world.account(f"operator-{number}")
    await world.account("crew", role("crew", "north", "N-1"))
    first = await ok(world.everywhere.get("/users", params={"limit": 3}))
    second = await ok(world.everywhere.get("/users", params={"limit": 3, "after": first["next"]}))
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 1, None)
    assert all(item["roles"] for item in first["items"])
    crews = await ok(world.everywhere.get("/users", params={"role": "crew"}))
    assert [item["email"] for item in crews["items"]] == ["crew@test.example"]
    assert (await ok(world.everywhere.get("/users", params={"organisation": "birch"})))["items"] == []
    assert len(world.audited("account.list")) == 4


async def test_everything_done_with_accounts_is_in_the_trail(world: World) -> None:
    made = await world.account("maria")
    await world.sign_in("maria")
    await ok(world.everywhere.get(f"/users/{made['id']}"))
    await world.change("maria", roles=[role("supervisor", "TST")])
    await world.change("maria", password="a brand new password")
    await world.change("maria", disabled=True)
    for action in ("create", "read", "roles", "password_reset", "disable"):
        assert world.audited(f"account.{action}")[-1]["entity"] == made["id"], action
    assert world.audited("session.begin")[-1]["account"] == made["id"]
    auditor = await world.account("auditor", role("auditor", "TST"))
    lines = await ok((await world.signed_in("auditor")).get("/audit"))
    assert auditor["email"] not in str(lines)
