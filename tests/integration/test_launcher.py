"""./zakrila builds its environment once, repairs it, and says in a sentence why it cannot."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOWS_ITS_CALL = "import os, sys; print(os.getcwd(), *sys.argv[1:])"


def new_checkout(folder: Path) -> Path:
    """The launcher and what it needs, with a lock of no packages and a command line that shows its call."""
    command_line = folder / "deploy" / "cli"
    command_line.mkdir(parents=True)
    shutil.copy(ROOT / "zakrila", folder)
    shutil.copy(ROOT / "deploy" / "environment.py", folder / "deploy")
    (folder / "requirements.lock").write_text("# nothing\n")
    (folder / "deploy" / "__init__.py").touch()
    (command_line / "__init__.py").touch()
    (command_line / "__main__.py").write_text(SHOWS_ITS_CALL)
    return folder


def call(
    launcher: Path, *arguments: str, cwd: Path | None = None, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path or os.environ["PATH"], "HOME": os.environ["HOME"]}
    return subprocess.run([launcher, *arguments], check=False, capture_output=True, text=True, cwd=cwd, env=environment)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkout = new_checkout(tmp_path_factory.mktemp("built"))
    first = call(checkout / "zakrila", "status")
    assert first.returncode == 0, first.stderr
    assert first.stderr.count("\n") == 1
    assert "building" in first.stderr
    return checkout


def test_a_second_call_builds_nothing_and_is_quick(built: Path) -> None:
    began = time.monotonic()
    again = call(built / "zakrila", "status")
    assert again.returncode == 0
    assert again.stderr == ""
    assert time.monotonic() - began < 1


def test_it_works_through_a_symbolic_link_from_any_folder(built: Path, tmp_path: Path) -> None:
    elsewhere, links = tmp_path / "else where", tmp_path / "links"
    elsewhere.mkdir()
    links.mkdir()
    (links / "target").symlink_to(built / "zakrila")
    (links / "zak").symlink_to("target")
    answer = call(links / "zak", "up", "--data", "a b", cwd=elsewhere)
    assert answer.stdout == f"{elsewhere} up --data a b\n"


def test_nothing_in_the_current_folder_is_imported(built: Path, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    assert call(built / "zakrila", cwd=tmp_path).returncode == 0


def test_a_changed_lock_is_installed(built: Path) -> None:
    (built / "requirements.lock").write_text("# nothing, said otherwise\n")
    assert "building" in call(built / "zakrila").stderr
    assert call(built / "zakrila").stderr == ""


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A first run in the middle of its work."""
    checkout = new_checkout(tmp_path)
    run = subprocess.Popen(
        [checkout / "zakrila"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert run.stderr is not None
    assert "building" in run.stderr.readline()
    yield run
    run.stderr.close()
    run.wait()


def test_a_killed_first_run_is_repaired_by_the_next(interrupted: subprocess.Popen[str], tmp_path: Path) -> None:
    os.killpg(interrupted.pid, signal.SIGKILL)
    interrupted.wait()
    answer = call(tmp_path / "zakrila", "status")
    assert answer.returncode == 0, answer.stderr
    assert "building" in answer.stderr


def test_two_first_runs_at_once_build_once(interrupted: subprocess.Popen[str], tmp_path: Path) -> None:
    second = call(tmp_path / "zakrila", "status")
    assert second.returncode == 0, second.stderr
    assert "waiting for another run" in second.stderr
    assert "building its" not in second.stderr
    assert interrupted.wait() == 0


def test_without_python_it_says_what_it_looked_for(tmp_path: Path) -> None:
    answer = call(new_checkout(tmp_path / "checkout") / "zakrila", path=tools_only(tmp_path / "bin"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("zakrila: Python 3.11 or newer was not found")


def test_a_python_without_venv_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tools_only(tmp_path / "bin")
    crippled = tmp_path / "bin" / "python3"
    crippled.write_text(f'#!/bin/sh\ncase "$*" in *venv*) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    crippled.chmod(0o755)
    answer = call(new_checkout(tmp_path / "checkout") / "zakrila", path=path)
    assert answer.returncode == 1
    assert f"{crippled} lacks the module venv" in answer.stderr


def test_a_package_that_cannot_be_installed_is_named(tmp_path: Path) -> None:
    checkout = new_checkout(tmp_path)
    (checkout / "requirements.lock").write_text("./no-such-folder\n")
    answer = call(checkout / "zakrila")
    assert answer.returncode == 1
    assert "pip could not install requirements.lock" in answer.stderr
    assert not list((checkout / ".venv").glob("*.stamp"))


def tools_only(folder: Path) -> str:
    """A search path with what the launcher itself calls, and no Python."""
    folder.mkdir()
    for tool in ("dirname", "readlink", "sh"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return str(folder)
