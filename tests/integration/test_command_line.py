"""The command line as people type it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.embedded.parts import PARTS

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("up", "down", "status", "call", "test")


def zakrila(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "deploy.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_help_lists_every_command_at_once() -> None:
    began = time.monotonic()
    answer = zakrila("--help")
    assert time.monotonic() - began < 1
    assert answer.returncode == 0
    assert all(f"\n  {command} " in answer.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    answer = zakrila(command, "--help")
    assert answer.returncode == 0
    assert f"  ./zakrila {command}" in answer.stdout.partition("Examples:")[2]


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--port", "x"], ["status", "extra"]])
def test_wrong_usage_is_an_error_on_stderr(arguments: list[str]) -> None:
    answer = zakrila(*arguments)
    assert answer.returncode != 0
    assert answer.stdout == ""
    assert "Error" in answer.stderr


def test_status_without_a_stack_shows_every_part_stopped(tmp_path: Path) -> None:
    answer = zakrila("status", "--data", str(tmp_path), "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout) == {
        "parts": [
            {"name": name, "state": "stopped", "pid": None, "port": None, "restarts": 0}
            for name in ("supervisor", *PARTS)
        ]
    }
    assert answer.stderr == ""


def test_there_is_no_colour_where_nobody_sees_it(tmp_path: Path) -> None:
    assert "\033" not in zakrila("status", "--data", str(tmp_path)).stdout


def test_the_default_data_folder_is_var_of_the_current_folder(tmp_path: Path) -> None:
    answer = zakrila("down", cwd=tmp_path)
    assert answer.returncode == 0
    assert str(tmp_path / "var") in answer.stderr


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_start_that_fails_says_why_on_stderr(detach: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = zakrila("up", "--data", str(tmp_path / "file"), *detach)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("zakrila: ")
    assert answer.stderr.count("\n") == 1
