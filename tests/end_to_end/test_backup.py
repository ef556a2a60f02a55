"""A backup made while calls come in is whole; restored, it goes on."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.end_to_end.test_replay_under_fire import Replaying
from tests.support.nats_server import free_port
from tests.support.stack import ROOT, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

CALL = json.loads((ROOT / "docs/examples/call.json").read_text())


def test_a_backup_made_under_load_holds_every_call_accepted_before_it(
    milwaukee: Stack, call_log: Path, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar.gz"
    with Replaying(milwaukee, call_log, "--rate=8", "--limit=50") as replaying:
        wait_until(lambda: milwaukee.read(Service.INTAKE, "SELECT count(*) FROM incident")[0][0] >= 15, "calls come in")
        accepted = {row[0] for row in milwaukee.read(Service.INTAKE, "SELECT id FROM incident")}
        milwaukee.zakrila("backup", str(file))
        replaying.table()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    restored = Stack(tmp_path / "restored", free_port())
    restored.zakrila("restore", str(file))
    held = {row[0] for row in restored.read(Service.INTAKE, "SELECT id FROM incident")}
    assert accepted <= held
    for service, table in (
        (Service.DISPATCH, "job"),
        (Service.SHELTER_BEDS, "placement"),
        (Service.NOTIFY, "handover"),
    ):
        known = {row[0] for row in restored.read(service, f"SELECT incident FROM {table}")}  # noqa: S608  # own names
        assert known <= held, f"{service} knows of a call that intake had not accepted"
    restored.up()
    try:
        with restored.client("operator@demo.example") as operator:

            def settled() -> bool:
                items = operator.get("/intake/api/incidents?limit=200").json()["items"]
                waiting = [i for i in items if any(leg["state"] == "waiting" for leg in i["legs"].values())]
                return len(items) == len(held) and not waiting

            wait_until(settled, "every restored call is answered", seconds=60)
    finally:
        restored.down()


def test_a_restore_refuses_a_folder_that_is_not_empty_and_a_file_that_is_not_whole(ruse: Stack, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    ruse.zakrila("backup", str(file))
    taken = ruse.zakrila("restore", str(file), check=False)
    assert taken.returncode == 1
    assert "not empty" in taken.stderr
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    broken = Stack(tmp_path / "new", 1).zakrila("restore", str(file), check=False)
    assert broken.returncode == 1
    assert not (tmp_path / "new").exists()


def test_a_token_made_from_the_keys_is_good_and_ends_with_its_time(ruse: Stack) -> None:
    with ruse.client("operator@demo.example") as operator:
        assert operator.get("/intake/api/incidents").status_code == httpx.codes.OK
    refused = ruse.zakrila("token", "operator@demo.example", "--ttl", "48h", check=False)
    assert refused.returncode == 1
    assert "24 h" in refused.stderr
