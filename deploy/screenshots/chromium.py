"""The browser that pages are looked at with: Debian's Chromium, which asks the network for nothing of its own."""

from __future__ import annotations

import shutil

COMMAND = "chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def path() -> str | None:
    """Return where it is, if it is installed."""
    return shutil.which(COMMAND)
