import os
import sys

import typer


def bench(context: typer.Context) -> None:
    """Measure: incidents at a rate on the jurisdiction `scale`, latencies, commits, messages, memory."""
    # The benchmark stands outside of what it measures: nothing of deploy or the services imports it.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "bench", *context.args])  # noqa: S606  # no shell is wanted
