"""Whatever happens in whatever order: one room, one family; nobody waits in vain; the most dangerous first."""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import RowMapping, select

from services.shelter_beds import main
from services.shelter_beds.commands import clocks, houses, loading, moves
from services.shelter_beds.consumers import handlers
from services.shelter_beds.domain.forms import RoomPatch
from services.shelter_beds.domain.placement import ACTIVE, LIVE, Move
from services.shelter_beds.names import Names
from services.shelter_beds.tables import PLACEMENT, ROOM
from shared.contracts.jurisdiction_sections import ShelterBedsSection
from shared.contracts.vocabulary import Mode, PlacementState, Role, RoomState, Service
from shared.errors import DomainError
from shared.messaging.inbox import decode, take_in
from shared.security.keys import ensure_keys
from shared.security.sealing import Seals
from shared.security.tokens import Account, Grant
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.ledger import write_ledger
from shared.storage.migrate import migrate
from shared.storage.transaction import Transaction
from shared.telemetry.tracing import Trace
from tests.integration.shelter_beds.second_opinion import SecondOpinion
from tests.integration.shelter_beds.world import MUNICIPALITIES, POINT, area, shelter
from tests.support.intake_voice import RAISED, Incident, IntakeVoice, Said

P = PlacementState
SHELTERS = {
    "lipa": shelter("lipa", 2, 3, at="TST2", pets=0),
    "breza": shelter("breza", 2, at="TST3", languages=["sq"], documents_required=True),
    "iva": shelter("iva", 4, at="TST1", oldest_boy=10),
}
NEIGHBOUR = {"NBR1": (42.0, 24.0, "other")}
_ENDS = {P.RELEASED, P.CANCELLED}
_AFTER = {
    None: {P.WAITLISTED, P.HELD, P.CANCELLED},
    P.WAITLISTED: {P.WAITLISTED, P.HELD, P.CANCELLED},
    P.HELD: {P.HELD, P.CONFIRMED, P.DECLINED, P.EXPIRED, *_ENDS},
    P.CONFIRMED: {P.CONFIRMED, P.ARRIVED, P.NO_SHOW, *_ENDS},
    P.ARRIVED: {P.ARRIVED, P.ABSENT, P.DEPARTED, P.CANCELLED},  # cancelled: the drill became real
    P.ABSENT: {P.ABSENT, P.ARRIVED, P.DEPARTED, P.CANCELLED},
}
"""DESIGN's state machine; a state may be said again when something else about the placement is new."""

FAMILIES = st.fixed_dictionaries(
    {
        "victim": st.fixed_dictionaries(
            {
                "adults": st.sampled_from([[{"sex": "f"}], [{"sex": "f"}], [{"sex": "f"}, {"sex": "m"}], []]),
                "children": st.lists(
                    st.fixed_dictionaries({"age": st.integers(0, 17), "sex": st.sampled_from("fm")}), max_size=2
                ),
                "pets": st.sampled_from([0, 0, 1]),
                "languages": st.sampled_from([[], ["bg"], ["sq"]]),
            }
        ),
        "perpetrators": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["Иван Лош", "Лош, Иван", "Петър Зъл"]),
                    "municipality": st.sampled_from(sorted(MUNICIPALITIES)),
                }
            ),
            max_size=1,
        ),
    }
)
CALLS = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 3),
        "municipality": st.sampled_from(sorted(MUNICIPALITIES)),
        "mode": st.sampled_from([Mode.ACTUAL, Mode.ACTUAL, Mode.EXERCISE]),
        "facts": FAMILIES,
    }
)
Result = TypeVar("Result")


def somebody(role: Role, organisation: str) -> Account:
    return Account(f"{role}", "s", (Grant(role, organisation),), 0, 0)


class Town(RuleBasedStateMachine):
    """shelter_beds without its runner: use cases one after another, each in a transaction of its own."""

    def __init__(self, template: Path, keys: Path) -> None:
        super().__init__()
        file = template.with_name("town.sqlite3")
        for rest in template.parent.glob("town.sqlite3*"):
            rest.unlink()
        shutil.copy(template, file)
        self.store = Store(f"sqlite:///{file}")
        self.connection = self.store.open_writer()
        self.connection.exec_driver_sql("PRAGMA synchronous=OFF")  # nothing here outlives the test
        self.seals = Seals.from_folder(keys, Service.SHELTER_BEDS)
        self.names = Names(keys)
        self.handlers = handlers(self.names.hashed)
        self.voice = IntakeVoice(keys, Service.SHELTER_BEDS)
        self.now = RAISED
        self.incidents: list[Incident] = []
        self.opinion = SecondOpinion(self.rows, self.incidents, self.names)
        self.jobs: dict[str, int] = {}

    def teardown(self) -> None:
        self.check_that_every_version_was_said_once_and_every_state_follows()
        self.check_that_no_room_was_ever_held_twice()
        self.connection.close()
        self.store.close()

    # --- running -----------------------------------------------------------------------------------------------------

    def run(self, use_case: Callable[[Transaction], Result]) -> Result | None:
        """Run a use case; what the rules refuse leaves no trace."""
        self.now += timedelta(milliseconds=1)
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        tx = Transaction(self.connection, self.now, Service.SHELTER_BEDS, self.seals, Trace.new())
        try:
            result = use_case(tx)
        except DomainError:
            self.connection.exec_driver_sql("ROLLBACK")
            return None
        write_ledger(self.connection, Service.SHELTER_BEDS, self.now, "", [tx])
        self.connection.exec_driver_sql("COMMIT")
        self.check_that_nobody_was_overtaken_or_put_where_they_must_not_be()
        return result

    def rows(self, table: Any) -> list[RowMapping]:
        return list(self.connection.execute(select(table)).mappings())

    def hear(self, said: Said) -> None:
        heard = decode(said.headers, said.body, Service.SHELTER_BEDS, self.seals)
        assert heard is not None

        def use_case(tx: Transaction) -> None:
            to_do = take_in(tx, heard)
            if to_do is not None:
                self.handlers[heard.family](tx, to_do)

        self.run(use_case)

    def say(self, incident: Incident, *, ask: int = 0) -> None:
        self.hear(self.voice.says(incident, ask=ask))
        self.check_that_it_was_answered(incident)

    # --- what may happen ---------------------------------------------------------------------------------------------

    @initialize(shelters=st.sets(st.sampled_from(sorted(SHELTERS)), min_size=1))
    def load_first(self, shelters: set[str]) -> None:
        far = area(shelter("far", 3, at="NBR1"), code="NBR", municipalities=NEIGHBOUR)
        self.run(lambda tx: loading.plan(tx, ShelterBedsSection.model_validate(far)).carry_out())
        self.load(shelters)

    @precondition(lambda self: len(self.incidents) % 4 == 0)  # now and then
    @rule(shelters=st.sets(st.sampled_from(sorted(SHELTERS)), min_size=2))
    def load(self, shelters: set[str]) -> None:
        section = area(*(SHELTERS[code] for code in sorted(shelters)), neighbours=("NBR",))
        self.run(lambda tx: loading.plan(tx, ShelterBedsSection.model_validate(section)).carry_out())

    @rule(calls=st.lists(CALLS, min_size=1, max_size=4))
    def raise_incidents(self, calls: list[dict[str, Any]]) -> None:
        for call in calls:
            self.now += timedelta(milliseconds=1)
            self.incidents.append(Incident(raised_at=self.now, **call))
            self.say(self.incidents[-1])

    def change(self, number: int, **changes: Any) -> None:
        number %= len(self.incidents)
        self.incidents[number] = self.incidents[number].later(**changes)
        self.say(self.incidents[number])

    @precondition(lambda self: self.incidents)
    @rule(
        number=st.integers(0, 50),
        changes=st.sampled_from(
            [
                {"priority": 1},
                {"priority": 3},
                {"state": "cancelled"},
                {"state": "closed"},
                {"ambulance": "needed"},
                {"police_linked": True},
                {"mode": Mode.ACTUAL},
            ]
        ),
    )
    def learn(self, number: int, changes: dict[str, Any]) -> None:
        self.change(number, **changes)

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50), facts=FAMILIES)
    def learn_facts(self, number: int, facts: dict[str, Any]) -> None:
        self.change(number, facts=facts)

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50), municipality=st.sampled_from(sorted(MUNICIPALITIES)), near=st.booleans())
    def ask_anew(self, number: int, municipality: str, *, near: bool) -> None:
        leg = self.incidents[number % len(self.incidents)].leg
        asked = {"wanted": True, "request": leg["request"] + 1, "near_allowed": near}
        self.change(number, municipality=municipality, leg=asked)

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50))
    def waive(self, number: int) -> None:
        leg = self.incidents[number % len(self.incidents)].leg
        self.change(number, leg={"wanted": False, "request": leg["request"], "waived": True})

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50), ask=st.integers(0, 1))
    def say_again(self, number: int, ask: int) -> None:
        self.say(self.incidents[number % len(self.incidents)], ask=ask)

    @precondition(lambda self: self.incidents)
    @rule(
        number=st.integers(0, 50),
        state=st.sampled_from(["en_route", "transporting", "delivered", "cleared"]),
        carried=st.booleans(),
    )
    def hear_of_crew(self, number: int, state: str, *, carried: bool) -> None:
        incident = self.incidents[number % len(self.incidents)]
        version = self.jobs[incident.id] = self.jobs.get(incident.id, 0) + 1
        told: dict[str, Any] = {
            "carried": carried or state in {"transporting", "delivered"},
            "unit": "N-1",
            "station": "north",
        }
        self.hear(self.voice.of_job(incident, state=state, version=version, **told))

    @rule(number=st.integers(0, 50), step=st.sampled_from(Move))
    def move(self, number: int, step: Move) -> None:
        self.take(self.taken(number), step)

    @rule(number=st.integers(0, 50), steps=st.integers(1, 3))
    def go_on(self, number: int, steps: int) -> None:
        placement = self.taken(number)
        for step in [Move.CONFIRM, Move.ARRIVE, Move.DEPART][:steps]:
            self.take(placement, step)

    def take(self, placement: RowMapping | None, step: Move) -> None:
        if placement is None:
            return
        staff = somebody(Role.SHELTER_STAFF, placement["shelter"])
        if step is Move.CONFIRM:
            self.run(lambda tx: moves.confirm(tx, placement["id"], POINT, staff, None))
        else:
            self.run(lambda tx: moves.move(tx, placement["id"], step, "because", staff, None))

    @rule(number=st.integers(0, 50))
    def extend(self, number: int) -> None:
        placement = self.taken(number)
        if placement is not None:
            staff = somebody(Role.SHELTER_STAFF, placement["shelter"])
            self.run(lambda tx: moves.extend(tx, placement["id"], staff, None))

    @rule(number=st.integers(0, 50), state=st.sampled_from([RoomState.FREE, RoomState.FREE, RoomState.OUT_OF_SERVICE]))
    def patch_room(self, number: int, state: RoomState) -> None:
        rooms = self.rows(ROOM)
        room = rooms[number % len(rooms)]
        staff = somebody(Role.SHELTER_STAFF, room["shelter"])
        self.run(lambda tx: houses.patch_room(tx, room["id"], RoomPatch(state=state), staff, None))

    @rule(code=st.sampled_from([*SHELTERS, "far"]))
    def confirm_shelter(self, code: str) -> None:
        self.run(lambda tx: houses.confirm_shelter(tx, code, somebody(Role.SHELTER_STAFF, code)))

    @rule(code=st.sampled_from([*SHELTERS, "far"]), names=st.sampled_from([[], ["иван лош"]]))
    def flag_kin(self, code: str, names: list[str]) -> None:
        staff = somebody(Role.SHELTER_STAFF, code)
        self.run(lambda tx: houses.put_kin(tx, code, names, self.names.hashed, staff))

    @rule(seconds=st.sampled_from([1, 3601, 15_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.run(clocks.look_at_due)

    def taken(self, number: int) -> RowMapping | None:
        active = [placement for placement in self.rows(PLACEMENT) if placement["state"] in ACTIVE]
        return active[number % len(active)] if active else None

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def one_room_one_family(self) -> None:
        active = [placement for placement in self.rows(PLACEMENT) if placement["state"] in ACTIVE]
        by_room = {placement["room"]: placement for placement in active}
        assert len(by_room) == len(active)
        for room in self.rows(ROOM):
            placement = by_room.get(room["id"])
            assert room["placement"] == (placement and placement["id"])
            if placement is None:
                assert room["shown"] == room["state"]
                continue
            assert room["shadow"] == placement["shadow"]
            assert (room["state"], room["retired"]) == ("free", False)
            assert room["shown"] == ("held" if placement["state"] in {P.HELD, P.CONFIRMED} else "occupied")
        live = [(each["incident"], each["request"]) for each in self.rows(PLACEMENT) if each["state"] in LIVE]
        assert len(set(live)) == len(live)
        assert len({incident for incident, _ in live}) == len(live)

    @invariant()
    def nobody_waits_while_there_is_a_room(self) -> None:
        free = [room for room in self.rows(ROOM) if room["shown"] == "free" and not room["retired"]]
        for waiting in self.opinion.waiting():
            assert [room["id"] for room in free if self.opinion.could_have(waiting, room)] == []

    @invariant()
    def whoever_is_expected_has_a_clock(self) -> None:
        for placement in self.rows(PLACEMENT):
            if placement["state"] == P.HELD or (
                placement["state"] == P.CONFIRMED and placement["attention"] != "delivered_not_arrived"
            ):
                assert placement["due_at"] is not None
            if placement["state"] not in {P.HELD, P.CONFIRMED}:
                assert placement["due_at"] is None

    def check_that_every_version_was_said_once_and_every_state_follows(self) -> None:
        said: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings():
            if row["incident"] is not None and row["told"]:
                said[row["entity"]].append(orjson.loads(row["body"]))
        for placement in self.rows(PLACEMENT):
            events = said[placement["id"]]
            assert [event["version"] for event in events] == list(range(1, placement["version"] + 1))
            states = [None, *(P(event["state"]["state"]) for event in events)]
            for before, after in itertools.pairwise(states):
                assert after in _AFTER[before], (before, after)
            assert states[-1] == placement["state"]

    def check_that_it_was_answered(self, incident: Incident) -> None:
        query = select(kernel.outbox).where(kernel.outbox.c.incident == incident.id)
        newest = self.connection.execute(query.order_by(kernel.outbox.c.id.desc()).limit(1)).mappings().one()
        body = orjson.loads(newest["body"])
        assert body["incident_version"] == incident.version
        placements = [each for each in self.rows(PLACEMENT) if each["incident"] == incident.id]
        assert body["entity"] == max(placements, key=lambda each: each["attempt"])["id"]

    def check_that_nobody_was_overtaken_or_put_where_they_must_not_be(self) -> None:
        rooms = {room["id"]: room for room in self.rows(ROOM)}
        waiting = self.opinion.waiting()
        for step in self.rows(kernel.step):
            if step["at"] != self.now or step["type"] != "shelter_beds.placement.held":
                continue
            (given,) = [each for each in self.opinion.with_danger() if each["id"] == step["entity"]]
            room = rooms[step["holder"]]
            assert self.opinion.could_have(given, room)
            for other in waiting:
                assert given["danger"] < other["danger"] or not self.opinion.could_have(other, room)

    def check_that_no_room_was_ever_held_twice(self) -> None:
        held: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        steps: dict[str, list[RowMapping]] = defaultdict(list)
        for step in sorted(self.rows(kernel.step), key=lambda row: (row["entity"], row["version"])):
            steps[step["entity"]].append(step)
        for each in steps.values():
            ends = [step["at"] for step in each[1:]] + [self.now + timedelta(days=1)]
            for step, end in zip(each, ends, strict=True):
                if step["holder"]:
                    held[step["holder"]].append((step["at"], end))
        for intervals in held.values():
            intervals.sort()
            for (_, end), (start, _) in itertools.pairwise(intervals):
                assert end <= start


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty store at the present schema."""
    store = Store(f"sqlite:///{tmp_path}/template.sqlite3")
    migrate(store, Path(main.__file__).parent / "migrations")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return tmp_path / "template.sqlite3"


def test_rooms_and_placements_in_any_order(template: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    ensure_keys(keys)

    class ThisTown(Town):
        def __init__(self) -> None:
            super().__init__(template, keys)

    run_state_machine_as_test(
        ThisTown,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse, Phase.generate],  # shrinking a history takes minutes; forty steps can be read
        ),
    )
