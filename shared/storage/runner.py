"""The one mechanism that runs use cases: batches, one transaction each, in one worker thread.

It gathers whatever inputs came while the previous commit was running; alone, an input waits for nobody. Each input
has its own savepoint. Only domain errors and integrity errors are contained by it; any other database error, or a
connection found outside its transaction, abandons batch and connection, and every input is run again alone: a full
disk rolls back everything, and what followed would be committed piece by piece.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from shared.clock import Clock, utc_now
from shared.contracts.vocabulary import Service
from shared.errors import DomainError, Poison, Unavailable, Unstorable
from shared.security.sealing import Seals
from shared.storage.engine import Store, cause_of
from shared.storage.ledger import Committed, write_ledger
from shared.storage.transaction import Transaction, advisory_key
from shared.telemetry.chronicle import Chronicle
from shared.telemetry.metrics import RunnerMetrics
from shared.telemetry.tracing import Trace

log = structlog.get_logger()

Result = TypeVar("Result")
UseCase = Callable[[Transaction], Result]

URGENT, USUAL, PASSENGER = 0, 1, 2
"""Order within the queue. A passenger (the relay's marks) rides in the next batch and starts none for a while."""

_MOST_IN_BATCH = 64
_PASSENGERS_WAIT_SECONDS = 0.1


@dataclass(order=True)
class _Input:
    urgency: int
    number: int
    use_case: UseCase[Any] = field(compare=False)
    trace: Trace = field(compare=False)
    began: int = field(compare=False)
    answer: asyncio.Future[Any] = field(compare=False)


@dataclass
class _Outcome:
    value: Any = None
    error: BaseException | None = None
    transaction: Transaction | None = None


class _Abandoned(Exception):
    """The batch is lost as a whole; its inputs are not."""


def _refusal(abandoned: _Abandoned) -> Exception:
    """Say why an input that was run alone failed: the store is away or full, or the input itself cannot be stored."""
    cause = abandoned.__cause__
    of_the_store = isinstance(cause, SQLAlchemyError) and not isinstance(cause, DataError)
    if isinstance(cause, StatementError) and not isinstance(cause, DBAPIError):
        of_the_store = False  # a value that its column's type refused
    if cause is None or of_the_store:
        log.error("the store cannot write", cause=cause_of(cause or abandoned))
        return Unavailable("The store cannot write just now; nothing was accepted. Try again shortly.")
    log.error("an input cannot be stored", error=type(cause).__name__)
    return Unstorable(f"what is to be written cannot be: {type(cause).__name__}")


class Runner:
    """Runs use cases for one service. Start it inside the event loop that awaits its answers."""

    def __init__(
        self,
        service: Service,
        store: Store,
        seals: Seals,
        *,
        clock: Clock = utc_now,
        most_waiting: int = 2_000,
        metrics: RunnerMetrics | None = None,
        chronicle: Chronicle | None = None,
        lease: str = "",
    ) -> None:
        self._service = service
        self._store = store
        self._seals = seals
        self._clock = clock
        self._most_waiting = most_waiting
        self._metrics = metrics or RunnerMetrics()
        self._chronicle = chronicle or Chronicle()
        self._lease = lease
        self._queue: list[_Input] = []
        self._numbers = 0
        self._passengers = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name=f"runner-{service}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: Connection | None = None
        self._listeners: list[Callable[[Sequence[Committed]], None]] = []

    def start(self) -> None:
        """Start the worker thread."""
        self._loop = asyncio.get_running_loop()
        self._metrics.waiting.set_function(lambda: len(self._queue))
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was accepted, then end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def on_commit(self, listener: Callable[[Sequence[Committed]], None]) -> None:
        """Tell ``listener`` (in the event loop) of the outbox rows of every committed batch."""
        self._listeners.append(listener)

    @property
    def waiting(self) -> int:
        """How many inputs wait."""
        return len(self._queue)

    async def run(self, use_case: UseCase[Result], *, urgency: int = USUAL, trace: Trace | None = None) -> Result:
        """Run one use case and return its result after the commit.

        A caller that goes away cancels nothing: what was accepted is carried out.

        Raises:
            DomainError: the rules refuse; nothing was written.
            Unavailable: too much waits already, or the store cannot write (P10); nothing was written.
            Unstorable: no store could write what this input wants written; nothing was.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._wake:
            if self._stopping or (urgency != URGENT and len(self._queue) >= self._most_waiting):
                raise Unavailable("More is waiting to be written than can be kept safe. Try again shortly.")
            if len(self._queue) >= 2 * self._most_waiting:
                raise Unavailable("More is waiting to be written than can be kept safe. Try again shortly.")
            self._numbers += 1
            self._passengers += urgency == PASSENGER
            trace = self._chronicle.begins(trace)
            heapq.heappush(self._queue, _Input(urgency, self._numbers, use_case, trace, time.time_ns(), answer))
            self._wake.notify()
        return await asyncio.shield(answer)

    # --- the worker thread --------------------------------------------------------------------------------------

    def _work(self) -> None:
        while batch := self._take():
            outcomes, committed = self._run(batch)
            assert self._loop is not None  # noqa: S101  # start() sets it before the thread runs
            try:
                self._loop.call_soon_threadsafe(self._settle, batch, outcomes, committed)
            except RuntimeError:  # the loop is closed: the process is going away, what was committed stays
                log.warning("answers dropped, the process is stopping", inputs=len(batch))
        self._discard_connection()

    def _take(self) -> list[_Input]:
        """Wait for inputs and take as many as fit in a batch; nothing when it is time to stop."""
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            if len(self._queue) == self._passengers and not self._stopping:
                self._wake.wait(_PASSENGERS_WAIT_SECONDS)
            batch = [heapq.heappop(self._queue) for _ in range(min(len(self._queue), _MOST_IN_BATCH))]
            self._passengers -= sum(item.urgency == PASSENGER for item in batch)
            return batch

    def _run(self, batch: list[_Input]) -> tuple[list[_Outcome], list[Committed]]:
        try:
            with self._metrics.batch(len(batch)):
                return self._commit(batch)
        except _Abandoned as abandoned:
            self._discard_connection()
            if len(batch) == 1:
                refusal = _refusal(abandoned)
                if isinstance(refusal, Unavailable):
                    self._metrics.abandoned.inc()
                return [_Outcome(error=refusal)], []
        outcomes: list[_Outcome] = []
        committed: list[Committed] = []
        for item in batch:
            outcome, rows = self._run([item])
            outcomes += outcome
            committed += rows
        return outcomes, committed

    def _commit(self, batch: list[_Input]) -> tuple[list[_Outcome], list[Committed]]:
        try:
            connection = self._begin()
            self._wait_for_our_turn(connection)
            outcomes: list[_Outcome] = []
            succeeded: list[Transaction] = []
            for item in batch:
                outcome, transaction = self._run_one(connection, item)
                outcomes.append(outcome)
                if transaction is not None:
                    succeeded.append(transaction)
            committed = write_ledger(connection, self._service, self._clock(), self._lease, succeeded)
            self._check_inside(connection)
        except _Abandoned:
            raise
        except Exception as error:  # whatever it is: the worker lives on, and each input is run alone
            raise _Abandoned from error
        try:
            connection.exec_driver_sql("COMMIT")
        except SQLAlchemyError as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                # Nobody knows whether that commit happened, so nothing may be run a second time here. A client
                # comes again with its Idempotency-Key, a message comes again to the inbox.
                return self._unknown(batch, error), []
            raise _Abandoned from error
        return outcomes, committed

    def _unknown(self, batch: list[_Input], error: Exception) -> list[_Outcome]:
        self._discard_connection()
        self._metrics.abandoned.inc()
        log.error("the store went away during a commit", cause=cause_of(error))
        sentence = "The store went away while writing. Ask again with the same Idempotency-Key."
        return [_Outcome(error=Unavailable(sentence)) for _ in batch]

    def _run_one(self, connection: Connection, item: _Input) -> tuple[_Outcome, Transaction | None]:
        transaction = Transaction(connection, self._clock(), self._service, self._seals, item.trace)
        self._check_inside(connection)
        connection.exec_driver_sql("SAVEPOINT input")
        try:
            value = item.use_case(transaction)
        except (DomainError, Poison, IntegrityError) as error:
            self._undo(connection)
            return _Outcome(error=error), None
        except SQLAlchemyError:
            raise
        except Exception as error:  # a bug in one use case must not cost the others their commit
            self._undo(connection)
            name = getattr(item.use_case, "__qualname__", "?")
            log.exception("a use case failed", use_case=name, trace_id=item.trace.trace_id)
            return _Outcome(error=error), None
        self._check_inside(connection)
        connection.exec_driver_sql("RELEASE SAVEPOINT input")
        return _Outcome(value, transaction=transaction), transaction

    def _undo(self, connection: Connection) -> None:
        self._check_inside(connection, after_error=True)
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT input")
        connection.exec_driver_sql("RELEASE SAVEPOINT input")

    def _wait_for_our_turn(self, connection: Connection) -> None:
        """Run one batch at a time, whichever replica's, as SQLite does by itself.

        Two batches that touch the same incidents in different orders would wait for one another until the database
        ends one of them; run anew input by input, and again in the way of the other's next batch, they hardly advance.
        """
        if not self._store.is_sqlite:
            key = advisory_key(self._service, "batch")
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    def _begin(self) -> Connection:
        word = "BEGIN IMMEDIATE" if self._store.is_sqlite else "BEGIN"
        if self._connection is not None:
            try:
                self._connection.exec_driver_sql(word)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self._discard_connection()  # the server was restarted meanwhile; nothing was asked of it yet
            else:
                return self._connection
        self._connection = self._store.open_writer()
        self._connection.exec_driver_sql(word)
        return self._connection

    def _check_inside(self, connection: Connection, *, after_error: bool = False) -> None:
        """Make sure that we are still inside the transaction; autocommit would scatter the batch."""
        driver: Any = connection.connection.driver_connection
        if self._store.is_sqlite:
            inside = driver.in_transaction
        else:
            status = driver.info.transaction_status.name
            inside = status == "INTRANS" or (after_error and status == "INERROR")
        if not inside:
            raise _Abandoned("the transaction is gone")

    def _discard_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    # --- back in the event loop ---------------------------------------------------------------------------------

    def _settle(self, batch: list[_Input], outcomes: list[_Outcome], committed: list[Committed]) -> None:
        for item, outcome in zip(batch, outcomes, strict=True):
            if outcome.transaction is not None:
                for action in outcome.transaction.afterwards:
                    self._do_afterwards(action)
            if item.answer.cancelled():
                continue
            if outcome.error is None:
                item.answer.set_result(outcome.value)
            else:
                item.answer.set_exception(outcome.error)
                item.answer.exception()  # a caller that went away leaves it unread; that is no fault
        if committed:
            for listener in self._listeners:
                listener(committed)
        self._tell(batch, outcomes)

    def _tell(self, batch: list[_Input], outcomes: list[_Outcome]) -> None:
        """Tell of what was done, now that nobody waits for it."""
        for item, outcome in zip(batch, outcomes, strict=True):
            if outcome.transaction is not None:
                self._chronicle.committed(item.trace, item.began, outcome.transaction)
            elif outcome.error is not None:
                self._chronicle.refused(item.trace, item.began, outcome.error)

    def _do_afterwards(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:  # what may be lost may fail; the commit stands
            log.exception("something that may be lost was lost")
