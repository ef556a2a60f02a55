"""Alert rules speak of metrics that exist, and say what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from deploy.environment import ROOT
from shared.contracts.vocabulary import Service
from shared.telemetry.metrics import BusMetrics, HttpMetrics, RunnerMetrics

FOLDER = ROOT / "deploy" / "observability"
GROUPS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_speaks_of_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    registry = CollectorRegistry()
    for kind in (BusMetrics, HttpMetrics, RunnerMetrics):
        kind(registry)
    families = {family.name: family.type for family in registry.collect()}
    endings = {"counter": "_total", "histogram": "_bucket", "gauge": ""}
    known = {name + endings[kind] for name, kind in families.items()}
    assert set(re.findall(r"\bzakrila_\w+", rule["expr"])) <= known
    assert rule["annotations"].keys() == {"summary", "what_to_do"}
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_service_is_watched_at_its_own_path() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    watched = {job["job_name"]: (job["metrics_path"], job["dns_sd_configs"][0]["names"]) for job in jobs}
    assert watched == {service.value: (f"{service.prefix}/metrics", [service.value]) for service in Service}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not here")
def test_prometheus_accepts_its_files() -> None:
    for arguments in (["config", "--syntax-only", "prometheus.yml"], ["rules", "rules.yml"]):
        command = [str(shutil.which("promtool")), "check", *arguments]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
