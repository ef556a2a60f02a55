"""What the parts of a stack do at this moment: the supervisor's record, checked against themselves."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from deploy.embedded.layout import Layout
from deploy.embedded.parts import GATEWAY, LOOPBACK, PARTS, SUPERVISOR
from deploy.embedded.probes import probe_of
from deploy.embedded.state import PartState, StackState, State


def present_state(layout: Layout) -> StackState:
    state = StackState.read(layout)
    if state is None:
        return StackState("", tuple(PartState(name) for name in (SUPERVISOR, *PARTS)))
    return asyncio.run(_checked(state))


async def _checked(state: StackState) -> StackState:
    gateway_host = urlsplit(state.url).hostname or LOOPBACK
    supervised = state.is_supervised()

    async def check(part: PartState) -> PartState:
        if part.process is None or not part.process.is_alive():
            return replace(part, process=None, state=_without_process(part, supervised=supervised))
        if part.port is None or part.state != "ready":
            return part
        host = gateway_host if part.name == GATEWAY else LOOPBACK
        # One that runs and does not answer just now must not be taken for ready.
        return part if await probe_of(part.name, part.port, host)() else replace(part, state="starting")

    return replace(state, parts=tuple(await asyncio.gather(*map(check, state.parts))))


def _without_process(part: PartState, *, supervised: bool) -> State:
    if not supervised:
        return "stopped"
    return "restarting" if part.state == "ready" else part.state
