"""Storms as people run them, for the tests of this folder: the command, its exit status and its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.stack import ROOT

_SECONDS = 230.0


def storm(folder: Path, *arguments: str, kept: bool = True) -> dict[str, Any]:
    """Run a storm and return its report; whether every promise was kept must be as expected."""
    file = folder / "report.json"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.faults", *arguments, f"--json={file}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert file.exists(), f"the storm did not come to its end:\n{done.stdout}\n{done.stderr}"
    assert done.returncode == (0 if kept else 1), done.stdout
    (report,) = json.loads(file.read_text())
    assert isinstance(report, dict)
    return report
