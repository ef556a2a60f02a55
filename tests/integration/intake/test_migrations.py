"""A store of an earlier release becomes one of this release, with what it holds."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import insert

import services.intake
from services.intake.store.names import places_named
from services.intake.tables import PLACE
from shared.storage.engine import Store
from shared.storage.migrate import _config, migrate
from tests.integration.intake.world import area


def test_places_loaded_before_are_found_by_their_names(database_url: str) -> None:
    folder = Path(services.intake.__file__).parent / "migrations"
    store = Store(database_url)
    try:
        with store.engine.connect() as connection:
            config = _config(folder)
            config.attributes["connection"] = connection
            connection.exec_driver_sql("BEGIN")
            command.upgrade(config, "0001")
            village = area()["settlements"][0]
            row = {name: village[name] for name in ("code", "municipality", "latitude", "longitude")}
            more = {"kind": "settlement", "jurisdiction": "TST", "region": "", "names": village["name"]}
            connection.execute(insert(PLACE), {**row, **more})
            connection.exec_driver_sql("COMMIT")
        migrate(store, folder)
        with store.reading() as connection:
            for beginning in ("про", "Prol"):
                assert [place["code"] for place in places_named(connection, beginning, 20)] == ["63427"]
    finally:
        store.close()
