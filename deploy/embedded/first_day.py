"""Filling a new data folder: a jurisdiction, and accounts whose passwords are made here and kept beside it.

Interrupted, it is simply done again: the passwords are written down before the accounts are made, and a
jurisdiction loaded twice is loaded once.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.embedded.layout import Layout
from deploy.loading import load
from deploy.traffic.api import Api, Refusal
from services.identity.domain import EVERYWHERE
from services.identity.local import bootstrap_token
from shared.contracts.jurisdiction import Duty, Jurisdiction, Person
from shared.files import write_whole

FIRST_ADMIN = "admin@zakrila.local"
_AT_ONCE = 4
_PASSWORD_BYTES = 15


@dataclass(frozen=True)
class FirstDay:
    """What a new data folder is filled with."""

    jurisdiction: Jurisdiction | None
    demo: bool
    """Whether the jurisdiction's people get accounts; otherwise there is one administrator."""
    first_admin: str = FIRST_ADMIN

    def people(self) -> Sequence[Person]:
        """Return whose accounts are made."""
        if self.demo and self.jurisdiction is not None:
            return self.jurisdiction.addressed(first=True).people
        everywhere = Duty.model_construct(role="admin", organisation=EVERYWHERE, unit=None)
        return [Person.model_construct(login=self.first_admin, name="Administrator", roles=(everywhere,))]


async def fill(layout: Layout, url: str, plan: FirstDay, transport: httpx.AsyncBaseTransport | None = None) -> None:
    """Fill the stack at ``url``, whose data folder is new; through ``transport`` where it has no gateway yet."""
    token = bootstrap_token(layout.keys)
    async with Api(url, token, transport=transport) as api:
        if plan.jurisdiction is not None:
            await load(api, plan.jurisdiction, first=True)
        people = plan.people()
        passwords = _remembered(layout.demo_accounts, people)
        room = asyncio.Semaphore(_AT_ONCE)  # each costs a password hash

        async def make(person: Person) -> None:
            async with room:
                await _make(api, person, passwords[person.login])

        await asyncio.gather(*(make(person) for person in people))
    code = plan.jurisdiction.code if plan.jurisdiction else None
    _write(layout.first_day, {"jurisdiction": code, "demo": plan.demo})


def is_done(layout: Layout) -> bool:
    """Say whether the data folder was filled."""
    return layout.first_day.exists()


async def _make(api: Api, person: Person, password: str) -> None:
    roles = [duty.model_dump(exclude_none=True) for duty in person.roles]
    body = {"email": person.login, "name": person.name, "password": password, "roles": roles}
    try:
        await api.post("/identity/api/users", body, key=f"first-day-{person.login}")
    except Refusal as refusal:
        if refusal.status != 409:  # noqa: PLR2004  # there already, made by an interrupted first day
            raise


def _remembered(file: Path, people: Iterable[Person]) -> dict[str, str]:
    """Return a password for everybody: as written down before, or new and written down now."""
    known = {entry["email"]: entry["password"] for entry in json.loads(file.read_text())} if file.exists() else {}
    passwords = {person.login: known.get(person.login) or secrets.token_urlsafe(_PASSWORD_BYTES) for person in people}
    entries = [
        {
            "email": person.login,
            "password": passwords[person.login],
            "role": duty.role,
            "organisation": duty.organisation,
        }
        for person in people
        for duty in person.roles
    ]
    _write(file, entries)
    return passwords


def _write(file: Path, content: Any) -> None:
    write_whole(file, json.dumps(content, indent=1, ensure_ascii=False))
