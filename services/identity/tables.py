"""identity's rows: accounts and what they may, sessions, the organisations that roles are held in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.storage.kernel import NAMING
from shared.storage.types import UtcDateTime, json_column

_ID, _CODE, _WORD = 36, 40, 16


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """identity's own registry: no other service's table is ever in it."""


def _json() -> Any:
    return Field(sa_column=Column(json_column(), nullable=False))


def _moment(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=nullable, index=index), default=None)


class Organisation(Base, table=True):
    """A station, shelter or centre, or a jurisdiction's whole mechanism, whose code is the jurisdiction's."""

    __tablename__ = "organisation"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    kind: str = Field(max_length=_WORD)
    name: dict[str, str] = _json()


class Account(Base, table=True):
    __tablename__ = "account"

    id: str = Field(primary_key=True, max_length=_ID)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=120)
    password_hash: str = Field(max_length=255)
    disabled: bool
    language: str | None = Field(max_length=16)
    otp: str | None = Field(max_length=_ID)
    """Name of the secret that one-time codes are made from; the secret itself is in no store."""
    otp_pending: str | None = Field(max_length=_ID)
    """One that was shown, and whose first code was not seen yet."""
    otp_used: int
    """Time step of the newest code that was used: a code is good once."""
    version: int
    created_at: datetime = _moment()


class HeldRole(Base, table=True):
    __tablename__ = "held_role"

    account: str = Field(primary_key=True, max_length=_ID, foreign_key="account.id")
    role: str = Field(primary_key=True, max_length=_WORD)
    organisation: str = Field(primary_key=True, max_length=_CODE, index=True)
    unit: str = Field(primary_key=True, max_length=_CODE)
    """Empty for everybody but a crew."""


class Session(Base, table=True):
    __tablename__ = "session"

    id: str = Field(primary_key=True, max_length=_ID)
    account: str = Field(max_length=_ID, foreign_key="account.id", index=True)
    refresh_hash: str = Field(max_length=64)
    began_at: datetime = _moment(index=True)
    used_at: datetime = _moment()
    ended_at: datetime | None = _moment(nullable=True)
    browser: bool | None
    """Whether its secret is a browser's cookie: such a session locks when it is left alone."""
    locked_at: datetime | None = _moment(nullable=True)


class SaidKeys(Base, table=True):
    """Which public keys were announced last. One row."""

    __tablename__ = "said_keys"

    entity: str = Field(primary_key=True, max_length=_WORD)
    version: int
    kids: list[str] = _json()


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it for table=True
    return table


ORGANISATION = _table(Organisation)
ACCOUNT = _table(Account)
HELD_ROLE = _table(HeldRole)
SESSION = _table(Session)
SAID_KEYS = _table(SaidKeys)
