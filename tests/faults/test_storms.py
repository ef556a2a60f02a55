"""Short storms on both databases: whatever breaks, nothing is lost, doubled or silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.running import storm

pytestmark = [pytest.mark.long, pytest.mark.stack, pytest.mark.timeout(240)]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_short_storm_breaks_no_promise(database: str, tmp_path: Path) -> None:
    report = storm(tmp_path, f"--database={database}", "--minutes=0.6", "--rate=3", "--seed=4")
    assert report["kept"]
    assert report["accepted"] == report["calls"] > 0
    assert (report["lost"], report["doubled"], report["silent"]) == (0, 0, 0)
    assert report["episodes"]
