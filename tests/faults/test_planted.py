"""With a safeguard switched off the checker must say so, and say which promise broke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.running import storm

pytestmark = [pytest.mark.long, pytest.mark.stack, pytest.mark.timeout(150)]


@dataclass(frozen=True)
class Bug:
    """What is switched off, what then happens to the deployment, and what each missing safeguard must be noticed by."""

    off: tuple[str, ...]
    faults: tuple[str, ...]
    noticed: tuple[tuple[str, str], ...]
    """Checks, and words that stand in one of their findings."""
    rate: float = 4.0
    seconds: float = 15.0


NEVER_ANSWERED = ("answered or overdue", "was never answered")
BUGS = (
    Bug(("version inbox",), ("echo every event",), (("pictures agree", "knows version"),)),
    Bug(
        ("room constraint", "hold expiry"),
        ("wipe valkey",),
        (("nothing shared", "shared"), ("holds end", "is still held after its time")),
        seconds=20,
    ),
    # Each of the two heals what the other would have: one says the outbox again, one asks again.
    Bug(("outbox replay", "re-ask"), ("wipe nats unheard by dispatch",), (NEVER_ANSWERED,)),
    Bug(("re-ask",), ("lose messages unheard by dispatch",), (NEVER_ANSWERED,)),
    Bug(("containment",), ("failing disk under intake",), (("accepted once", "lost"),), rate=30),
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: " and ".join(bug.off))
def test_a_safeguard_that_is_switched_off_is_missed(bug: Bug, tmp_path: Path) -> None:
    planted = [f"--plant={name}" for name in bug.off]
    faults = [f"--fault={name}" for name in bug.faults]
    arguments = ("--database=sqlite", f"--minutes={bug.seconds / 60}", f"--rate={bug.rate}", "--seed=2")
    report = storm(tmp_path, *arguments, *planted, *faults, kept=False)
    for check, words in bug.noticed:
        told = [finding["what"] for finding in report["findings"][check]]
        assert any(words in what for what in told), (check, report["findings"])
