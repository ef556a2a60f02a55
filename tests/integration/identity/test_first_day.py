"""A new deployment gets its first administrator, once, however often the first day is interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.embedded import first_day
from deploy.embedded.first_day import FIRST_ADMIN, FirstDay, fill
from deploy.embedded.layout import Layout
from deploy.jurisdictions import load
from deploy.traffic.api import Api
from services.identity.main import make_house
from shared.contracts.jurisdiction_sections import section
from tests.integration.identity.world import MovingClock, World, role
from tests.support.house import running
from tests.support.world import ok

pytestmark = pytest.mark.anyio


async def test_without_a_demo_there_is_one_administrator_of_everything(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    async with running(make_house, tmp_path) as service:
        url = service.base.removesuffix("/identity")
        for _ in range(2):
            await fill(layout, url, FirstDay(None, demo=False))
        (written,) = json.loads(layout.demo_accounts.read_text())
        assert (written["email"], written["role"], written["organisation"]) == (FIRST_ADMIN, "admin", "*")
        world = World(service, MovingClock())
        body = {"email": written["email"], "password": written["password"]}
        signed_in = await ok(world.nobody.post("/sessions", json=body), 201)
        client = world.with_token(signed_in["token"])
        assert (await ok(client.get("/me")))["roles"] == [role("admin", "*")]
        await world.close()


async def test_everybody_of_a_demo_gets_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, ruse = Layout(tmp_path), load.named("ruse")

    async def load_into_identity_alone(api: Api, *_more: object, first: bool) -> None:
        body = section(ruse, "identity", first=first).model_dump(mode="json")
        await api.put(f"/identity/api/jurisdictions/{ruse.code}", body)

    monkeypatch.setattr(first_day, "load", load_into_identity_alone)
    async with running(make_house, tmp_path) as service:
        await fill(layout, service.base.removesuffix("/identity"), FirstDay(ruse, demo=True))
        entries = json.loads(layout.demo_accounts.read_text())
        people = ruse.addressed(first=True).people
        world = World(service, MovingClock())
        listed = await ok(world.everywhere.get("/users", params={"limit": 200}))
        assert {item["email"] for item in listed["items"]} == {person.login for person in people}
        operator = next(entry for entry in entries if entry["email"] == "operator@demo.example")
        body = {"email": operator["email"], "password": operator["password"]}
        await ok(world.nobody.post("/sessions", json=body), 201)
        await world.close()
