"""Run once before the services: brings every store to the present schema. What is there already is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

import services
from deploy.compose.settings import read
from shared.contracts.vocabulary import Service
from shared.settings import Settings
from shared.storage.engine import Store
from shared.storage.migrate import StoreTooNew, migrate
from shared.telemetry import logs

log = structlog.get_logger()


def main() -> int:
    logs.configure("migrate")
    for service in Service:
        store = Store(read(Settings).database_url(service))
        try:
            migrate(store, Path(services.__path__[0]) / service / "migrations")
        except StoreTooNew as error:
            log.error("a store is too new for this release", part=service, cause=str(error))
            return 1
        except SQLAlchemyError as error:
            log.error("a store cannot be migrated", part=service, cause=str(error.__cause__ or type(error).__name__))
            return 1
        finally:
            store.close()
        log.info("a store is at the present schema", part=service)
    return 0


if __name__ == "__main__":
    sys.exit(main())
