"""Whatever happens in whatever order: one live handover, somebody called, one page each, every version answered."""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
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

from services.notify import main
from services.notify.commands import centres, children, inbox, loading, moves, views
from services.notify.commands.access import Seat
from services.notify.consumers import HANDLERS
from services.notify.domain.forms import NewRota
from services.notify.domain.handover import LIVE, Move
from services.notify.sweeper import SWEEPS
from services.notify.tables import CENTRE, DELIVERY, HANDOVER, INCIDENT, NOTICE
from shared.contracts.jurisdiction_sections import NotifySection
from shared.contracts.vocabulary import DeliveryState, HandoverState, Mode, NoticeState, Role, Service
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
from shared.web.reading import Page
from tests.integration.notify.world import CENTRES, MUNICIPALITIES, PEOPLE, PERSONAL, account, district, packet, rota
from tests.support.intake_voice import RAISED, Incident, IntakeVoice, Said

_AFTER = {
    None: {HandoverState.OFFERED, HandoverState.DECLINED, HandoverState.CANCELLED},
    HandoverState.OFFERED: {
        HandoverState.OFFERED,
        HandoverState.ACKNOWLEDGED,
        HandoverState.DECLINED,
        HandoverState.CANCELLED,
    },
    HandoverState.ACKNOWLEDGED: {
        HandoverState.ACKNOWLEDGED,
        HandoverState.ACCEPTED,
        HandoverState.DECLINED,
        HandoverState.CANCELLED,
    },
    HandoverState.ACCEPTED: {HandoverState.ACCEPTED, HandoverState.COMPLETED, HandoverState.CANCELLED},
    HandoverState.COMPLETED: set(),
    HandoverState.DECLINED: set(),
    HandoverState.CANCELLED: set(),
}
"""DESIGN's state machine; a state may be said again when something else about the handover is new."""

CALLS = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 3),
        "mode": st.sampled_from([Mode.ACTUAL, Mode.ACTUAL, Mode.EXERCISE]),
        "children_involved": st.booleans(),
        "leg": st.sampled_from(
            [{"wanted": True, "request": 1}, {"wanted": True, "request": 1}, {"wanted": False, "request": 0}]
        ),
        "packet": st.builds(
            packet, consented=st.booleans(), municipality=st.sampled_from([*MUNICIPALITIES, "TST1", "TST2"])
        ),
    }
)
NUMBER = st.integers(0, 50)
Result = TypeVar("Result")


def staff(centre: str, person: str | None = None) -> Account:
    name = account(person or PEOPLE[centre][0])
    return Account(name, "s", (Grant(Role.CENTRE_STAFF, centre),), 0, 0)


class Town(RuleBasedStateMachine):
    """notify without its runner: use cases one after another, each in a transaction of its own."""

    def __init__(self, template: Path, keys: Path) -> None:
        super().__init__()
        file = template.with_name("town.sqlite3")
        for rest in template.parent.glob("town.sqlite3*"):
            rest.unlink()
        shutil.copy(template, file)
        self.store = Store(f"sqlite:///{file}")
        self.connection = self.store.open_writer()
        self.connection.exec_driver_sql("PRAGMA synchronous=OFF")  # nothing here outlives the test
        self.seals = Seals.from_folder(keys, Service.NOTIFY)
        self.voice = IntakeVoice(keys, Service.NOTIFY)
        self.now = RAISED
        self.incidents: list[Incident] = []

    def teardown(self) -> None:
        self.check_that_every_version_was_said_once_and_every_state_follows()
        self.check_that_nothing_personal_was_said()
        self.connection.close()
        self.store.close()

    # --- running -----------------------------------------------------------------------------------------------------

    def run(self, use_case: Callable[[Transaction], Result]) -> Result | None:
        """Run a use case; what the rules refuse leaves no trace."""
        self.now += timedelta(milliseconds=1)
        self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        tx = Transaction(self.connection, self.now, Service.NOTIFY, self.seals, Trace.new())
        try:
            result = use_case(tx)
        except DomainError:
            self.connection.exec_driver_sql("ROLLBACK")
            return None
        write_ledger(self.connection, Service.NOTIFY, self.now, "", [tx])
        self.connection.exec_driver_sql("COMMIT")
        return result

    def rows(self, table: Any) -> list[RowMapping]:
        return list(self.connection.execute(select(table)).mappings())

    def hear(self, said: Said) -> None:
        heard = decode(said.headers, said.body, Service.NOTIFY, self.seals)
        assert heard is not None

        def use_case(tx: Transaction) -> None:
            to_do = take_in(tx, heard)
            if to_do is not None:
                HANDLERS[heard.family](tx, to_do)

        self.run(use_case)

    def says(self, incident: Incident, *, ask: int = 0) -> None:
        self.hear(self.voice.says(incident, ask=ask))
        self.check_that_it_was_answered(incident)

    # --- what may happen ---------------------------------------------------------------------------------------------

    @initialize()
    def load_first(self) -> None:
        self.load(set(CENTRES))

    @precondition(lambda self: len(self.incidents) % 4 == 0)  # now and then
    @rule(named=st.sets(st.sampled_from(sorted(CENTRES))))
    def load(self, named: set[str]) -> None:
        document = district({code: CENTRES[code] for code in sorted(named)})
        self.run(lambda tx: loading.plan(tx, NotifySection.model_validate(document)).carry_out())

    @rule(calls=st.lists(CALLS, min_size=1, max_size=3))
    def raise_incidents(self, calls: list[dict[str, Any]]) -> None:
        for call in calls:
            self.incidents.append(Incident(raised_at=self.now, **call))
            self.says(self.incidents[-1])

    def change(self, number: int, **changes: Any) -> None:
        number %= len(self.incidents)
        self.incidents[number] = self.incidents[number].later(**changes)
        self.says(self.incidents[number])

    @precondition(lambda self: self.incidents)
    @rule(
        number=NUMBER,
        changes=st.sampled_from(
            [
                {"priority": 1},
                {"state": "cancelled"},
                {"state": "closed"},
                {"children_involved": True},
                {"mode": Mode.ACTUAL},
                {"packet": packet(consented=False)},
                {"packet": packet(municipality="TST2")},
            ]
        ),
    )
    def learn(self, number: int, changes: dict[str, Any]) -> None:
        self.change(number, **changes)

    @precondition(lambda self: self.incidents)
    @rule(number=NUMBER, municipality=st.sampled_from(MUNICIPALITIES), skipped=st.integers(0, 2))
    def ask_anew(self, number: int, municipality: str, skipped: int) -> None:
        """Ask for a centre again; what was said in between may never have been heard."""
        number %= len(self.incidents)
        known = self.incidents[number]
        request = known.leg["request"] + 1
        for _ in range(skipped):
            known = known.later()
        self.incidents[number] = known
        self.change(number, leg={"wanted": True, "request": request}, packet=packet(municipality=municipality))

    @precondition(lambda self: self.incidents)
    @rule(number=NUMBER)
    def waive(self, number: int) -> None:
        leg = self.incidents[number % len(self.incidents)].leg
        if leg["request"]:
            self.change(number, leg={"wanted": False, "request": leg["request"], "waived": True})

    @precondition(lambda self: self.incidents)
    @rule(number=NUMBER, ask=st.integers(0, 1))
    def say_again(self, number: int, ask: int) -> None:
        self.says(self.incidents[number % len(self.incidents)], ask=ask)

    @precondition(lambda self: self.incidents)
    @rule(number=NUMBER, version=st.integers(1, 5))
    def hear_of_the_others(self, number: int, version: int) -> None:
        incident = self.incidents[number % len(self.incidents)]
        self.hear(self.voice.of_job(incident, state="en_route", version=version))
        self.hear(self.voice.of_placement(incident, alias="K-71", state="held", version=version))
        late = {"leg": "centre", "state": "answered", "due_at": None}
        self.hear(self.voice.of(incident, "intake.leg", "overdue", late, version, f"leg-{incident.id}"))

    @rule(number=NUMBER, steps=st.lists(st.sampled_from(Move), min_size=1, max_size=3))
    def move(self, number: int, steps: list[Move]) -> None:
        handover = self.live_handover(number)
        for step in steps:
            self.take(handover, step)

    def take(self, handover: RowMapping | None, step: Move) -> None:
        if handover is not None:
            who = staff(handover["centre"])
            self.run(lambda tx: moves.move(tx, handover["id"], step, who, None))

    @rule(number=NUMBER)
    def decline(self, number: int) -> None:
        handover = self.live_handover(number)
        if handover is not None:
            who = staff(handover["centre"])
            self.run(lambda tx: moves.decline(tx, handover["id"], "full", who, None))

    @rule(number=NUMBER)
    def confirm(self, number: int) -> None:
        notices = [row for row in self.rows(NOTICE) if row["centre"]]
        if notices:
            notice = notices[number % len(notices)]
            self.run(lambda tx: children.acknowledge(tx, notice["id"], staff(notice["centre"]), None))

    @rule(
        centre=st.sampled_from(sorted(CENTRES)),
        people=st.lists(st.sampled_from([None, "ana", "boyana", "gergana"]), max_size=4),
    )
    def change_rota(self, centre: str, people: list[str | None]) -> None:
        body = NewRota.model_validate({"entries": rota(*people)})
        self.run(lambda tx: centres.put_rota(tx, centre, body, staff(centre), None))

    @rule(person=st.sampled_from(["ana", "boyana"]))
    def look_into_the_inbox(self, person: str) -> None:
        who = staff("dunav", person)
        query = views.inbox_query(Seat.of(who)).where(DELIVERY.c.mode == Mode.ACTUAL.value)
        page = Page(limit=50, after=None)
        new = inbox.unfetched(inbox.inbox(self.connection, query, page))
        self.run(lambda tx: inbox.fetched(tx, query, page, who, new))

    @rule(seconds=st.sampled_from([0, 1, 301, 1801, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for sweep in SWEEPS:
            self.run(sweep.use_case)

    def live_handover(self, number: int) -> RowMapping | None:
        live = [row for row in self.rows(HANDOVER) if row["state"] in LIVE]
        return live[number % len(live)] if live else None

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def every_incident_has_the_handover_it_asks_for(self) -> None:
        handovers = defaultdict(list)
        for row in sorted(self.rows(HANDOVER), key=lambda row: row["attempt"]):
            handovers[row["incident"]].append(row)
        for incident in self.rows(INCIDENT):
            chain = handovers[incident["id"]]
            assert [row["attempt"] for row in chain] == list(range(1, len(chain) + 1))
            assert not [row for row in chain[:-1] if row["state"] in LIVE]
            asks = incident["wanted"] and not incident["waived"] and incident["state"] != "cancelled"
            if asks:
                assert chain[-1]["request"] == incident["request"]
                assert chain[-1]["state"] != HandoverState.CANCELLED
                assert chain[-1]["shadow"] == (incident["mode"] != Mode.ACTUAL) or chain[-1]["state"] not in LIVE
            elif chain and incident["state"] == "cancelled":
                assert chain[-1]["state"] not in LIVE
            self.check_that_an_unmet_request_says_why(chain)

    def check_that_an_unmet_request_says_why(self, chain: list[RowMapping]) -> None:
        for row in chain:
            unmet = row["reason"] in {"no_centre", "every_centre_declined"}
            assert unmet == (row["centre"] is None and row["state"] == HandoverState.DECLINED)
        if chain and chain[-1]["reason"] == "every_centre_declined":
            same = [row for row in chain[:-1] if row["request"] == chain[-1]["request"]]
            assert any(row["state"] == HandoverState.DECLINED for row in same)

    @invariant()
    def whatever_waits_has_a_clock(self) -> None:
        for row in self.rows(HANDOVER):
            unaccepted = row["state"] in {HandoverState.OFFERED, HandoverState.ACKNOWLEDGED}
            assert (row["due_at"] is not None) == unaccepted
            if row["state"] == HandoverState.OFFERED and row["call_person"] is None:
                assert row["attention"] == "nobody_on_call"
        for row in self.rows(NOTICE):
            assert (row["due_at"] is not None) == (row["state"] == NoticeState.SENT)

    @invariant()
    def every_child_is_told_of_once(self) -> None:
        notices = defaultdict(list)
        for row in self.rows(NOTICE):
            notices[row["incident"], row["shadow"]].append(row["state"])
        for incident in self.rows(INCIDENT):
            told = notices[incident["id"], incident["mode"] != Mode.ACTUAL]
            assert len(told) <= 1
            if incident["child_involved"] and incident["state"] != "cancelled":
                assert told
                assert NoticeState.CANCELLED not in told

    @invariant()
    def pages_touch_only_whom_they_should(self) -> None:
        known = {account(name) for people in PEOPLE.values() for name in people}
        for row in self.rows(DELIVERY):
            assert row["person"] in known
            if row["mode"] == Mode.ACTUAL:
                assert row["state"] != DeliveryState.SIMULATED
            else:
                assert row["state"] in {DeliveryState.QUEUED, DeliveryState.SIMULATED}
        paged = {(row["handover"], row["person"]) for row in self.rows(DELIVERY) if row["state"] != "failed"}
        for row in self.rows(HANDOVER):
            if row["state"] == HandoverState.OFFERED and row["call_person"]:
                assert (row["id"], row["call_person"]) in paged

    @invariant()
    def a_centre_in_use_is_in_service(self) -> None:
        retired = {row["code"] for row in self.rows(CENTRE) if row["retired"]}
        assert not [row for row in self.rows(HANDOVER) if row["state"] in LIVE and row["centre"] in retired]

    def check_that_it_was_answered(self, incident: Incident) -> None:
        asked = incident.leg["wanted"] or incident.leg["request"] or incident.children_involved
        query = select(kernel.outbox.c.body).where(
            kernel.outbox.c.incident == incident.id, kernel.outbox.c.body.is_not(None)
        )
        newest = self.connection.execute(query.order_by(kernel.outbox.c.id.desc()).limit(1)).scalar()
        if asked:
            assert newest is not None
            assert orjson.loads(newest)["incident_version"] == incident.version

    def check_that_every_version_was_said_once_and_every_state_follows(self) -> None:
        said: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings():
            if row["incident"] is not None and row["told"] and row["body"] is not None:
                said[row["entity"]].append(orjson.loads(row["body"]))
        for row in (*self.rows(HANDOVER), *self.rows(NOTICE)):
            assert [event["version"] for event in said[row["id"]]] == list(range(1, row["version"] + 1))
            assert said[row["id"]][-1]["state"]["state"] == row["state"]
        for handover in self.rows(HANDOVER):
            states = [None, *(HandoverState(event["state"]["state"]) for event in said[handover["id"]])]
            for before, after in itertools.pairwise(states):
                assert after in _AFTER[before]

    def check_that_nothing_personal_was_said(self) -> None:
        for row in self.rows(kernel.outbox):
            text = f"{row['headers']}{(row['body'] or b'').decode()}"
            assert not any(word in text for word in (*PERSONAL, "@test.example"))


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty store at the present schema."""
    store = Store(f"sqlite:///{tmp_path}/template.sqlite3")
    migrate(store, Path(main.__file__).parent / "migrations")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return tmp_path / "template.sqlite3"


def test_handovers_in_any_order(template: Path, tmp_path: Path) -> None:
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
