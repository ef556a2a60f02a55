"""Runs the project's tests with whatever of their parts this machine has."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from deploy import environment
from deploy.errors import CommandError

PytestArguments = Annotated[list[str] | None, typer.Argument(metavar="ARGUMENTS", help="Given to pytest as they are.")]


_MOST_WORKERS = 4
"""Each may start a stack of its own."""


@dataclass(frozen=True)
class Suite:
    """Tests that need something no wheel brings."""

    folder: str
    lacks: str
    is_possible: Callable[[], bool]
    costs: str = ""
    """What it costs to run, where that is too much to happen unasked; it runs when it is named."""


def _chromium_is_here() -> bool:
    return shutil.which("chromium") is not None


def _promtool_is_here() -> bool:
    return shutil.which("promtool") is not None


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], check=False, capture_output=True).returncode == 0


SUITES = (
    Suite("tests/alerts", "promtool (Debian's package prometheus)", _promtool_is_here),
    Suite("tests/browser", "Chromium (Debian's package chromium)", _chromium_is_here, "takes many minutes"),
    Suite(
        "tests/containers", "a Docker engine that answers", _docker_answers, "builds images and takes several minutes"
    ),
)


def run_tests(arguments: PytestArguments = None) -> None:
    """Install what the tests need and run them. Paths are those of the repository."""
    arguments = arguments or []
    impossible = [suite for suite in SUITES if not suite.is_possible()]
    for suite in impossible:
        if names(arguments, suite):
            raise CommandError(f"{suite.folder} cannot run here: it needs {suite.lacks}.")
    try:
        environment.extend(environment.DEV_LOCK, "installing what the tests need")
    except environment.BuildError as error:
        raise CommandError(str(error)) from error
    for suite in impossible:
        sys.stderr.write(f"zakrila: not run: {suite.folder}, which needs {suite.lacks}.\n")
    unasked = [suite for suite in SUITES if suite.costs and suite not in impossible and not names(arguments, suite)]
    for suite in unasked:
        sys.stderr.write(f"zakrila: not run unless named: {suite.folder}, which {suite.costs}.\n")
    ignored = [f"--ignore={suite.folder}" for suite in (*impossible, *unasked)]
    os.chdir(environment.ROOT)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "pytest", *ignored, *at_once(arguments), *arguments])  # noqa: S606  # no shell is wanted


def at_once(arguments: Sequence[str]) -> Sequence[str]:
    """Run the whole suite on several cores, a file's tests together: they share what is slow to start."""
    if any(
        argument.startswith("-n") or (environment.ROOT / argument.partition("::")[0]).exists() for argument in arguments
    ):
        return ()
    workers = str(min(os.cpu_count() or 1, _MOST_WORKERS))
    # In the order that tests/conftest.py gives them, not by how many a file has: whole stacks are few and long.
    return ("-n", workers, "--dist", "loadfile", "--no-loadscope-reorder")


def names(arguments: Sequence[str], suite: Suite) -> bool:
    folder = environment.ROOT / suite.folder
    paths = ((environment.ROOT / argument.partition("::")[0]).resolve() for argument in arguments)
    return any(path == folder or folder in path.parents for path in paths)
