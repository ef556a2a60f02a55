"""Safeguards of the kernel."""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared.contracts.vocabulary import Service
from shared.messaging import inbox
from shared.messaging.inbox import Heard
from shared.storage import runner
from shared.storage.ledger import Committed, write_ledger
from shared.storage.runner import Runner
from shared.storage.transaction import Transaction


def hear_everything(_service: Service) -> None:
    """Take whatever comes for news, however old it is."""
    advance = inbox._advance

    def careless(tx: Transaction, heard: Heard) -> bool:
        advance(tx, heard)
        return True

    inbox._advance = careless


def contain_everything(_service: Service) -> None:
    """Let savepoints contain every database error, and never ask whether the transaction is still there.

    What a full disk takes back, be it within the batch or at its COMMIT, is answered as done.
    """
    Runner._commit = _commit  # type: ignore[method-assign]  # the planted bug
    Runner._run_one = _run_one  # type: ignore[method-assign]  # the planted bug


def _commit(self: Runner, batch: list[Any]) -> tuple[list[Any], list[Committed]]:
    connection = self._connection = self._connection or self._store.open_writer()
    _say(connection, "BEGIN IMMEDIATE")
    ran = [self._run_one(connection, item) for item in batch]
    try:
        succeeded = [transaction for _, transaction in ran if transaction is not None]
        committed = write_ledger(connection, self._service, self._clock(), self._lease, succeeded)
    except SQLAlchemyError:
        committed = []
    _say(connection, "COMMIT")
    return [outcome for outcome, _ in ran], committed


def _run_one(self: Runner, connection: Connection, item: Any) -> tuple[Any, Transaction | None]:
    transaction = Transaction(connection, self._clock(), self._service, self._seals, item.trace)
    _say(connection, "SAVEPOINT input")
    try:
        value = item.use_case(transaction)
    except Exception as error:  # noqa: BLE001  # that is the planted bug
        _say(connection, "ROLLBACK TO SAVEPOINT input")
        return runner._Outcome(error=error), None
    _say(connection, "RELEASE SAVEPOINT input")
    return runner._Outcome(value, transaction=transaction), transaction


def _say(connection: Connection, word: str) -> None:
    with contextlib.suppress(SQLAlchemyError):
        connection.exec_driver_sql(word)
