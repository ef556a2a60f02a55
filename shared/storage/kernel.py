"""The tables every service has beside its own: what makes twice once and nothing lost (P1–P5, P8).

They live in a metadata of their own, so that one definition serves five databases without any service sharing one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from shared.storage.types import UtcDateTime, json_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

_ID = String(36)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("event_id", _ID, nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("jurisdiction", String(8), nullable=False),
    Column("entity", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("incident", _ID),
    Column("priority", Integer, nullable=False),
    # Whether the entity was still unfinished: after a loss of the stream these are said again first.
    Column("open", Boolean, nullable=False),
    # Whether live streams tell of it (a step or a change), or not (the same state said again).
    Column("told", Boolean, nullable=False),
    # Who may be told of it on a live stream: tags like ``station:ST1``.
    Column("audience", json_column(), nullable=False),
    Column("headers", json_column(), nullable=False),
    # Empty for what is told on live streams only and never on the bus.
    Column("body", LargeBinary),
    Column("at", UtcDateTime, nullable=False),
    Column("lease", String(36)),
    Column("lease_until", UtcDateTime),
    Column("seq", BigInteger),
    # 0 as written; after a loss of the stream 1 for the newest row of an unfinished entity, 2 for the rest.
    Column("rank", Integer, nullable=False),
)
UNPUBLISHED = text("seq IS NULL AND body IS NOT NULL")
"""Word for word the condition of its partial index."""
Index(
    "ix_outbox_unpublished",
    outbox.c.rank,
    outbox.c.priority,
    outbox.c.id,
    sqlite_where=UNPUBLISHED,
    postgresql_where=UNPUBLISHED,
)
Index("ix_outbox_entity", outbox.c.entity, outbox.c.id)
Index("ix_outbox_at", outbox.c.at)

stream_mark = Table(
    "stream_mark",
    metadata,
    Column("stream", String(40), primary_key=True),
    Column("created", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("message_id", String(60), nullable=False),
)

heard = Table(
    "heard",
    metadata,
    Column("entity", String(80), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("incident", _ID),
    Column("at", UtcDateTime, nullable=False),
)

logical_clock = Table(
    "logical_clock",
    metadata,
    Column("incident", _ID, primary_key=True),
    Column("step", Integer, nullable=False),
)

step = Table(
    "step",
    metadata,
    Column("entity", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("incident", _ID, nullable=False),
    Column("type", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(32), nullable=False),
    Column("step", Integer, nullable=False),
    # The unit or room that the entity held after this step; P3 can be checked over all time with it.
    Column("holder", String(80)),
    PrimaryKeyConstraint("entity", "version"),
)
Index("ix_step_incident", step.c.incident, step.c.step)

remembered_answer = Table(
    "remembered_answer",
    metadata,
    Column("account", String(64), nullable=False),
    Column("route", String(200), nullable=False),
    Column("key", String(200), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", json_column(), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("account", "route", "key"),
)
Index("ix_remembered_answer_at", remembered_answer.c.at)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("account", String(64), nullable=False),
    Column("roles", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("entity", String(80), nullable=False),
    Column("incident", _ID),
    Column("reason", String(80)),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
Index("ix_audit_incident", audit.c.incident)
Index("ix_audit_entity", audit.c.entity)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("stream", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("subject", String(200), nullable=False),
    Column("headers", json_column(), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("settled_as", String(16)),
)
Index("uq_dead_letter_message", dead_letter.c.stream, dead_letter.c.seq, unique=True)

revocation = Table(
    "revocation",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
