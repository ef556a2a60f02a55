"""A small district with a running notify service, and the people who use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from shared.contracts.vocabulary import Role
from shared.ids import account_id
from shared.messaging.inbox import decode, take_in
from shared.security.sealing import Seals
from shared.storage.transaction import Transaction
from tests.support.intake_voice import Incident, Said
from tests.support.world import ServiceWorld, ok

MUNICIPALITIES = ("TST1", "TST2", "TST3")
CENTRES: Mapping[str, Sequence[str]] = {"dunav": ("TST1", "TST2"), "balkan": ("TST2", "TST1")}
"""Nobody serves TST3."""
PEOPLE: Mapping[str, Sequence[str]] = {"dunav": ("ana", "boyana", "vera"), "balkan": ("gergana",)}
OFFICES: Mapping[str, Sequence[str]] = {"children-one": ("TST1",), "children-two": ("TST2",)}
FACTS: Mapping[str, Any] = {
    "call": "live",
    "location": {"municipality": "TST1", "settlement": "Скритово"},
    "callback": {
        "phone": "+359888000001",
        "safe_to_call": "unknown",
        "code_word": "пратка",
        "channels_banned": ["sms"],
    },
    "victim": {"name": "Мария", "injured": "unknown", "languages": ["bg"]},
    "perpetrators": [{"name": "Петър", "present": "yes"}],
    "risk": {"instrument": "lap", "answers": {"1": "yes", "4": "not_answered"}},
    "narrative": "Съседка чува викове.",
}
PERSONAL = ("Мария", "Петър", "359888000001", "пратка", "викове", "Скритово")


def address(person: str) -> str:
    """Return the e-mail address of a person, as it stands on a rota."""
    return f"{person}@test.example"


def account(person: str) -> str:
    return account_id(address(person))


def rota(*people: str | None, minutes: int | None = 5) -> list[dict[str, Any]]:
    """Return a rota of these people; ``None`` is a step that nobody has."""
    return [
        {"order": order, "person": person and address(person), "minutes": minutes}
        for order, person in enumerate(people, 1)
    ]


def district(
    centres: Mapping[str, Sequence[str]] = CENTRES, people: Mapping[str, Sequence[str | None]] = PEOPLE
) -> dict[str, Any]:
    """Return the section of a jurisdiction."""
    return {
        "code": "TST",
        "name": {"bg": "Проба"},
        "country": "BG",
        "languages": ["bg"],
        "timezone": "Europe/Sofia",
        "invented": "Everything here is invented.",
        "deadlines": {},
        "municipalities": [
            {"code": code, "name": {"bg": code}, "latitude": 43.8, "longitude": 25.9, "region": "one"}
            for code in MUNICIPALITIES
        ],
        "centres": [
            {
                "code": code,
                "name": {"bg": code},
                "serves": serves,
                "phone": "+359888000301",
                "rota": [step for step in rota(*people.get(code, ())) if step["person"]],
            }
            for code, serves in centres.items()
        ],
        "child_protection": [
            {"code": code, "name": {"bg": code}, "municipalities": municipalities, "phone": "+359888000401"}
            for code, municipalities in OFFICES.items()
        ],
    }


def packet(*, consented: bool = True, municipality: str = "TST1", **more: Any) -> dict[str, Any]:
    """Return what intake seals for notify."""
    return {
        "municipality": municipality,
        "region": "one",
        "people": 2,
        "languages": ["bg"],
        "consented": consented,
        "packet": FACTS if consented else {},
        "children": [],
        **more,
    }


CHILD: Mapping[str, Any] = {"children_involved": True, "packet": packet(children=[{"age": 4, "where": "with_victim"}])}


class World(ServiceWorld):
    """What a test can do and see."""

    def person(self, name: str, centre: str = "dunav") -> httpx.AsyncClient:
        """Return somebody of a centre's staff, by the name on its rota."""
        if name not in self._clients:
            self._clients[name] = self.service.client(Role.CENTRE_STAFF, centre, email=name)
        return self._clients[name]

    @property
    def ana(self) -> httpx.AsyncClient:
        """The first on the rota of the centre that is asked first."""
        return self.person("ana")

    @property
    def gergana(self) -> httpx.AsyncClient:
        """The only one on the rota of the second centre."""
        return self.person("gergana", "balkan")

    async def load(self, **more: Any) -> dict[str, Any]:
        """Load the district."""
        return await ok(self.admin.put("/jurisdictions/TST", json=district(**more)))

    async def raises(self, **facts: Any) -> Incident:
        """Let intake raise an incident; she has consented unless the packet says otherwise."""
        return await super().raises(**{"packet": packet(), **facts})

    async def hear_at_once(self, *said: Said) -> None:
        """Hear several messages before any clock looks."""
        house = self.service.chassis.house
        seals = Seals.from_folder(self.service.keys, house.service)
        heard = [decode(each.headers, each.body, house.service, seals) for each in said]

        def use_case(tx: Transaction) -> None:
            for each in heard:
                assert each is not None
                to_do = take_in(tx, each)
                if to_do is not None:
                    house.handlers[each.family](tx, to_do)

        await self.service.chassis.runner.run(use_case)

    async def handovers(self, incident: Incident) -> list[dict[str, Any]]:
        """Return an incident's handovers, oldest first."""
        listed = await ok(self.supervisor.get("/handovers", params={"incident": incident.id}))
        return sorted(listed["items"], key=lambda handover: handover["attempt"])

    async def handover(self, incident: Incident) -> dict[str, Any]:
        """Return an incident's newest handover."""
        return (await self.handovers(incident))[-1]

    async def notices(self, incident: Incident) -> list[dict[str, Any]]:
        """Return an incident's child-protection notices, oldest first."""
        return list(reversed((await ok(self.supervisor.get("/notices", params={"incident": incident.id})))["items"]))

    async def paged(self, incident: Incident, mode: str = "actual") -> list[tuple[str, str, str]]:
        """Send what waits, and return who was paged about an incident, oldest first: name, cause and state."""
        await self.passes(0)
        listed = await ok(self.supervisor.get("/deliveries", params={"mode": mode, "limit": 200}))
        names = {account(name): name for people in PEOPLE.values() for name in people}
        return [
            (names[each["person"]], each["cause"], each["state"])
            for each in reversed(listed["items"])
            if each["incident"] == incident.id
        ]

    async def trail(self) -> list[dict[str, Any]]:
        """Return the whole audit trail, oldest first."""
        lines: list[dict[str, Any]] = []
        after = None
        while True:
            parameters = {"limit": 200} | ({"after": after} if after else {})
            page = await ok(self.client(Role.AUDITOR).get("/audit", params=parameters))
            lines += page["items"]
            after = page["next"]
            if after is None:
                return lines
