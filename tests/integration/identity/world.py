"""A small deployment with a running identity service: its organisations, its people, and how they sign in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
from sqlalchemy import Column, func, select

from services.identity.local import bootstrap_token
from shared.clock import utc_now
from shared.ids import account_id
from shared.storage import kernel
from shared.web.access import GATEWAY_HEADER
from tests.support.house import Running
from tests.support.trust import NOBODY
from tests.support.world import Clock, ServiceWorld, ok

PASSWORD = "правилен кон батерия"
ORGANISATIONS = {"mechanism": "TST", "police": "north", "shelter": "birch", "centre": "river"}


class MovingClock(Clock):
    """Real time, and as much later as a test says: tokens are made and verified by clocks that agree."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def section(code: str = "TST", **organisations: str) -> dict[str, Any]:
    """Return what identity is given of a jurisdiction: its organisations, by kind."""
    wanted = organisations or ORGANISATIONS
    return {
        "code": code,
        "organisations": [{"code": name, "kind": kind, "name": {"bg": name}} for kind, name in wanted.items()],
    }


def role(name: str, organisation: str, unit: str | None = None) -> dict[str, str]:
    """Return a role as a request says it."""
    return {"role": name, "organisation": organisation} | ({"unit": unit} if unit else {})


class World(ServiceWorld):
    """What a test can do and see."""

    def __init__(self, service: Running, clock: Clock, number: int = 0) -> None:
        super().__init__(service, clock)
        self.address = f"198.51.100.{number}"
        self.nobody = self.with_token("")
        self.everywhere = self.with_token(bootstrap_token(service.keys))
        self._said_before = self._newest(kernel.outbox.c.id)
        self._noted_before = self._newest(kernel.audit.c.seq)

    def _newest(self, column: Column[Any]) -> int:
        with self.service.chassis.store.reading() as connection:
            return int(connection.execute(select(func.max(column))).scalar() or 0)

    def with_token(self, token: str, address: str | None = None) -> httpx.AsyncClient:
        """Return somebody who came through the gateway from an address."""
        headers = {GATEWAY_HEADER: "1", "X-Forwarded-For": address or self.address}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(verify=NOBODY, base_url=f"{self.service.base}/api", headers=headers, timeout=10)
        self._clients[f"{len(self._clients)}"] = client
        return client

    async def load(self, code: str = "TST", **organisations: str) -> dict[str, Any]:
        """Load a jurisdiction."""
        return await ok(self.everywhere.put(f"/jurisdictions/{code}", json=section(code, **organisations)))

    async def account(self, name: str, /, *roles: dict[str, str], **more: Any) -> dict[str, Any]:
        """Make an account; without roles, an operator's."""
        held = list(roles) or [role("operator", "TST")]
        body = {"email": f"{name}@test.example", "name": "Мария", "password": PASSWORD, "roles": held, **more}
        return await ok(self.everywhere.post("/users", json=body), 201)

    async def try_to_sign_in(
        self, name: str, password: str = PASSWORD, *, address: str | None = None, **more: Any
    ) -> httpx.Response:
        """Return what a sign-in is answered."""
        client = self.with_token("", address)
        return await client.post("/sessions", json={"email": f"{name}@test.example", "password": password, **more})

    async def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        """Sign in."""
        answer = await self.try_to_sign_in(name, password, **more)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def signed_in(self, name: str, **more: Any) -> httpx.AsyncClient:
        """Return somebody with a token of a new session."""
        return self.with_token((await self.sign_in(name, **more))["token"])

    async def change(self, name: str, /, **what: Any) -> dict[str, Any]:
        """Change an account as the administrator of everything."""
        return await ok(self.everywhere.patch(f"/users/{account_id(f'{name}@test.example')}", json=what))

    def announced(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return what was said on the bus, of one account or of everything, oldest first."""
        query = select(kernel.outbox).where(kernel.outbox.c.id > self._said_before).order_by(kernel.outbox.c.id)
        if name is not None:
            query = query.where(kernel.outbox.c.entity == account_id(f"{name}@test.example"))
        with self.service.chassis.store.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [{"type": row["type"], **orjson.loads(row["body"])} for row in rows]

    def audited(self, action: str) -> list[dict[str, Any]]:
        """Return the lines of the trail about one kind of action, oldest first."""
        chosen = (kernel.audit.c.action == action, kernel.audit.c.seq > self._noted_before)
        query = select(kernel.audit).where(*chosen).order_by(kernel.audit.c.seq)
        with self.service.chassis.store.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
