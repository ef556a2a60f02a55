"""Run once when the services are there: the first accounts and, if wished, an area. Filled before, it does nothing.

The gateway opens only afterwards, so each service is spoken to at its own port.
"""

from __future__ import annotations

import asyncio
import sys

import httpx

from deploy.cli.jurisdictions import find
from deploy.compose.layout import Volumes
from deploy.compose.settings import StackSettings, read
from deploy.embedded.first_day import FirstDay, fill, is_done
from deploy.embedded.layout import Layout
from deploy.errors import CommandError
from deploy.loading import NotLoaded


class EachAtItsPort(httpx.AsyncHTTPTransport):
    """Does what the gateway does: the first part of a path says which service it is for."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.path.split("/")[1].replace("-", "_")
        request.url = request.url.copy_with(host=host, port=8000)
        return await super().handle_async_request(request)


def main() -> int:
    settings = read(StackSettings)
    layout = Layout(Volumes().operator)
    try:
        area = find(settings.jurisdiction, None, None) if settings.jurisdiction else None
        plan = FirstDay(area, settings.demo, settings.first_admin)
        if not is_done(layout):
            asyncio.run(fill(layout, "http://services", plan, EachAtItsPort()))
    except (CommandError, NotLoaded) as error:
        sys.stderr.write(f"The first day cannot be done: {error}\n")
        return 1
    print(f"The accounts of the first day are kept in {layout.demo_accounts}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
