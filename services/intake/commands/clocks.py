"""What is due: promises past their deadline are made loud (P2), unanswered incidents are said again (P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.intake.commands.saying import say_again, say_leg_changed, say_overdue
from services.intake.domain import asking, legs
from services.intake.store import cases, due
from shared.contracts.vocabulary import LegKind, Service
from shared.storage.transaction import Transaction

_MOST_OVERDUE = 200
"""In one transaction: whoever raises a call meanwhile waits for it."""


def mark_overdue(tx: Transaction) -> None:
    """Make loud what passed its deadline."""
    late = due.overdue_legs(tx, _MOST_OVERDUE)
    incidents = due.cases_with(tx, late)
    for row in late:
        case = incidents[row["incident"]]
        leg = legs.became_overdue(case.legs[LegKind(row["kind"])])
        cases.save_leg(tx, case.id, leg)
        after = incidents[case.id] = case.with_leg(leg)
        say_overdue(tx, after, leg)
    for incident in dict.fromkeys(row["incident"] for row in late):
        say_leg_changed(tx, incidents[incident])


def ask_again(tx: Transaction, incidents: Sequence[str], delivered: Mapping[Service, int | None]) -> int:
    """Say incidents again to those who have not answered; return how many were said.

    Args:
        tx: the transaction.
        incidents: ids, most dangerous first.
        delivered: how far each service's consumer was given intake's stream.
    """
    said = 0
    for incident in incidents:
        case = cases.load(tx, incident)
        if case.next_ask_at is None or case.next_ask_at > tx.now:
            continue
        behind = asking.lagging(case.legs, case.version, children=case.children_involved)
        if behind and not asking.worth_asking(due.published_at(tx, incident), delivered, behind):
            cases.save(tx, case, replace(case, next_ask_at=asking.after_change(tx.now)))
            continue
        if not behind and not case.promises_left:
            cases.save(tx, case, replace(case, next_ask_at=None))
            continue
        asked = replace(case, asks=case.asks + 1)
        again = asking.after_ask(tx.now, asked.asks) if behind else asking.after_answer(tx.now, promises_left=True)
        after = replace(asked, next_ask_at=again)
        cases.save(tx, case, after)
        say_again(tx, after)
        said += 1
    return said


def ask_everything_now(tx: Transaction) -> None:
    """Ask at once about everything unanswered: the bus is back."""
    due.ask_everything_now(tx)
