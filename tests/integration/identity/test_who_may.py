"""Administrators keep to what they administer; nobody rises above oneself; an administrator always remains."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Role
from shared.ids import account_id
from shared.security.keys import verifying_keys
from shared.security.tokens import Grant, Verifier
from tests.integration.identity.world import PASSWORD, World, role
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

OTHER = {"mechanism": "OTH", "police": "elsewhere"}


def new(name: str, *roles: dict[str, str]) -> dict[str, object]:
    return {"email": f"{name}@test.example", "name": "М", "password": PASSWORD, "roles": list(roles)}


@pytest.mark.parametrize("other", [each for each in Role if each is not Role.ADMIN])
async def test_only_administrators_see_accounts(world: World, other: Role) -> None:
    client = world.client(other)
    await refused(client.get("/users"), 403)
    await refused(client.post("/users", json=new("maria", role("operator", "TST"))), 403)
    await refused(client.get(f"/users/{account_id('maria@test.example')}"), 403)
    await refused(client.patch(f"/users/{account_id('maria@test.example')}", json={}), 403)
    await refused(client.get("/organisations"), 403)
    await refused(client.put("/jurisdictions/TST", json={}), 403)


async def test_an_administrator_keeps_to_the_own_mechanism(world: World) -> None:
    await world.load("OTH", **OTHER)
    ours = await world.account("ours", role("crew", "north", "N-1"))
    theirs = await world.account("theirs", role("dispatcher", "elsewhere"))
    both = await world.account("both", role("operator", "TST"), role("operator", "OTH"))
    admin = world.client(Role.ADMIN)
    listed = await ok(admin.get("/users"))
    assert {item["id"] for item in listed["items"]} == {ours["id"], both["id"]}
    assert {item["jurisdiction"] for item in (await ok(admin.get("/organisations")))["items"]} == {"TST"}
    await ok(admin.patch(f"/users/{ours['id']}", json={"name": "Друга"}))
    await ok(admin.get(f"/users/{both['id']}"))
    await refused(admin.get(f"/users/{theirs['id']}"), 404)
    await refused(admin.patch(f"/users/{theirs['id']}", json={"disabled": True}), 404)
    await refused(admin.patch(f"/users/{theirs['id']}", json={"password": "a brand new password"}), 404)
    await refused(admin.patch(f"/users/{account_id('nobody@test.example')}", json={"disabled": True}), 404)


async def test_nobody_rises_above_oneself(world: World) -> None:
    await world.load("OTH", **OTHER)
    both = await world.account("both", role("admin", "TST"), role("admin", "*"))
    ours = await world.account("ours", role("operator", "TST"))
    admin = world.client(Role.ADMIN)
    for roles in (
        [role("admin", "*")],
        [role("admin", "OTH")],
        [role("admin", "TST"), role("dispatcher", "elsewhere")],
    ):
        await refused(admin.post("/users", json=new("friend", *roles)), 403)
        await refused(admin.patch(f"/users/{ours['id']}", json={"roles": roles}), 403)
    await refused(admin.patch(f"/users/{both['id']}", json={"password": "a brand new password"}), 403)


async def test_an_administrator_always_remains(world: World) -> None:
    made = await world.account("admin", role("admin", "TST"), role("operator", "TST"))
    client = await world.signed_in("admin")
    path = f"/users/{made['id']}"
    await refused(client.patch(path, json={"disabled": True}), 409)
    await refused(client.patch(path, json={"roles": [role("operator", "TST")]}), 409)
    await ok(client.patch(path, json={"roles": [role("admin", "TST")]}))


async def test_who_administers_everything_can_do_so_in_every_service(world: World) -> None:
    await world.account("root", role("admin", "*"))

    async def token() -> set[Grant]:
        signed_in = await world.sign_in("root")
        return set(Verifier(verifying_keys(world.service.keys)).account(signed_in["token"]).grants)

    assert await token() == {Grant(Role.ADMIN, "*"), Grant(Role.ADMIN, "TST")}
    await world.load("OTH", **OTHER)
    assert await token() == {Grant(Role.ADMIN, "*"), Grant(Role.ADMIN, "TST"), Grant(Role.ADMIN, "OTH")}
    root = await world.signed_in("root")
    await ok(root.post("/users", json=new("theirs", role("dispatcher", "elsewhere"))), 201)
    await ok(root.post("/users", json=new("second", role("admin", "*"))), 201)


async def test_an_auditor_reads_the_trail_and_no_accounts(world: World) -> None:
    await ok(world.client(Role.AUDITOR).get("/audit"))
    for other in (Role.ADMIN, Role.SUPERVISOR, Role.OPS):
        await refused(world.client(other).get("/audit"), 403)


async def test_without_a_token_only_the_door_is_open(world: World) -> None:
    for method, path in (
        ("GET", "/me"),
        ("GET", "/users"),
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/current"),
        ("POST", "/otp"),
        ("POST", "/me/password"),
        ("GET", "/jurisdictions"),
    ):
        assert (await world.nobody.request(method, path)).status_code == 401, path
    assert (await world.nobody.get("/stream")).status_code == 404
