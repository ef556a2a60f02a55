"""The signing key is renewed without anybody being signed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.identity.main import make_house
from services.identity.tables import SAID_KEYS
from shared.security.keys import ensure_keys, verifying_keys
from tests.integration.identity.world import MovingClock, World
from tests.support.house import Running, eventually, running
from tests.support.world import ok

pytestmark = pytest.mark.anyio


def announced(service: Running) -> dict[str, Any] | None:
    with service.chassis.store.reading() as connection:
        row = connection.execute(SAID_KEYS.select()).mappings().first()
    return dict(row) if row else None


async def test_keys_are_announced_when_they_changed_and_old_tokens_live_out(tmp_path: Path) -> None:
    async with running(make_house, tmp_path) as service:
        await eventually(lambda: announced(service), "the keys are announced")
        world = World(service, MovingClock())
        await world.load()
        await world.account("maria")
        old = await world.sign_in("maria")
        await world.close()
    (tmp_path / "keys" / "signing.jwk").unlink()
    ensure_keys(tmp_path / "keys")
    kids = sorted(verifying_keys(tmp_path / "keys"))
    assert len(kids) == 2
    for _ in range(2):
        async with running(make_house, tmp_path) as service:
            await eventually(lambda: announced(service)["kids"] == kids, "the keys are announced")  # type: ignore[index]  # by then there are keys
            world = World(service, MovingClock())
            await ok(world.with_token(old["token"]).get("/me"))
            refreshed = await ok(world.nobody.post("/sessions/current/refresh", json={"refresh": old["refresh"]}))
            await ok(world.with_token(refreshed["token"]).get("/me"))
            assert len((await ok(world.nobody.get("/../.well-known/jwks.json")))["keys"]) == 2
            assert (announced(service) or {})["version"] == 2
            await world.close()
