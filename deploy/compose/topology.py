"""Runs beside the services: owns streams and durables, as the embedded supervisor does."""

from __future__ import annotations

import asyncio
import signal

from deploy.compose.settings import JobSettings, StackSettings, read
from shared.messaging import topology
from shared.telemetry import logs


async def keep(settings: JobSettings, replicas: int) -> None:
    """Keep the topology until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await topology.keep(settings.nats_url, settings.keys, stop=stop, replicas=replicas)


if __name__ == "__main__":
    job = read(JobSettings)
    logs.configure("topology", job.log_level)
    asyncio.run(keep(job, read(StackSettings).stream_replicas))
