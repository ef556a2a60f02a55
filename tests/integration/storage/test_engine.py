"""The store: one owner of a file, times in UTC, nothing personal in an error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from shared.security.keys import ensure_keys
from shared.storage import kernel
from shared.storage.engine import Store, StoreOwned, cause_of
from tests.support.tiny.tables import slip

EVENING_IN_SOFIA = datetime(2026, 7, 1, 22, 30, 0, 123456, tzinfo=timezone(timedelta(hours=3)))


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Store]:
    """A store of dispatch that somebody owns."""
    store = Store(f"sqlite:///{tmp_path}/dispatch/store.sqlite3")
    store.own()
    yield store
    store.close()


def test_a_second_owner_of_a_file_is_refused_until_the_first_lets_go(owned: Store) -> None:
    second = Store(str(owned.url))
    with pytest.raises(StoreOwned, match="belongs to another running process"):
        second.own()
    owned.close()
    second.own()
    second.close()


def test_a_second_process_says_in_one_sentence_why_it_does_not_start(owned: Store, tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys")
    settings = {"ZAKRILA_DATA": str(tmp_path), "ZAKRILA_KEYS": str(tmp_path / "keys")}
    second = subprocess.run(
        [sys.executable, "-m", "services.dispatch.main"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 78
    assert second.stderr.strip() == f"{owned.url.database} belongs to another running process"


def test_times_come_back_in_utc_whatever_zone_they_went_in(store: Store) -> None:
    with store.engine.connect() as connection:
        row = {"subject": "session:1", "since": EVENING_IN_SOFIA, "until": EVENING_IN_SOFIA.astimezone(UTC)}
        connection.execute(insert(kernel.revocation), row)
        found = connection.execute(select(kernel.revocation)).mappings().one()
        later = kernel.revocation.c.since >= EVENING_IN_SOFIA.astimezone(timezone(timedelta(hours=-5)))
        assert connection.execute(select(kernel.revocation).where(later)).first() is not None
    assert found["since"] == found["until"] == EVENING_IN_SOFIA
    assert found["since"].tzinfo is UTC


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with store.engine.connect() as connection, pytest.raises(StatementError, match="ambiguous"):
        connection.execute(select(kernel.revocation).where(kernel.revocation.c.since > datetime(2026, 7, 1)))  # noqa: DTZ001  # that is what is refused


def test_what_is_logged_of_a_database_error_does_not_repeat_what_was_written(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.execute(insert(slip), {"id": "1", "text": "Мария", "version": 1})
        with pytest.raises(IntegrityError) as twice:
            connection.execute(insert(slip), {"id": "2", "text": "Мария", "version": 1})
    said = cause_of(twice.value)
    assert "unique" in said.lower()
    assert "Мария" not in said


def test_sqlite_writes_through_to_the_disk_and_keeps_references(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.sqlite3")
    with store.open_writer() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]
    store.close()


def test_a_reader_sees_the_last_commit_and_blocks_no_writer(store: Store) -> None:
    with store.reading() as reader, store.open_writer() as writer:
        reader.exec_driver_sql("BEGIN")
        assert reader.execute(select(slip.c.text)).all() == []
        writer.exec_driver_sql("BEGIN IMMEDIATE" if store.is_sqlite else "BEGIN")
        writer.execute(insert(slip), {"id": "1", "text": "one", "version": 1})
        assert reader.execute(select(slip.c.text)).all() == []
        writer.exec_driver_sql("COMMIT")
        reader.exec_driver_sql("COMMIT")
        assert reader.execute(select(slip.c.text)).scalars().all() == ["one"]
