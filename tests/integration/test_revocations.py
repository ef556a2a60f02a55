"""What was signed out elsewhere is refused here, for as long as a token could live, through restarts too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from services.dispatch.main import make_house
from shared.clock import utc_now
from shared.contracts.events import ACCOUNT, SESSION, AccountPublic, BoardData, Family, KeysPublic, SessionPublic
from shared.errors import NotSignedIn, Poison
from shared.messaging.inbox import Heard
from shared.messaging.listener import Handler
from shared.security import revocations
from shared.security.revocations import Revocations, account_changed, session_revoked
from shared.security.tokens import Account
from shared.storage.engine import Store
from shared.telemetry.tracing import Trace
from tests.support.house import Running, running
from tests.support.world import Clock

pytestmark = pytest.mark.anyio


class NowClock(Clock):
    def __init__(self) -> None:
        self.now = utc_now()


@pytest.fixture
def clock() -> Clock:
    """The service's clock."""
    return NowClock()


@pytest.fixture
async def service(tmp_path: Path, database_url: str, clock: Clock) -> AsyncIterator[Running]:
    """Some service that is not identity."""
    async with running(make_house, tmp_path, database_url=database_url, clock=clock) as made:
        yield made


def heard(family: Family, state: BaseModel) -> Heard:
    data = BoardData(entity="x", version=1, jurisdiction="ALL", state={})
    return Heard(f"{family.prefix}.any", family, "x", 1, data, state, None, Trace.new())


def account(session: str, issued_at: datetime, name: str = "maria") -> Account:
    return Account(name, session, (), issued_at.timestamp(), issued_at.timestamp() + 900)


def refuses(known: Revocations, who: Account) -> bool:
    try:
        known.check(who)
    except NotSignedIn:
        return True
    return False


async def test_a_revoked_session_is_refused_and_no_other(service: Running, clock: Clock) -> None:
    state = SessionPublic(session="ended", until=clock.now + timedelta(hours=24))
    await service.chassis.runner.run(lambda tx: session_revoked(tx, heard(SESSION, state)))
    known = service.chassis.revocations
    known.reread()
    assert refuses(known, account("ended", clock.now))
    assert not refuses(known, account("another", clock.now))


async def test_a_changed_account_is_refused_until_it_signs_in_again(service: Running, clock: Clock) -> None:
    state = AccountPublic(account="maria", since=clock.now, until=clock.now + timedelta(hours=24))
    await service.chassis.runner.run(lambda tx: account_changed(tx, heard(ACCOUNT, state)))
    known = service.chassis.revocations
    known.reread()
    assert refuses(known, account("old", clock.now - timedelta(minutes=5)))
    assert refuses(known, account("old", clock.now))
    assert not refuses(known, account("new", clock.now + timedelta(milliseconds=1)))
    assert not refuses(known, account("old", clock.now, name="elena"))


async def test_it_is_known_after_a_restart_and_to_other_replicas(
    service: Running, clock: Clock, database_url: str
) -> None:
    await service.chassis.runner.run(lambda tx: revocations.note(tx, "session:ended", tx.now + timedelta(hours=25)))
    store = Store(database_url)
    replica = Revocations(store)
    assert not refuses(replica, account("ended", clock.now))
    replica.reread()
    assert refuses(replica, account("ended", clock.now))
    store.close()


async def test_it_is_forgotten_once_no_token_can_be_left(service: Running, clock: Clock) -> None:
    await service.chassis.runner.run(lambda tx: revocations.note(tx, "session:ended", tx.now + timedelta(hours=25)))
    known = service.chassis.revocations
    for hours, refused in ((24, True), (2, False)):
        clock.advance(hours * 3600)
        await service.chassis.runner.run(revocations.forget)
        known.reread()
        assert refuses(known, account("ended", clock.now - timedelta(hours=30))) == refused


@pytest.mark.parametrize("handler", [session_revoked, account_changed])
async def test_something_else_under_that_name_is_poison(service: Running, handler: Handler) -> None:
    with pytest.raises(Poison):
        await service.chassis.runner.run(lambda tx: handler(tx, heard(SESSION, KeysPublic(kids=[]))))
