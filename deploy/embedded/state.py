"""What the supervisor tells other commands about its stack: DIR/run/state.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from deploy.embedded.layout import Layout
from deploy.embedded.process import Identity

State = Literal["starting", "ready", "restarting", "failed", "stopped"]


@dataclass(frozen=True)
class PartState:
    name: str
    state: State = "stopped"
    process: Identity | None = None
    port: int | None = None
    restarts: int = 0

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Self:
        process = Identity(**item["process"]) if item["process"] else None
        return cls(item["name"], item["state"], process, item["port"], item["restarts"])


@dataclass(frozen=True)
class StackState:
    """The supervisor first, then the parts in the order in which they start."""

    url: str
    parts: tuple[PartState, ...]

    @property
    def supervisor(self) -> Identity | None:
        return self.parts[0].process

    def is_supervised(self) -> bool:
        return self.supervisor is not None and self.supervisor.is_alive()

    def survivors(self) -> list[Identity]:
        return [part.process for part in self.parts if part.process and part.process.is_alive()]

    @classmethod
    def read(cls, layout: Layout) -> Self | None:
        """The last record; None when there is none, or none that can be read."""
        try:
            document = json.loads(layout.state.read_text())
            return cls(document["url"], tuple(PartState.from_json(item) for item in document["parts"]))
        except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
            return None

    def write(self, layout: Layout) -> None:
        draft = layout.state.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(layout.state)
