"""The parts that behaviour is tried on elsewhere as programs, here as the containers of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from docker.models.containers import Container
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy import configurations
from shared.messaging.authority import authorization
from tests.support.nats_server import NatsServer
from tests.support.valkey_server import ValkeyServer


class _Startable:
    """A container that can be killed and started again under the same port."""

    def __init__(self, container: DockerContainer) -> None:
        self._container = container
        self._made = False

    def start(self) -> None:
        if self._made:
            self._wrapped.start()
        else:
            self._container.start()
            self._made = True

    def kill(self) -> None:
        self._wrapped.kill()

    def pause(self) -> None:
        self._wrapped.pause()

    def resume(self) -> None:
        self._wrapped.reload()
        if self._wrapped.status == "paused":
            self._wrapped.unpause()

    def remove(self) -> None:
        self._container.stop()

    @property
    def _wrapped(self) -> Container:
        return self._container.get_wrapped_container()


class NatsInContainer(NatsServer):
    """NATS with this deployment's keys and authority."""

    def __init__(self, folder: Path, keys: Path) -> None:
        super().__init__(folder, keys)
        lines = configurations.bus("0.0.0.0", 4222, "zakrila", "/data")
        (folder / "nats.conf").write_text("\n".join((*lines, authorization(keys))))
        self._inside = _Startable(
            DockerContainer("nats:2.12-alpine")
            .with_command("--config /zakrila/nats.conf")
            .with_volume_mapping(str(folder), "/zakrila", "ro")
            .with_bind_ports(4222, self.port)
            .waiting_for(LogMessageWaitStrategy("Server is ready"))
        )
        self.remove = self._inside.remove

    def start(self) -> Self:
        self._inside.start()
        return self

    def kill(self) -> None:
        self._inside.kill()


class RedisInContainer(ValkeyServer):
    """Redis, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._inside = _Startable(
            DockerContainer("redis:7-alpine")
            .with_bind_ports(6379, self.port)
            .waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
        )
        self.remove = self._inside.remove

    def start(self) -> Self:
        self._inside.start()
        return self

    def kill(self) -> None:
        self._inside.kill()

    def pause(self) -> None:
        self._inside.pause()

    def resume(self) -> None:
        self._inside.resume()
