"""Calls of every kind, when they are due and what is said about them later; all of it follows from the seed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.traffic.api import Api, OutOfPatience, Refusal
from shared.contracts.vocabulary import LegKind
from tests.faults.history import Call

P, S, C = LegKind.POLICE, LegKind.SHELTER, LegKind.CENTRE
_NEEDS: Sequence[tuple[frozenset[LegKind], int]] = (
    (frozenset({P, S, C}), 60),
    (frozenset({P, C}), 15),
    (frozenset({P, S}), 8),
    (frozenset({P}), 7),
    (frozenset({S, C}), 5),
    (frozenset({C}), 5),
)
_DRILLS = 0.05
_HANG_UPS = 0.05
_POLICEMEN = 0.04
_CHILDREN = 0.4
_FURTHER = 0.25
_AT_ONCE = 60

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Later:
    """Something an operator does about an accepted incident."""

    after: float
    path: str
    body: Mapping[str, Any]


def calls(seed: int, rate: float, seconds: float, municipalities: Sequence[str]) -> Iterator[Call]:
    """Make the calls of a storm: as many as ``rate`` a second, at random moments, in the order of time."""
    chance = random.Random(f"{seed} calls")
    moments = sorted(chance.uniform(0, seconds) for _ in range(round(rate * seconds)))
    for number, at in enumerate(moments):
        yield _call(f"call-{number}", at, chance, municipalities)


def _call(name: str, at: float, chance: random.Random, municipalities: Sequence[str]) -> Call:
    needs = chance.choices([each for each, _ in _NEEDS], [weight for _, weight in _NEEDS])[0]
    home, his = chance.choice(municipalities), chance.choice(municipalities)
    drill, hangs_up = chance.random() < _DRILLS, chance.random() < _HANG_UPS
    children = chance.randrange(1, 3) if chance.random() < _CHILDREN else 0
    linked = "police" if chance.random() < _POLICEMEN else "none"
    body: dict[str, Any] = {
        "channel": chance.choice(["emergency_112", "helpline", "police_desk"]),
        "external_ref": name,
        "location": {"municipality": home},
        "needs": {kind.value: kind in needs for kind in LegKind},
        **({"mode": "exercise"} if drill else {}),
    }
    if not hangs_up:
        body |= {
            "call": "live",
            "victim": {
                "adults": [{"sex": "f"}],
                "children": [{"age": 4, "sex": "f", "where": "with_victim"}] * children,
                "languages": ["bg"],
                "decision_shelter": "accepts",
            },
            "perpetrators": [{"municipality": his, "present": chance.choice(["yes", "no"]), "linked_to": linked}],
            "risk": {"instrument": "lap", "answers": {"1": chance.choice(["yes", "no", "not_answered"])}},
            "consent": {"share_with_centre": chance.random() < 0.7, "scope": "contact_and_story"},
            "narrative": "Storm: nobody is meant.",
        }
    alike = f"{home} {his} {children} {linked}" if not hangs_up else f"{home} unknown"
    return Call(name, at, body, needs, drill, alike)


def later(seed: int, call: Call) -> Sequence[Later]:
    """Return what the operator does about a call once it is accepted."""
    chance = random.Random(f"{seed} later {call.name}")
    if call.drill or chance.random() > _FURTHER:
        return ()
    after = chance.uniform(0.0, 6.0)
    further = {"channel": "helpline", "risk": {"instrument": "lap", "answers": {"4": "yes"}}}
    choices = [Later(after, "calls", further), Later(after, "risk/raise", {"reason": "her voice"})]
    if S in call.needs:
        choices.append(Later(after, "legs/shelter/waive", {"who_decided": "victim", "reason": "goes to her sister"}))
    else:
        choices.append(Later(after, "legs/shelter/request", {"who_decided": "victim", "reason": "wants to leave"}))
    choices.append(Later(after, "cancel", {"reason": "keying_error"}))
    first = chance.choice(choices)
    if first.path == "legs/shelter/waive" and chance.random() < 0.5:
        again = {"who_decided": "victim", "reason": "thought it over"}
        return (first, Later(chance.uniform(0.0, 4.0), "legs/shelter/request", again))
    return (first,)


class Client(Api):
    """A way in that tells of every answer that nobody should ever get."""

    def __init__(self, url: str, token: str, patience: float, surprised: Tell) -> None:
        super().__init__(url, token, patience=patience)
        self._surprised = surprised
        self._room = asyncio.Semaphore(_AT_ONCE)  # a long queue within the HTTP client costs its square

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._room:
                return await super()._ask(method, path, **more)
        except Refusal as refusal:
            if refusal.status >= 500:
                self._surprised(f"{refusal.status} for {method} {path}: {refusal}")
            raise

    async def hang_up(self, path: str, body: Mapping[str, Any], key: str, patience: float) -> None:
        """Begin to write and hang up: nobody knows whether it was heard."""
        with contextlib.suppress(httpx.TransportError):
            await self._http.post(path, json=body, headers={"Idempotency-Key": key}, timeout=patience)


class Impatient(Client):
    """A client that gives up now and then while its first try is still running, and tries again with the same key.

    With a second replica it tries now here, now there.
    """

    def __init__(self, url: str, token: str, patience: float, surprised: Tell, *, seed: str, share: float) -> None:
        super().__init__(url, token, patience, surprised)
        self._chance = random.Random(seed)
        self.share = share
        self.second: Client | None = None

    async def post(self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None) -> dict[str, Any]:
        """Write; some of the time by hanging up first, perhaps in the middle of the service's work."""
        if key is not None and self._chance.random() < self.share:
            await self._one_of_both().hang_up(path, body or {}, key, self._chance.choice((0.002, 0.01, 0.03, 0.1)))
        chosen = self._one_of_both()
        return await (super().post(path, body, key) if chosen is self else chosen.post(path, body, key))

    def _one_of_both(self) -> Client:
        return self.second if self.second is not None and self._chance.random() < 0.5 else self


async def follow_up(api: Api, seed: int, call: Call, incident: str) -> None:
    """Do what the operator does later about one incident; the rules may refuse it."""
    for number, step in enumerate(later(seed, call)):
        await asyncio.sleep(step.after)
        path = f"/intake/api/incidents/{incident}/{step.path}"
        with contextlib.suppress(Refusal, OutOfPatience):
            await api.post(path, step.body, f"{call.name}-{number}")
