"""The cluster overlay: a NATS node and a replica of every service killed under load, and nothing is lost (P1, P2)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.containers.compose_stack import ComposeStack, answered, clean_clone, docker, raise_call
from tests.support.stack import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

CALLERS, CALLS_OF_EACH = 4, 25


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """Three NATS nodes, two replicas of every service, a hot standby."""
    clone = clean_clone(tmp_path_factory.mktemp("cluster") / "zakrila")
    made = ComposeStack(clone, f"zakrila-cluster-{os.getpid()}", overlays=("deploy/compose/cluster.yml",))
    made.write_settings()
    try:
        made.up()
        yield made
    finally:
        made.down("--volumes", "--remove-orphans", "--timeout=5")


def test_every_stream_has_three_copies_and_every_service_two_replicas(cluster: ComposeStack) -> None:
    for service in Service:
        assert len(cluster.containers(service)) == 2
    code = """
import asyncio
from pathlib import Path
from shared.messaging.topology import connect_supervisor
async def main():
    bus = await connect_supervisor("nats://nats:4222", Path("/zakrila/own"))
    for stream in await bus.jetstream(timeout=10).streams_info():
        print(stream.config.name, stream.config.num_replicas)
asyncio.run(main())
"""
    shown = cluster.python("topology", code)
    copies = dict(line.split() for line in shown.stdout.splitlines())
    assert {service.stream for service in Service} <= copies.keys(), shown.stderr
    assert set(copies.values()) == {"3"}


def test_killing_a_node_and_a_replica_of_each_service_under_load_loses_nothing(cluster: ComposeStack) -> None:
    accepted: list[str] = []
    with cluster.sign_in("supervisor@demo.example") as supervisor:
        callers = [threading.Thread(target=_call, args=(supervisor, name, accepted)) for name in range(CALLERS)]
        for caller in callers:
            caller.start()
        wait_until(lambda: len(accepted) >= CALLERS, "the load began", 60)
        victims = [cluster.containers("nats-2")[0], *(cluster.containers(service)[0] for service in Service)]
        for victim in victims:
            docker("kill", victim)
        for caller in callers:
            caller.join()
        assert len(accepted) == CALLERS * CALLS_OF_EACH
        for incident in accepted:
            answered(supervisor, incident, 120)
        docker("start", *victims)
    for part in ("nats-2", *Service):
        cluster.wait_until_healthy(part)


def test_the_standby_follows_and_can_take_over(cluster: ComposeStack) -> None:
    with cluster.sign_in("supervisor@demo.example") as supervisor:
        before = raise_call(supervisor, "before-the-standby", mode="exercise")
        answered(supervisor, before)
        wait_until(lambda: _behind(cluster) == 0, "the standby has everything")
        cluster.compose("stop", "postgres")
        done = cluster.execute("postgres-standby", "sh", "-c", 'pg_ctl promote --wait --pgdata="$PGDATA"')
        assert done.returncode == 0, done.stderr
        after = raise_call(supervisor, "after-the-standby", mode="exercise")
        for incident in (before, after):
            answered(supervisor, incident, 120)


def _call(client: httpx.Client, name: int, accepted: list[str]) -> None:
    for number in range(CALLS_OF_EACH):
        incident = raise_call(client, f"load-{name}-{number}", mode="exercise", seconds=120)
        accepted.append(incident)


def _behind(cluster: ComposeStack) -> int:
    query = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM pg_stat_replication"
    shown = cluster.execute("postgres", "psql", "-U", "postgres", "-tAc", query).stdout.strip()
    return int(shown or -1)
