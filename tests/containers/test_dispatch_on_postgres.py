"""dispatch behaves on a deployment's PostgreSQL as on the database of the other tests: some of them, run on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testcontainers.community.postgres import PostgresContainer

from tests.integration.dispatch.conftest import clock, service, world
from tests.integration.dispatch.test_choosing_units import *
from tests.integration.dispatch.test_constraints import test_two_active_jobs_cannot_hold_one_unit
from tests.integration.dispatch.test_deadlines import *

__all__ = ["clock", "service", "test_two_active_jobs_cannot_hold_one_unit", "world"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # type: ignore[assignment]  # there it is one mark


@pytest.fixture(scope="module")
def store_url() -> Iterator[str]:
    """A database of a PostgreSQL container."""
    with PostgresContainer("postgres:17-alpine", driver="psycopg") as server:
        yield server.get_connection_url()
