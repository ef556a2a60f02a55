"""Whatever happens in whatever order: one unit, one job; nobody waits in vain; the most dangerous first."""

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

from services.dispatch import main
from services.dispatch.commands import fleet, loading, moves
from services.dispatch.commands.clocks import take_back_unacknowledged
from services.dispatch.consumers import HANDLERS
from services.dispatch.domain.forms import UnitPatch
from services.dispatch.domain.job import ACTIVE, ENDED, Move
from services.dispatch.tables import INCIDENT, JOB, TRIED, UNIT
from shared.contracts.jurisdiction_sections import DispatchSection
from shared.contracts.vocabulary import JobState, Mode, Role, Service, UnitState
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
from tests.integration.dispatch.world import MUNICIPALITIES, PLACES, STATIONS, district
from tests.support.intake_voice import RAISED, Incident, IntakeVoice

ALL_UNITS = ("north/N-1", "north/N-2", "south/S-1", "far/F-1", "border/B-1")
REST = timedelta(seconds=60)
_AFTER = {
    None: {JobState.QUEUED, JobState.ASSIGNED, JobState.CANCELLED},
    JobState.QUEUED: {JobState.QUEUED, JobState.ASSIGNED, JobState.CANCELLED},
    JobState.ASSIGNED: {JobState.QUEUED, JobState.ASSIGNED, JobState.ACKNOWLEDGED, JobState.CANCELLED},
    JobState.ACKNOWLEDGED: {
        JobState.QUEUED,
        JobState.ASSIGNED,
        JobState.ACKNOWLEDGED,
        JobState.EN_ROUTE,
        JobState.CANCELLED,
    },
    JobState.EN_ROUTE: {
        JobState.QUEUED,
        JobState.ASSIGNED,
        JobState.EN_ROUTE,
        JobState.ON_SCENE,
        JobState.CANCELLED,
    },
    JobState.ON_SCENE: {JobState.ON_SCENE, JobState.TRANSPORTING, JobState.CLEARED, JobState.CANCELLED},
    JobState.TRANSPORTING: {JobState.TRANSPORTING, JobState.DELIVERED, JobState.CANCELLED},
    JobState.DELIVERED: {JobState.DELIVERED, JobState.CLEARED, JobState.CANCELLED},  # cancelled: the drill became real
    JobState.CLEARED: set(),
    JobState.CANCELLED: set(),
}
"""DESIGN's state machine; a state may be said again when something else about the job is new."""

CALLS = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 3),
        "municipality": st.sampled_from(sorted(MUNICIPALITIES)),
        "mode": st.sampled_from([Mode.ACTUAL, Mode.ACTUAL, Mode.EXERCISE]),
        "police_linked": st.sampled_from([False, False, True]),
    }
)
Result = TypeVar("Result")


def somebody(role: Role, organisation: str = "TST", unit: str | None = None) -> Account:
    return Account(f"{role}", "s", (Grant(role, organisation, unit),), 0, 0)


SUPERVISOR = somebody(Role.SUPERVISOR)


class Town(RuleBasedStateMachine):
    """dispatch without its runner: use cases one after another, each in a transaction of its own."""

    def __init__(self, template: Path, keys: Path) -> None:
        super().__init__()
        file = template.with_name("town.sqlite3")
        for rest in template.parent.glob("town.sqlite3*"):
            rest.unlink()
        shutil.copy(template, file)
        self.store = Store(f"sqlite:///{file}")
        self.connection = self.store.open_writer()
        self.connection.exec_driver_sql("PRAGMA synchronous=OFF")  # nothing here outlives the test
        self.seals = Seals.from_folder(keys, Service.DISPATCH)
        self.voice = IntakeVoice(keys)
        self.now = RAISED
        self.incidents: list[Incident] = []

    def teardown(self) -> None:
        self.check_that_every_version_was_said_once_and_every_state_follows()
        self.check_that_no_unit_was_ever_held_twice()
        self.connection.close()
        self.store.close()

    # --- running -----------------------------------------------------------------------------------------------------

    def run(self, use_case: Callable[[Transaction], Result]) -> Result | None:
        """Run a use case; what the rules refuse leaves no trace."""
        self.now += timedelta(milliseconds=1)
        before = {row["id"]: row["version"] for row in self.rows(JOB)}
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        tx = Transaction(self.connection, self.now, Service.DISPATCH, self.seals, Trace.new())
        try:
            result = use_case(tx)
        except DomainError:
            self.connection.exec_driver_sql("ROLLBACK")
            return None
        write_ledger(self.connection, Service.DISPATCH, self.now, "", [tx])
        self.connection.exec_driver_sql("COMMIT")
        self.check_that_nobody_was_overtaken(before)
        return result

    def rows(self, table: Any) -> list[RowMapping]:
        return list(self.connection.execute(select(table)).mappings())

    def hear(self, incident: Incident, *, ask: int = 0) -> None:
        said = self.voice.says(incident, ask=ask)
        heard = decode(said.headers, said.body, Service.DISPATCH, self.seals)
        assert heard is not None

        def use_case(tx: Transaction) -> None:
            to_do = take_in(tx, heard)
            if to_do is not None:
                HANDLERS[heard.family](tx, to_do)

        self.run(use_case)
        self.check_that_it_was_answered(incident)

    # --- what may happen ---------------------------------------------------------------------------------------------

    @initialize(units=st.sets(st.sampled_from(ALL_UNITS), min_size=1))
    def load_first(self, units: set[str]) -> None:
        self.load(units)

    @precondition(lambda self: len(self.incidents) % 4 == 0)  # now and then
    @rule(units=st.sets(st.sampled_from(ALL_UNITS), min_size=2))
    def load(self, units: set[str]) -> None:
        section = DispatchSection.model_validate(district(*sorted(units)))
        self.run(lambda tx: loading.plan(tx, section).carry_out())

    @rule(calls=st.lists(CALLS, min_size=1, max_size=4))
    def raise_incidents(self, calls: list[dict[str, Any]]) -> None:
        for call in calls:
            self.now += timedelta(milliseconds=1)
            self.incidents.append(Incident(raised_at=self.now, **call))
            self.hear(self.incidents[-1])

    def change(self, number: int, **changes: Any) -> None:
        number %= len(self.incidents)
        self.incidents[number] = self.incidents[number].later(**changes)
        self.hear(self.incidents[number])

    @precondition(lambda self: self.incidents)
    @rule(
        number=st.integers(0, 50),
        changes=st.sampled_from(
            [
                {"priority": 1},
                {"priority": 3},
                {"state": "cancelled"},
                {"state": "closed"},
                {"police_linked": True},
                {"ambulance": "needed"},
                {"mode": Mode.ACTUAL},
            ]
        ),
    )
    def learn(self, number: int, changes: dict[str, Any]) -> None:
        self.change(number, **changes)

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50), municipality=st.sampled_from(sorted(MUNICIPALITIES)))
    def ask_anew(self, number: int, municipality: str) -> None:
        leg = self.incidents[number % len(self.incidents)].leg
        self.change(number, municipality=municipality, leg={"wanted": True, "request": leg["request"] + 1})

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50))
    def waive(self, number: int) -> None:
        leg = self.incidents[number % len(self.incidents)].leg
        self.change(number, leg={"wanted": False, "request": leg["request"], "waived": True})

    @precondition(lambda self: self.incidents)
    @rule(number=st.integers(0, 50), ask=st.integers(0, 1))
    def say_again(self, number: int, ask: int) -> None:
        self.hear(self.incidents[number % len(self.incidents)], ask=ask)

    @rule(number=st.integers(0, 50), step=st.sampled_from(Move))
    def move(self, number: int, step: Move) -> None:
        self.take(self.held_job(number), step)

    @rule(number=st.integers(0, 50), steps=st.integers(1, 6), carry=st.booleans())
    def go_on(self, number: int, steps: int, *, carry: bool) -> None:
        way = [*Move] if carry else [Move.ACKNOWLEDGE, Move.EN_ROUTE, Move.ON_SCENE, Move.CLEAR]
        job = self.held_job(number)
        for step in way[:steps]:
            self.take(job, step)

    def take(self, job: RowMapping | None, step: Move) -> None:
        if job is not None:
            crew = somebody(Role.CREW, job["station"], job["unit_code"])
            self.run(lambda tx: moves.move(tx, job["id"], step, "done", crew, None))

    @rule(number=st.integers(0, 50))
    def decline(self, number: int) -> None:
        job = self.held_job(number)
        if job is not None:
            crew = somebody(Role.CREW, job["station"], job["unit_code"])
            self.run(lambda tx: moves.decline(tx, job["id"], "busy_elsewhere", crew, None))

    @rule(number=st.integers(0, 50), unit=st.sampled_from(ALL_UNITS))
    def reassign(self, number: int, unit: str) -> None:
        jobs = self.rows(JOB)
        if jobs:
            job = jobs[number % len(jobs)]["id"]
            self.run(lambda tx: moves.reassign(tx, job, unit.partition("/")[2], SUPERVISOR, None))

    @rule(number=st.integers(0, 50), pause=st.sampled_from([UnitState.BUSY, UnitState.OFF_DUTY]))
    def change_duty(self, number: int, pause: UnitState) -> None:
        units = self.rows(UNIT)
        if units:
            unit = units[number % len(units)]
            state = pause if unit["state"] == UnitState.AVAILABLE else UnitState.AVAILABLE
            desk = somebody(Role.DISPATCHER, unit["station"])
            self.run(lambda tx: fleet.patch_unit(tx, unit["id"], UnitPatch(state=state), desk, None))

    @rule(seconds=st.sampled_from([1, 61, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.run(take_back_unacknowledged)

    def held_job(self, number: int) -> RowMapping | None:
        held = [job for job in self.rows(JOB) if job["state"] in ACTIVE]
        return held[number % len(held)] if held else None

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def one_unit_one_job(self) -> None:
        units = {unit["id"]: unit for unit in self.rows(UNIT)}
        held = [job for job in self.rows(JOB) if job["state"] in ACTIVE]
        assert len({job["unit"] for job in held}) == len(held)
        for job in held:
            unit = units[job["unit"]]
            assert (unit["shadow"], unit["code"], unit["station"]) == (job["shadow"], job["unit_code"], job["station"])
            assert unit["state"] == UnitState.AVAILABLE
            assert not unit["retired"]
        live = [(job["incident"], job["request"]) for job in self.rows(JOB) if job["state"] not in ENDED]
        assert len(set(live)) == len(live)

    @invariant()
    def nobody_waits_while_a_unit_could_go(self) -> None:
        free = self.free_units()
        for job in self.queued():
            assert [unit["code"] for unit in free if self.could_go(unit, job)] == []

    def check_that_every_version_was_said_once_and_every_state_follows(self) -> None:
        said: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings():
            if row["incident"] is not None and row["told"]:
                said[row["entity"]].append(orjson.loads(row["body"]))
        for job in self.rows(JOB):
            assert [event["version"] for event in said[job["id"]]] == list(range(1, job["version"] + 1))
            states = [None, *(JobState(event["state"]["state"]) for event in said[job["id"]])]
            for before, after in itertools.pairwise(states):
                assert after in _AFTER[before]
            assert states[-1] == job["state"]

    def check_that_it_was_answered(self, incident: Incident) -> None:
        query = select(kernel.outbox.c.body).where(kernel.outbox.c.incident == incident.id)
        newest = self.connection.execute(query.order_by(kernel.outbox.c.id.desc()).limit(1)).scalar_one()
        assert orjson.loads(newest)["incident_version"] == incident.version

    def check_that_nobody_was_overtaken(self, before: dict[str, int]) -> None:
        """Whom the rule gave a unit was in greater danger than anybody left waiting who could have had it."""
        units = {unit["id"]: unit for unit in self.rows(UNIT)}
        given = {
            step["entity"] for step in self.rows(kernel.step) if step["by"] == "dispatch" and step["at"] == self.now
        }
        for job in self.jobs_with_danger():
            if job["id"] in given and job["state"] == JobState.ASSIGNED and job["version"] > before.get(job["id"], 0):
                for waiting in self.queued():
                    assert job["danger"] < waiting["danger"] or not self.could_go(units[job["unit"]], waiting)

    def check_that_no_unit_was_ever_held_twice(self) -> None:
        held: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        steps: dict[str, list[RowMapping]] = defaultdict(list)
        for step in sorted(self.rows(kernel.step), key=lambda row: (row["entity"], row["version"])):
            steps[step["entity"]].append(step)
        for each in steps.values():
            ends = [step["at"] for step in each[1:]] + [self.now + REST]
            for step, end in zip(each, ends, strict=True):
                if step["holder"]:
                    held[step["holder"]].append((step["at"], end))
        for intervals in held.values():
            intervals.sort()
            for (_, end), (start, _) in itertools.pairwise(intervals):
                assert end <= start

    # --- the rules, said a second time and differently ---------------------------------------------------------------

    def jobs_with_danger(self) -> list[dict[str, Any]]:
        incidents = {row["id"]: row for row in self.rows(INCIDENT)}
        jobs = []
        for job in self.rows(JOB):
            incident = incidents[job["incident"]]
            danger = (incident["priority"], incident["raised_at"], incident["id"])
            jobs.append({**job, "danger": danger, "place": incident})
        return jobs

    def queued(self) -> list[dict[str, Any]]:
        return [job for job in self.jobs_with_danger() if job["state"] == JobState.QUEUED]

    def free_units(self) -> list[RowMapping]:
        held = {job["unit"] for job in self.rows(JOB) if job["state"] in ACTIVE}
        return [unit for unit in self.rows(UNIT) if unit["id"] not in held]

    def could_go(self, unit: RowMapping, job: dict[str, Any]) -> bool:
        """Say whether a unit, were it free, could be sent to a job."""
        if unit["retired"] or unit["state"] != UnitState.AVAILABLE or unit["shadow"] != job["shadow"]:
            return False
        for tried in self.rows(TRIED):
            resting = tried["declined"] and tried["at"] + REST > self.now
            if (tried["job"], tried["unit"]) == (job["id"], unit["id"]) and resting:
                return False
        _home, covers, directorate = STATIONS[unit["station"]]
        if job["place"]["police_linked"]:
            return directorate != "home"
        place = job["place"]["municipality"]
        return not {place, *MUNICIPALITIES[place][2]}.isdisjoint(covers)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty store at the present schema."""
    store = Store(f"sqlite:///{tmp_path}/template.sqlite3")
    migrate(store, Path(main.__file__).parent / "migrations")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return tmp_path / "template.sqlite3"


def test_units_and_jobs_in_any_order(template: Path, tmp_path: Path) -> None:
    assert set(PLACES) == set(STATIONS)
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
