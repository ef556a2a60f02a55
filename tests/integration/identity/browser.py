"""A browser as identity sees one: it keeps cookies, fills forms, and repeats their word."""

from __future__ import annotations

import re
from typing import Any

import httpx

from services.identity.throttle import OwnTally
from shared.web.access import GATEWAY_HEADER
from shared.web.pages.cookies import FORM_FIELD
from tests.integration.identity.world import PASSWORD, World
from tests.support.trust import NOBODY

_PROOF = re.compile(r'name="proof" value="([^"]+)"')


class Browser:
    """One person's browser, without any script."""

    def __init__(self, world: World) -> None:
        # Accounts of one name come and go in a module's tests; the tries of one test are not those of the next.
        world.service.chassis.house.state["tools"].throttle._own = OwnTally()
        self._base = world.service.base
        headers = {GATEWAY_HEADER: "1", "X-Forwarded-For": world.address, "Accept": "text/html"}
        self.client = httpx.AsyncClient(verify=NOBODY, headers=headers, timeout=10)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Read a page of identity's."""
        return await self.client.get(self._base + path, **more)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form."""
        word = self.cookie("zakrila_form")
        if not word:
            await self.get("/sign-in")
            word = self.cookie("zakrila_form")
        return await self.client.post(self._base + path, data={FORM_FIELD: word, **fields})

    async def script(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a page's script does."""
        self.client.headers["Accept"] = "application/json"
        try:
            return await self.post(path, **fields)
        finally:
            self.client.headers["Accept"] = "text/html"

    async def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """Fill the sign-in form."""
        return await self.post("/sign-in", email=f"{name}@test.example", password=password, **more)

    async def is_signed_in(self) -> bool:
        """Say whether the start page opens."""
        return (await self.get("/")).status_code == 200

    def cookie(self, name: str) -> str:
        """Return a cookie, empty if there is none."""
        return next((each.value or "" for each in self.client.cookies.jar if each.name == name), "")

    def give_cookie(self, name: str, value: str) -> None:
        """Put a cookie in, in the place of one of its name."""
        jar = self.client.cookies.jar
        for each in [each for each in jar if each.name == name]:
            jar.clear(each.domain, each.path, each.name)
        if value:
            self.client.cookies.set(name, value, "127.0.0.1", "/")


def proof_in(page: httpx.Response) -> str:
    """Return the note that a page gives to send with the code; empty if it asks for none."""
    found = _PROOF.search(page.text)
    return found[1] if found else ""


def goes_to(answer: httpx.Response) -> str:
    """Return where an answer sends the browser next."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]
