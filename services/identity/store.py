"""Queries of identity's own tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exists, insert, or_, select, update

from services.identity.domain.sessions import KEPT
from services.identity.tables import ACCOUNT, HELD_ROLE, ORGANISATION, SAID_KEYS, SESSION
from shared.contracts.vocabulary import Role
from shared.security.tokens import Grant
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_MECHANISM = "mechanism"
_ACCOUNT = select(ACCOUNT).where(ACCOUNT.c.id == bindparam("of"))
_ROLES = (
    select(HELD_ROLE)
    .where(HELD_ROLE.c.account.in_(bindparam("of", expanding=True)))
    .order_by(HELD_ROLE.c.role, HELD_ROLE.c.organisation, HELD_ROLE.c.unit)
)
_SESSION = select(SESSION).where(SESSION.c.id == bindparam("of"))


def account(connection: Connection, account_id: str) -> RowMapping | None:
    """Return an account, if there is one."""
    return connection.execute(_ACCOUNT, {"of": account_id}).mappings().first()


def grants(connection: Connection, accounts: Collection[str]) -> Mapping[str, Sequence[Grant]]:
    """Return what accounts may, by account."""
    found: dict[str, list[Grant]] = defaultdict(list)
    for row in connection.execute(_ROLES, {"of": list(accounts)}):
        found[row.account].append(Grant(Role(row.role), row.organisation, row.unit or None))
    return found


def mechanisms(connection: Connection) -> list[str]:
    """Return the codes of every jurisdiction that is loaded."""
    query = select(ORGANISATION.c.code).where(ORGANISATION.c.kind == _MECHANISM).order_by(ORGANISATION.c.code)
    return list(connection.execute(query).scalars())


def organisations_named(connection: Connection, codes: Collection[str]) -> dict[str, RowMapping]:
    """Return those organisations that are known, by code."""
    rows = connection.execute(select(ORGANISATION).where(ORGANISATION.c.code.in_(codes))).mappings()
    return {row["code"]: row for row in rows}


def organisations_query(jurisdictions: Collection[str] | None) -> Select[Any]:
    """Return the query for the organisations of some jurisdictions; ``None``: of all."""
    query = select(ORGANISATION)
    return query if jurisdictions is None else query.where(ORGANISATION.c.jurisdiction.in_(jurisdictions))


def accounts_query(jurisdictions: Collection[str] | None) -> Select[Any]:
    """Return the query for accounts with a role in one of some jurisdictions; ``None``: for all accounts."""
    if jurisdictions is None:
        return select(ACCOUNT)
    held_there = (
        select(HELD_ROLE.c.account)
        .join(ORGANISATION, ORGANISATION.c.code == HELD_ROLE.c.organisation)
        .where(ORGANISATION.c.jurisdiction.in_(jurisdictions))
    )
    return select(ACCOUNT).where(ACCOUNT.c.id.in_(held_there))


def holding(query: Select[Any], role: Role | None, organisation: str | None) -> Select[Any]:
    """Narrow a query for accounts to those with a role, or with one in an organisation."""
    wanted = select(HELD_ROLE.c.account)
    if role is not None:
        wanted = wanted.where(HELD_ROLE.c.role == role.value)
    if organisation is not None:
        wanted = wanted.where(HELD_ROLE.c.organisation == organisation)
    return query if role is None and organisation is None else query.where(ACCOUNT.c.id.in_(wanted))


def matching(query: Select[Any], text: str) -> Select[Any]:
    """Narrow a query for accounts to those in whose name or address stands each word of a text, in whatever case."""
    for word in text.split():
        cases = {word, word.lower(), word.upper(), word.capitalize()}  # SQLite knows the case of ASCII alone
        within = [ACCOUNT.c.email.contains(word.lower(), autoescape=True)]
        within += [ACCOUNT.c.name.contains(case, autoescape=True) for case in sorted(cases)]
        query = query.where(or_(*within))
    return query


def add_account(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write a new account."""
    tx.execute(insert(ACCOUNT), row)


def change_account(tx: Transaction, account_id: str, **values: Any) -> RowMapping:
    """Write an account's next version and return it."""
    statement = update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(version=ACCOUNT.c.version + 1, **values)
    return tx.execute(statement.returning(*ACCOUNT.c)).mappings().one()


def use_code(tx: Transaction, account_id: str, step: int) -> None:
    """Note the newest one-time code that was used. What others see of the account does not change."""
    tx.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(otp_used=step))


def set_grants(tx: Transaction, account_id: str, held: Sequence[Grant]) -> None:
    """Write what an account may, in place of what it might before."""
    tx.execute(delete(HELD_ROLE).where(HELD_ROLE.c.account == account_id))
    rows = [
        {"account": account_id, "role": g.role.value, "organisation": g.organisation, "unit": g.unit or ""}
        for g in held
    ]
    tx.execute(insert(HELD_ROLE), rows)


def session(connection: Connection, session_id: str) -> RowMapping | None:
    """Return a session, if it is known still."""
    return connection.execute(_SESSION, {"of": session_id}).mappings().first()


def add_session(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write a new session."""
    tx.execute(insert(SESSION), row)


def use_session(tx: Transaction, session_id: str) -> None:
    """Note that a session is in use, by its owner."""
    tx.execute(update(SESSION).where(SESSION.c.id == session_id).values(used_at=tx.now, locked_at=None))


def lock_session(tx: Transaction, session_id: str) -> None:
    """Note that a session was left alone."""
    tx.execute(update(SESSION).where(SESSION.c.id == session_id).values(locked_at=tx.now))


def end_session(tx: Transaction, session_id: str) -> None:
    """End one session, if it has not ended."""
    chosen = (SESSION.c.id == session_id, SESSION.c.ended_at.is_(None))
    tx.execute(update(SESSION).where(*chosen).values(ended_at=tx.now))


def end_sessions(tx: Transaction, account_id: str, but: str | None = None) -> None:
    """End all sessions of an account, or all but one."""
    chosen = [SESSION.c.account == account_id, SESSION.c.ended_at.is_(None)]
    if but is not None:
        chosen.append(SESSION.c.id != but)
    tx.execute(update(SESSION).where(*chosen).values(ended_at=tx.now))


def open_sessions(connection: Connection, account_id: str) -> Sequence[RowMapping]:
    """Return the sessions of an account that nobody ended, newest first; some may have ended by themselves."""
    chosen = (SESSION.c.account == account_id, SESSION.c.ended_at.is_(None))
    return connection.execute(select(SESSION).where(*chosen).order_by(SESSION.c.id.desc())).mappings().all()


def any_useless_session(connection: Connection, now: datetime) -> bool:
    """Say whether sessions are kept that ended long ago."""
    return bool(connection.execute(select(exists().where(SESSION.c.began_at < now - KEPT))).scalar())


def forget_useless_sessions(tx: Transaction) -> None:
    """Drop sessions that ended long ago."""
    tx.execute(delete(SESSION).where(SESSION.c.began_at < tx.now - KEPT))


def organisations_of(tx: Transaction, jurisdiction: str) -> dict[str, dict[str, Any]]:
    """Return a jurisdiction's organisations, by code."""
    rows = tx.all(select(ORGANISATION).where(ORGANISATION.c.jurisdiction == jurisdiction))
    return {row["code"]: dict(row) for row in rows}


def put_organisations(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write organisations, each in the place of the one with its code."""
    for row in rows:
        statement = insert_into(tx.connection, ORGANISATION).values(**row)
        tx.execute(statement.on_conflict_do_update(index_elements=[ORGANISATION.c.code], set_=dict(row)))


def drop_organisations(tx: Transaction, codes: Collection[str]) -> None:
    """Forget organisations."""
    tx.execute(delete(ORGANISATION).where(ORGANISATION.c.code.in_(codes)))


def in_use(tx: Transaction, codes: Collection[str]) -> list[str]:
    """Return those of some organisations in which an account that is not disabled holds a role."""
    query = (
        select(HELD_ROLE.c.organisation)
        .join(ACCOUNT, ACCOUNT.c.id == HELD_ROLE.c.account)
        .where(HELD_ROLE.c.organisation.in_(codes), ACCOUNT.c.disabled.is_(False))
        .distinct()
    )
    return list(tx.execute(query.order_by(HELD_ROLE.c.organisation)).scalars())


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(
        select(ORGANISATION).where(ORGANISATION.c.kind == _MECHANISM).order_by(ORGANISATION.c.code)
    )
    return [{"code": row.code, "name": row.name} for row in rows]


def said_keys(tx: Transaction) -> RowMapping | None:
    """Return which public keys were announced last."""
    return tx.first(select(SAID_KEYS))


def put_said_keys(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Note which public keys are announced."""
    statement = insert_into(tx.connection, SAID_KEYS).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=[SAID_KEYS.c.entity], set_=dict(row)))
