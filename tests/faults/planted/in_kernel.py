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

    So it looks like most code: a full disk rolls everything back, and what follows is committed piece by piece.
    """

    def unchecked(_self: Runner, _connection: Connection, *, after_error: bool = False) -> None:
        """Believe that the transaction is there."""

    def careless(self: Runner, connection: Connection, item: Any) -> Any:
        transaction = Transaction(connection, self._clock(), self._service, self._seals, item.trace)
        with contextlib.suppress(SQLAlchemyError):
            connection.exec_driver_sql("SAVEPOINT input")
        try:
            value = item.use_case(transaction)
        except Exception as error:  # noqa: BLE001  # that is the planted bug
            with contextlib.suppress(SQLAlchemyError):
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT input")
            return runner._Outcome(error=error), None
        with contextlib.suppress(SQLAlchemyError):
            connection.exec_driver_sql("RELEASE SAVEPOINT input")
        return runner._Outcome(value, afterwards=transaction.afterwards), transaction

    Runner._check_inside = unchecked  # type: ignore[method-assign, assignment]
    Runner._run_one = careless  # type: ignore[method-assign]
