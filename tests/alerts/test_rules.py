"""Prometheus' own tool on the rules that ship: they are valid, and each alert fires when it should and only then."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.support.stack import ROOT

FOLDER = ROOT / "deploy" / "observability"


@pytest.mark.parametrize(
    "arguments",
    [
        ("test", "rules", "alerts_test.yml"),
        ("check", "rules", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool") or "promtool"
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
