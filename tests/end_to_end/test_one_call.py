"""One call through the whole stack, as its users live it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.support.stack import ROOT, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

CALL = json.loads((ROOT / "docs/examples/call.json").read_text())
MINIMAL = json.loads((ROOT / "docs/examples/minimal-call.json").read_text())
PERSONAL = ("Мария Измислена", "Петър Измислен", "пратка", "+359888000001", "Измислена“ 12", "Съседка чува")


def legs(client: httpx.Client, incident: str) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = client.get(f"/intake/api/incidents/{incident}").json()["legs"]
    return shown


def reached(client: httpx.Client, incident: str, **wanted: str) -> dict[str, dict[str, Any]]:
    def there() -> dict[str, dict[str, Any]] | None:
        now = legs(client, incident)
        return now if all(now[leg]["state"] == state for leg, state in wanted.items()) else None

    found: dict[str, dict[str, Any]] = wait_until(there, f"{wanted}")
    return found


def move(client: httpx.Client, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = client.post(path, json=body or {})
    assert answer.status_code == httpx.codes.OK, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def test_one_call_gets_three_answers_and_every_step_to_the_end(ruse: Stack) -> None:
    with ruse.client("operator@demo.example") as operator:
        raised = operator.post("/intake/api/incidents", json=CALL, headers={"Idempotency-Key": "the-call"})
        assert raised.status_code == httpx.codes.CREATED, raised.text
        incident = raised.json()["id"]
        shown = reached(operator, incident, police="answered", shelter="answered", centre="answered")
        job, placement = shown["police"]["detail"]["job"], shown["shelter"]["detail"]["placement"]
        handover, unit = shown["centre"]["detail"]["handover"], shown["police"]["detail"]["unit"]

        crew = ruse.client(f"crew.{unit.lower()}@demo.example")
        for step in ("acknowledge", "en-route"):
            move(crew, f"/dispatch/api/jobs/{job}/{step}")
        staff = _staff_of(ruse, placement)
        move(
            staff,
            f"/shelter-beds/api/placements/{placement}/confirm",
            {"meeting_point": {"kind": "public_place", "text": "пред читалището"}},
        )
        rendezvous = f"/shelter-beds/api/placements/{placement}/rendezvous"
        assert crew.get(rendezvous).status_code == httpx.codes.NOT_FOUND, "not before the crew is on scene"
        move(crew, f"/dispatch/api/jobs/{job}/on-scene")
        move(crew, f"/dispatch/api/jobs/{job}/facts", {"seen_alone": "yes", "risk": {"2": "yes"}})
        point = wait_until(lambda: _found(crew, rendezvous), "the crew reads the meeting point")
        assert (point["kind"], point["text"]) == ("public_place", "пред читалището")
        assert point["word"]
        assert operator.get(rendezvous).status_code in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}

        centre = ruse.client(ruse.account("centre_staff", shown["centre"]["detail"]["centre"]))
        packet = centre.get(f"/notify/api/handovers/{handover}").json()["packet"]
        assert packet["people"] == 2
        for step in ("acknowledge", "accept"):
            move(centre, f"/notify/api/handovers/{handover}/{step}")
        move(crew, f"/dispatch/api/jobs/{job}/transporting")
        move(crew, f"/dispatch/api/jobs/{job}/delivered")
        move(staff, f"/shelter-beds/api/placements/{placement}/arrive")
        move(crew, f"/dispatch/api/jobs/{job}/clear", {"reason": "family_delivered"})
        reached(operator, incident, police="done", shelter="done", centre="done")

        def timeline() -> list[dict[str, Any]] | None:
            shown: list[dict[str, Any]] = operator.get(f"/intake/api/incidents/{incident}/timeline").json()["items"]
            return shown if any(item["type"] == "dispatch.job.cleared" for item in shown) else None

        items = wait_until(timeline, "the last step is heard")
        steps = [item["type"].partition(".")[2] for item in items]
        assert steps[0] == "incident.raised"
        for earlier, later in (
            ("job.assigned", "job.acknowledged"),
            ("job.on_scene", "job.facts"),
            ("placement.confirmed", "placement.arrived"),
            ("handover.acknowledged", "handover.accepted"),
            ("job.transporting", "job.cleared"),
        ):
            assert steps.index(earlier) < steps.index(later)
        assert len({(item["entity"], item["version"]) for item in items}) == len(items)

        closed = move(operator, f"/intake/api/incidents/{incident}/close", {"outcome": "resolved"})
        assert (closed["state"], closed["seen_alone"]) == ("closed", "yes")


def test_the_smallest_call_sends_police(ruse: Stack) -> None:
    with ruse.client("operator@demo.example") as operator:
        raised = operator.post("/intake/api/incidents", json=MINIMAL)
        assert raised.status_code == httpx.codes.CREATED, raised.text
        assert raised.json()["priority"] == 1
        wait_until(
            lambda: legs(operator, raised.json()["id"])["police"]["state"] in {"answered", "unmet"}, "police answer"
        )


def test_a_drill_moves_only_shadows(ruse: Stack) -> None:
    with ruse.client("supervisor@demo.example") as supervisor:
        raised = supervisor.post("/intake/api/incidents", json={**CALL, "mode": "exercise", "external_ref": "drill"})
        assert raised.status_code == httpx.codes.CREATED, raised.text
        shown = reached(supervisor, raised.json()["id"], police="answered", shelter="answered", centre="answered")
        assert all(leg["detail"]["shadow"] is True for leg in shown.values())
        real = ruse.read(Service.DISPATCH, "SELECT count(*) FROM job WHERE mode != 'actual' AND NOT shadow")
        assert real == [(0,)]


def test_nothing_personal_is_in_logs_metrics_or_the_clear_part_of_the_bus(ruse: Stack) -> None:
    with ruse.client("operator@demo.example") as operator:
        raised = operator.post("/intake/api/incidents", json={**CALL, "external_ref": "privacy"})
        incident = raised.json()["id"]
        wait_until(lambda: all(leg["state"] != "waiting" for leg in legs(operator, incident).values()), "answers")
    bus = b"".join(
        bytes(body)
        for service in Service
        for (body,) in ruse.read(service, "SELECT body FROM outbox WHERE body IS NOT NULL")
    )
    streams = b"".join(file.read_bytes() for file in (ruse.data / "nats").rglob("*") if file.is_file())
    logs = ruse.logs()
    for value in PERSONAL:
        assert value not in logs
        assert value.encode() not in bus
        assert value.encode() not in streams
        assert json.dumps(value)[1:-1].encode() not in bus


def _staff_of(stack: Stack, placement: str) -> httpx.Client:
    """Return the staff whose placement it is; nobody else may even know that it exists."""
    for entry in json.loads((stack.data / "demo-accounts.json").read_text()):
        if entry["role"] == "shelter_staff":
            client = stack.client(entry["email"])
            if _found(client, f"/shelter-beds/api/placements/{placement}"):
                return client
    raise AssertionError("the placement belongs to no shelter")


def _found(client: httpx.Client, path: str) -> dict[str, Any] | None:
    answer = client.get(path)
    return answer.json() if answer.status_code == httpx.codes.OK else None
