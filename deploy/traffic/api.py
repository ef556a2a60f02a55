"""Talking to a running stack, patiently: what cannot be accepted now is asked again under the same key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from deploy.errors import CommandError
from shared.ids import new_id

_PAUSE_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)


class Refusal(CommandError):
    """The stack said no, and saying it again will not help."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        fields = "; ".join(f"{e['field']}: {e['message']}" for e in problem.get("errors", ()))
        super().__init__(fields or problem.get("detail") or problem.get("title") or f"status {status}")
        self.status = status
        self.problem = problem


class OutOfPatience(CommandError):
    """The stack did not answer in time."""


@dataclass(frozen=True)
class Event:
    """A server-sent event."""

    id: str
    type: str
    entity: str


class Api:
    """One account's way into a stack. Use it as an async context manager."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: float = 60.0,
        connections: int = 100,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10.0, pool=None),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """Read."""
        return await self._ask("GET", path, params={k: v for k, v in parameters.items() if v is not None})

    async def post(self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None) -> dict[str, Any]:
        """Write, once however often it must be said."""
        headers = {"Idempotency-Key": key or new_id()}
        return await self._ask("POST", path, json=body or {}, headers=headers)

    async def put(self, path: str, body: Mapping[str, Any], **parameters: Any) -> dict[str, Any]:
        """Replace; saying it twice is saying it once."""
        return await self._ask("PUT", path, json=body, params=parameters)

    async def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change; saying it twice is saying it once."""
        return await self._ask("PATCH", path, json=body)

    async def pages(self, path: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """Read a whole list, item by item."""
        after = None
        while True:
            page = await self.get(path, limit=200, after=after, **parameters)
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return

    async def events(self, path: str) -> AsyncIterator[Event]:
        """Follow a live stream for ever, resuming where it was cut."""
        last, pause = "", 0
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                async with self._http.stream(
                    "GET", path, headers=headers, timeout=httpx.Timeout(10, read=40)
                ) as answer:
                    answer.raise_for_status()
                    async for event in _events(answer.aiter_lines()):
                        last, pause = event.id, 0
                        yield event
            except httpx.HTTPError:
                await asyncio.sleep(_PAUSE_SECONDS[min(pause, len(_PAUSE_SECONDS) - 1)])
                pause += 1

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        deadline = asyncio.get_running_loop().time() + self._patience
        tries = 0
        while True:
            pause = _PAUSE_SECONDS[min(tries, len(_PAUSE_SECONDS) - 1)]
            try:
                answer = await self._http.request(method, path, **more)
            except httpx.TransportError as error:
                why: str = type(error).__name__
            else:
                if not _try_again(answer):
                    return _read(answer)
                why = f"{answer.status_code}"
                pause = max(pause, _asked_pause(answer))
            if asyncio.get_running_loop().time() > deadline:
                raise OutOfPatience(f"{method} {path}: no answer in {self._patience:g} s ({why})")
            await asyncio.sleep(pause)
            tries += 1


def _try_again(answer: httpx.Response) -> bool:
    if answer.status_code in {429, 502, 503, 504}:
        return True
    return answer.status_code == httpx.codes.CONFLICT and "request-in-progress" in answer.text


def _asked_pause(answer: httpx.Response) -> float:
    """Return the seconds of `Retry-After`; a date, or nothing, is no wish."""
    wish = answer.headers.get("Retry-After", "")
    return float(wish) if wish.isdecimal() else 0.0


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json() if answer.content else {}
    except json.JSONDecodeError:
        body = {"detail": f"an answer that is not JSON ({answer.status_code})"}
    if answer.is_error:
        raise Refusal(answer.status_code, body)
    read: dict[str, Any] = body
    return read


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in lines:
        if not line:
            if "data" in fields:
                entity = json.loads(fields["data"]).get("id", "")
                yield Event(fields.get("id", ""), fields.get("event", ""), entity)
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
