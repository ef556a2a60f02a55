"""Pictures of pages, taken by one command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Stack


def test_pages_are_taken_in_every_wanted_shape_of_a_night_that_is_staged_for_them(stack: Stack, tmp_path: Path) -> None:
    wanted = ("centre_staff/handover-without-consent", "crew/rendezvous", "nobody/sign-in", "operator/not-found")
    only = [f"--only={title}" for title in wanted]
    done = stack.zakrila("screenshots", f"--out={tmp_path}", "--language=sq", "--theme=dark", *only)
    taken = sorted(file.relative_to(tmp_path / "sq").as_posix() for file in tmp_path.rglob("*.png"))
    assert taken == sorted(f"{title}-{size}-dark.png" for title in wanted for size in ("desktop", "phone"))
    assert "8 screenshots in " in done.stdout
    assert str(tmp_path / "index.html") in done.stdout
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--language=xx"], "There is no language xx; there are bg, en, sr, sq."),
        (["--only=no such page"], "--list"),
        (["--data=/nonexistent"], "No stack runs on /nonexistent"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], says: str) -> None:
    done = screenshots(*arguments)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_missing_browser_is_named(tmp_path: Path) -> None:
    done = screenshots(f"--out={tmp_path}", PATH="/nonexistent")
    assert done.returncode == 1
    assert "install Debian's package chromium" in done.stderr


def test_pages_are_listed_without_a_stack_or_a_browser() -> None:
    done = screenshots("--list", "--only=crew/", PATH="/nonexistent")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "crew/start",
        "crew/dispatch-crew",
        "crew/rendezvous",
    ]


def screenshots(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "deploy.cli", "screenshots", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
