"""Rules, dashboards and runbook name only what there is: metrics, labels, services, sections."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.metrics import MetricWrapperBase

from shared.contracts.vocabulary import Service
from shared.security.keys import ensure_keys
from shared.service import Chassis
from shared.settings import Settings
from tests.contract.present import house_of, services
from tests.support.figures import names
from tests.support.stack import ROOT

FOLDER = ROOT / "deploy" / "observability"
BY_PROMETHEUS = {"up"}
BY_SCRAPING = {"service", "instance", "le"}
"""Not ``job``: what a job is called differs from one way to run to the next."""
NAME = re.compile(r"\b(?:zakrila|process)_[a-z0-9_]+\b|\bup\b")
SELECTOR = re.compile(r"\b((?:zakrila|process)_[a-z0-9_]+|up)\{([^}]*)\}")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def alerts() -> list[dict[str, Any]]:
    return [rule for group in read("alerts.yml")["groups"] for rule in group["rules"]]


def dashboards() -> Mapping[str, dict[str, Any]]:
    found = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
    return {file.stem: json.loads(file.read_text()) for file in found}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            yield f"{name}: {panel['title']}", panel


def expressions() -> Iterator[tuple[str, str]]:
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    for name, panel in panels():
        for target in panel.get("targets", ()):
            yield name, target["expr"]


@pytest.fixture(scope="module")
def chassis(tmp_path_factory: pytest.TempPathFactory) -> dict[Service, Chassis]:
    """Every service, built as its ``main.py`` builds it, not started."""
    folder: Path = tmp_path_factory.mktemp("services")
    ensure_keys(folder / "keys")
    settings = Settings(data=folder, keys=folder / "keys")
    for service in services():
        (folder / service).mkdir()
    return {service: Chassis(house_of(service), settings) for service in services()}


@pytest.fixture(scope="module")
def exported(chassis: dict[Service, Chassis]) -> set[str]:
    """The name of every sample that some service exports."""
    return {name for each in chassis.values() for name in names(generate_latest(each.registry).decode())}


@pytest.fixture(scope="module")
def labels(chassis: dict[Service, Chassis]) -> dict[str, set[str]]:
    """The labels of every metric, by the names of its samples' families."""
    found: dict[str, set[str]] = {}
    for each in chassis.values():
        for gauge in each.house.figures.gauges:
            found[gauge.name] = set(gauge.labels)
        for collector in each.registry._collector_to_names:
            if isinstance(collector, MetricWrapperBase):
                found[collector._name] = set(collector._labelnames)
    return found


def test_every_metric_that_is_named_is_exported_by_some_service(exported: set[str]) -> None:
    unknown = {
        (where, name)
        for where, expression in expressions()
        for name in NAME.findall(expression)
        if name not in exported | BY_PROMETHEUS
    }
    assert unknown == set()


def test_every_label_that_is_asked_for_is_there(labels: dict[str, set[str]]) -> None:
    def family(name: str) -> set[str]:
        return labels.get(name, labels.get(re.sub(r"_(total|bucket|sum|count)$", "", name), set()))

    unknown = {
        (where, name, label)
        for where, expression in expressions()
        for name, selector in SELECTOR.findall(expression)
        for label in LABEL.findall(selector)
        if label not in family(name) | BY_SCRAPING
    }
    assert unknown == set()


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    cases = [case for test in read("alerts_test.yml")["tests"] for case in test["alert_rule_test"]]
    firing = {case["alertname"] for case in cases if case["exp_alerts"]}
    assert firing == {alert["alert"] for alert in alerts()}


def test_every_alert_has_its_page_of_the_runbook_and_says_whom_it_wakes() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = {heading.lower() for heading in re.findall(r"^## (\w+)$", runbook, flags=re.MULTILINE)}
    linked = {alert["annotations"]["runbook_url"].removeprefix("docs/runbook.md#") for alert in alerts()}
    assert linked == sections
    assert {alert["labels"]["severity"] for alert in alerts()} == {"page", "ticket", "none"}
    paged = {alert["alert"] for alert in alerts() if alert["labels"]["severity"] == "page"}
    bodies = dict(re.findall(r"^## (\w+)\n\*\*(Page|Ticket|Always fires)\.\*\*", runbook, flags=re.MULTILINE))
    assert {name for name, whom in bodies.items() if whom == "Page"} == paged


def test_every_section_of_the_runbook_says_who_is_in_danger_and_what_to_do_first_and_then() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = re.split(r"^## ", runbook, flags=re.MULTILINE)[1:]
    said = ("**In danger:**", "**First:**", "**Then:**")
    assert [section.split()[0] for section in sections if any(words not in section for words in said)] == []


def test_every_link_within_the_runbook_leads_somewhere() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = {heading.lower() for heading in re.findall(r"^## (\w+)$", runbook, flags=re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", runbook)) <= sections


def test_alerts_about_incidents_leave_drills_out() -> None:
    def drills_too(expression: str) -> bool:
        return any(
            "mode" in selector and 'mode="actual"' not in selector for _, selector in SELECTOR.findall(expression)
        )

    assert [alert["alert"] for alert in alerts() if drills_too(alert["expr"])] == []


def test_prometheus_reads_every_service_under_its_own_path() -> None:
    expected = {service.value: f"{service.prefix}/metrics" for service in Service}
    beside_compose = {
        job["relabel_configs"][0]["replacement"]: (job["metrics_path"], job["dns_sd_configs"][0]["names"])
        for job in read("prometheus.yml")["scrape_configs"]
    }
    assert beside_compose == {name: (path, [name]) for name, path in expected.items()}
    embedded = {
        job["static_configs"][0]["labels"]["service"]: job["metrics_path"]
        for job in read("prometheus-embedded.yml")["scrape_configs"]
    }
    assert embedded == expected


def test_panels_are_whole_and_do_not_overlap() -> None:
    for name, dashboard in dashboards().items():
        shown = dashboard["panels"]
        assert max(Counter(panel["id"] for panel in shown).values()) == 1, name
        cells = Counter(
            (x, y)
            for place in (panel["gridPos"] for panel in shown)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
        assert max(cells.values()) == 1, name
        assert max(x for x, _ in cells) < 24, name
    assert {panel["datasource"]["uid"] for _, panel in panels() if "datasource" in panel} == {"${datasource}"}
    assert len({dashboard["uid"] for dashboard in dashboards().values()}) == 3
