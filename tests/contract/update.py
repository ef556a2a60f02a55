"""``python -m tests.contract.update``: write the snapshots anew.

A change that breaks who relies on it needs ``--even-if-breaking``, and a decision record.
"""

from __future__ import annotations

import sys

from tests.contract.breaking import broken
from tests.contract.files import committed, write
from tests.contract.present import everything

EVEN_IF_BREAKING = "--even-if-breaking"


def main(arguments: list[str]) -> int:
    """Update what differs; return the exit status."""
    before, now = committed(), everything()
    breaks = [sentence for name in now if name in before for sentence in broken(name, before[name], now[name])]
    if breaks and EVEN_IF_BREAKING not in arguments:
        sys.stderr.write("\n".join([*breaks, f"Nothing was written. If this is meant: {EVEN_IF_BREAKING}", ""]))
        return 1
    for name, promises in now.items():
        if before.get(name) != promises:
            write(name, promises)
            sys.stdout.write(f"wrote {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
