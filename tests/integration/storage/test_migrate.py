"""Histories: an empty store becomes what the tables say, once, whoever starts first."""

from __future__ import annotations

import importlib
import shutil
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect

from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.migrate import StoreTooNew, migrate
from tests.support.databases import Postgres

SERVICES = Path(__file__).parents[3] / "services"
HOUSES = sorted(folder.parents[1].name for folder in SERVICES.glob("*/migrations/versions"))


def folder_of(service: str) -> Path:
    return SERVICES / service / "migrations"


def tables_of(service: str) -> MetaData:
    """Return what a service's store should hold: the kernel's tables and its own."""
    wanted = MetaData()
    own: MetaData = importlib.import_module(f"services.{service}.tables").Base.metadata
    for table in (*kernel.metadata.sorted_tables, *own.sorted_tables):
        table.to_metadata(wanted)
    return wanted


@pytest.mark.parametrize("service", HOUSES)
def test_the_history_of_a_service_makes_exactly_its_tables(service: str, database_url: str) -> None:
    store = Store(database_url)
    migrate(store, folder_of(service))
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables_of(service)) == []
    store.close()


@pytest.mark.parametrize("service", HOUSES)
def test_partial_indexes_have_the_same_conditions_in_the_store(service: str, database_url: str, tmp_path: Path) -> None:
    """What alembic does not compare, and what P3 rests on: "one active job per unit"."""
    by_history = Store(database_url)
    by_tables = Store(f"sqlite:///{tmp_path}/tables.sqlite3") if by_history.is_sqlite else Store(database_url)
    schema = None if by_history.is_sqlite else "by_tables"
    migrate(by_history, folder_of(service))
    with by_history.engine.connect() as made, by_tables.engine.connect() as wanted:
        if schema:
            wanted.exec_driver_sql(f"CREATE SCHEMA {schema}")
            wanted.exec_driver_sql(f"SET search_path TO {schema}")
        tables_of(service).create_all(wanted)
        conditions = _conditions(made)
        assert conditions == _conditions(wanted, schema)
        assert "ix_outbox_unpublished" in conditions
    by_history.close()
    by_tables.close()


def _conditions(connection: Connection, schema: str | None = None) -> dict[str, str]:
    """Return the condition of each partial index, by the index's name."""
    inspector = inspect(connection)
    indexes = [each for table in inspector.get_table_names(schema) for each in inspector.get_indexes(table, schema)]
    found = {}
    for index in indexes:
        options = index.get("dialect_options", {})
        condition = options.get("sqlite_where", options.get("postgresql_where"))
        if condition is not None:
            found[str(index["name"])] = str(condition)
    return found


@pytest.mark.parametrize("service", HOUSES)
def test_a_second_start_changes_nothing(service: str, database_url: str) -> None:
    store = Store(database_url)
    migrate(store, folder_of(service))
    with store.engine.connect() as connection:
        connection.execute(kernel.logical_clock.insert(), {"incident": "1", "step": 7})
    migrate(store, folder_of(service))
    with store.engine.connect() as connection:
        assert connection.execute(kernel.logical_clock.select()).all() == [("1", 7)]
    store.close()


def test_replicas_that_start_at_once_migrate_once(postgres: Postgres) -> None:
    with postgres.database() as url:
        faults: list[BaseException] = []
        ready = threading.Barrier(4)

        def start() -> None:
            store = Store(url)
            try:
                ready.wait(10)
                migrate(store, folder_of("dispatch"))
            except BaseException as error:  # noqa: BLE001  # told below, in the test's own thread
                faults.append(error)
            finally:
                store.close()

        replicas = [threading.Thread(target=start) for _ in range(4)]
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.join(60)
        assert faults == []
        store = Store(url)
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
        store.close()


def test_a_step_that_fails_leaves_the_store_as_it_was(database_url: str, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_text((folder_of("dispatch") / "env.py").read_text())
    step = (
        "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '{0}', {1}\ndef upgrade():\n    {2}"
    )
    (versions / "0001_a.py").write_text(step.format("0001", None, "op.create_table('a', sa.Column('id', sa.Integer))"))
    (versions / "0002_b.py").write_text(step.format("0002", "'0001'", "op.execute('SELECT nothing FROM nowhere')"))
    store = Store(database_url)
    with pytest.raises(Exception, match="nowhere"):
        migrate(store, versions.parent)
    with store.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    store.close()


def steps_ahead(tmp_path: Path, steps: int) -> Path:
    """Return a later release's history: dispatch's with so many steps more, each adding a column."""
    later = shutil.copytree(folder_of("dispatch"), tmp_path / "later")
    for _ in range(steps):
        number = len(list((later / "versions").glob("*.py"))) + 1
        step = _STEP.format(present=f"{number:04d}", before=f"{number - 1:04d}", column=f"of_tomorrow_{number}")
        (later / "versions" / f"{number:04d}_later.py").write_text(step)
    return later


def test_a_release_runs_on_the_store_of_the_next_so_that_it_can_be_rolled_back_to(
    database_url: str, tmp_path: Path
) -> None:
    store = Store(database_url)
    migrate(store, steps_ahead(tmp_path, 1))
    migrate(store, folder_of("dispatch"))
    with store.engine.connect() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("station")}
    assert any(name.startswith("of_tomorrow") for name in columns), "nothing is taken back"
    store.close()


def test_a_store_of_a_release_after_the_next_is_refused_with_what_to_do(database_url: str, tmp_path: Path) -> None:
    store = Store(database_url)
    migrate(store, steps_ahead(tmp_path, 2))
    with pytest.raises(StoreTooNew, match=r"this release knows only up to \d{4}\. Run the release that made it"):
        migrate(store, folder_of("dispatch"))
    store.close()


_STEP = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "{present}", "{before}", None, None


def upgrade():
    op.add_column("station", sa.Column("{column}", sa.Integer, nullable=True))
"""
