"""With a safeguard switched off the checker must say so, and say which promise broke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.running import storm

pytestmark = [pytest.mark.stack, pytest.mark.timeout(150)]


@dataclass(frozen=True)
class Bug:
    """What is switched off, what then happens to the deployment, and which check must notice."""

    off: tuple[str, ...]
    faults: tuple[str, ...]
    noticed_by: frozenset[str]
    rate: float = 4.0
    minutes: float = 0.3


BUGS = (
    Bug(("version inbox",), ("echo every event",), frozenset({"pictures agree"})),
    Bug(("room constraint",), (), frozenset({"nothing shared"})),
    # Each of the two heals what the other would have: one says the outbox again, one asks again.
    Bug(("outbox replay", "re-ask"), ("wipe nats unheard by dispatch",), frozenset({"answered or overdue"})),
    Bug(("re-ask",), ("lose messages unheard by dispatch",), frozenset({"answered or overdue"})),
    Bug(("hold expiry",), (), frozenset({"holds end"})),
    Bug(("containment",), ("failing disk under intake",), frozenset({"accepted once"}), rate=30),
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: " and ".join(bug.off))
def test_a_safeguard_that_is_switched_off_is_missed(bug: Bug, tmp_path: Path) -> None:
    planted = [f"--plant={name}" for name in bug.off]
    faults = [f"--fault={name}" for name in bug.faults or ("wipe valkey",)]
    arguments = ("--database=sqlite", f"--minutes={bug.minutes}", f"--rate={bug.rate}", "--seed=2")
    report = storm(tmp_path, *arguments, *planted, *faults, kept=False)
    noticed = {name for name, found in report["findings"].items() if found}
    assert noticed & bug.noticed_by, f"noticed only by {sorted(noticed)}"
