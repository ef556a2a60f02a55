"""The supervisor with real NATS, Valkey and Caddy, around stand-in services."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from deploy.embedded.claim import stop_stack
from deploy.embedded.layout import Layout
from deploy.embedded.ports import Ports
from deploy.embedded.process import Identity
from deploy.embedded.state import PartState, StackState
from deploy.embedded.status import present_state
from tests.integration.embedded.waiting import until

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15
PARTS = {"supervisor", "nats", "valkey", "gateway", "identity", "shelter_beds"}


class Stack:
    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self.layout = Layout(folder)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.embedded.stand_in_stack", str(folder), str(port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        until(self.is_ready, f"ready; it said {self.words() if self.process.poll() else 'nothing'}")

    def is_ready(self) -> bool:
        state = StackState.read(self.layout)
        if state is None or state.supervisor is None or state.supervisor.pid != self.process.pid:
            return False
        return all(part.state == "ready" for part in state.parts)

    def part(self, name: str) -> PartState:
        state = StackState.read(self.layout)
        assert state is not None
        return next(part for part in state.parts if part.name == name)

    def identity(self, name: str) -> Identity:
        process = self.part(name).process
        assert process is not None
        return process

    def everyone(self) -> list[Identity]:
        return [self.identity(name) for name in PARTS]

    def words(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def refusal(self) -> str:
        """The sentence of a start that fails."""
        assert self.process.wait(STOP_SECONDS) == 1
        return self.words().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        if self.layout.run.is_dir():
            stop_stack(self.layout)


StartStack = Callable[..., Stack]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartStack]:
    """Starts stacks, and leaves none of their processes behind."""
    started: list[Stack] = []

    def begin(folder: Path | None = None, port: int | None = None, **environment: str) -> Stack:
        stack = Stack(folder or tmp_path / "data", port or Ports().of("gateway"), **environment)
        started.append(stack)
        return stack

    yield begin
    for stack in started:
        stack.end()


@pytest.fixture
def stack(start: StartStack) -> Stack:
    stack = start()
    stack.wait_until_ready()
    return stack


def test_whatever_part_is_killed_is_started_again(stack: Stack) -> None:
    for name in PARTS - {"supervisor"}:
        before = stack.identity(name)
        os.kill(before.pid, signal.SIGKILL)
        until(lambda: stack.part(name).restarts == 1 and stack.is_ready(), f"{name} back")  # noqa: B023  # used within this turn of the loop
        assert stack.identity(name) != before


def test_sigterm_stops_everything_in_time_even_with_an_open_event_stream(stack: Stack) -> None:
    everyone = stack.everyone()
    with httpx.stream("GET", f"{stack.url}/identity/api/stream") as stream:
        assert next(stream.iter_lines()) == "event: first"
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(STOP_SECONDS) == 0
    assert not any(one.is_alive() for one in everyone)
    assert not stack.layout.state.exists()
    assert all(part.state == "stopped" for part in present_state(stack.layout).parts)


def test_a_stop_while_starting_leaves_nothing_running(start: StartStack) -> None:
    stack = start()
    until(lambda: StackState.read(stack.layout) is not None, "first record")
    state = StackState.read(stack.layout)
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(STOP_SECONDS) == 0
    assert state is not None
    assert state.survivors() == []
    assert stack.process.communicate()[0] == ""


def test_after_a_killed_supervisor_no_part_lives_on_and_the_next_one_starts(stack: Stack, start: StartStack) -> None:
    everyone = stack.everyone()
    stack.process.kill()
    stack.process.wait()
    again = start(port=stack.port)
    again.wait_until_ready()
    assert not any(one.is_alive() for one in everyone)
    assert again.identity("nats") not in everyone


def test_parts_that_outlived_their_supervisor_are_ended_by_down(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    # Deaf to SIGTERM, as a part that hangs.
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()
        dead = Identity(pid=orphan.pid, began="another boot/1")
        parts = (
            PartState("supervisor", "ready", dead),
            PartState("intake", "ready", Identity.of(orphan.pid)),
        )
        StackState("http://127.0.0.1:1", parts).write(layout)
        assert stop_stack(layout)
        assert orphan.wait() == -signal.SIGKILL
    assert not stop_stack(layout)


def test_a_number_that_went_to_another_process_is_left_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    namesake = Identity(pid=os.getpid(), began="this boot, but earlier")
    StackState("http://127.0.0.1:1", (PartState("supervisor", "ready", namesake),)).write(layout)
    assert stop_stack(layout)  # and this test goes on


def test_a_taken_port_is_named_with_its_holder(start: StartStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        words = start(port=port).refusal()
    assert words.startswith(f"Port {port} on 127.0.0.1 is taken by ")
    assert f"(pid {os.getpid()})" in words
    assert "--port" in words
    assert words.count("\n") == 0


@pytest.mark.parametrize("where", ["file", "inside a file", "/sys/zakrila"])
def test_a_folder_that_cannot_be_written_is_named(where: str, start: StartStack, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "inside a file").touch()
    folder = tmp_path / where / "data" if where.startswith("inside") else tmp_path / where
    words = start(folder).refusal()
    assert str(folder) in words
    assert "--data" in words
    assert words.count("\n") == 0


def test_a_second_supervisor_of_the_same_folder_is_refused(stack: Stack, start: StartStack) -> None:
    words = start().refusal()
    where = f"{stack.layout.folder} ({stack.url}, pid {stack.process.pid})"
    assert words.startswith(f"A stack already runs on {where}")
    assert stack.is_ready()


def test_two_stacks_run_side_by_side(stack: Stack, start: StartStack, tmp_path: Path) -> None:
    other = start(tmp_path / "other")
    other.wait_until_ready()
    assert {part.port for part in (stack.part(name) for name in PARTS - {"supervisor"})}.isdisjoint(
        other.part(name).port for name in PARTS - {"supervisor"}
    )
    other.process.terminate()
    assert other.process.wait(STOP_SECONDS) == 0
    assert httpx.get(f"{stack.url}/identity/x").status_code == 200


def test_a_stack_on_the_port_of_another_is_refused(stack: Stack, start: StartStack, tmp_path: Path) -> None:
    assert f"Port {stack.port} " in start(tmp_path / "other", stack.port).refusal()


def test_broken_configuration_ends_the_start_with_the_parts_own_words(start: StartStack) -> None:
    stack = start(STAND_IN_REFUSES="ZAKRILA_IDENTITY_DATABASE_URL is not a database address.")
    words = stack.refusal()
    assert "cannot start: ZAKRILA_IDENTITY_DATABASE_URL is not a database address." in words
    assert StackState.read(stack.layout) is None


def test_a_service_whose_port_a_stranger_took_gets_another_and_the_gateway_follows(stack: Stack) -> None:
    old = stack.part("identity").port
    assert old is not None
    stranger = socket.socket()
    stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    os.kill(stack.identity("identity").pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(OSError):
            stranger.bind(("127.0.0.1", old))
            break
    with stranger:
        stranger.listen()
        until(lambda: stack.part("identity").restarts > 0 and stack.is_ready(), "identity on another port")
        assert stack.part("identity").port != old
        until(lambda: httpx.get(f"{stack.url}/identity/x").status_code == 200, "the gateway follows")


def test_a_request_during_a_restart_waits_for_the_service(stack: Stack) -> None:
    os.kill(stack.identity("shelter_beds").pid, signal.SIGKILL)
    answer = httpx.post(f"{stack.url}/shelter-beds/api/x", content=b'{"a": 1}')
    assert answer.status_code == 200
    assert answer.json()["body"] == '{"a": 1}'


def test_a_service_is_told_where_everything_is(stack: Stack) -> None:
    environment = httpx.get(f"{stack.url}/identity/x").json()["environment"]
    assert environment["ZAKRILA_DATA"] == str(stack.layout.folder)
    assert environment["ZAKRILA_KEYS"] == str(stack.layout.keys)
    assert environment["ZAKRILA_NATS_URL"] == f"nats://127.0.0.1:{stack.part('nats').port}"
    assert environment["ZAKRILA_VALKEY_URL"].endswith(f"@127.0.0.1:{stack.part('valkey').port}/0")
    assert environment["ZAKRILA_PORT"] == str(stack.part("identity").port)
    assert environment["ZAKRILA_PUBLIC_URL"] == stack.url


def test_nobody_else_can_read_what_the_stack_writes(stack: Stack) -> None:
    written = [stack.layout.folder, *stack.layout.folder.rglob("*")]
    assert [path for path in written if _mode(path) & 0o077] == []


def _mode(path: Path) -> int:
    """Return a file's mode; nothing for one that was gone again: parts write beside a file and rename."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0


def test_a_part_that_hangs_is_not_shown_as_ready(stack: Stack) -> None:
    pid = stack.identity("identity").pid
    os.kill(pid, signal.SIGSTOP)
    try:
        state = present_state(stack.layout)
        assert {part.name: part.state for part in state.parts}["identity"] == "starting"
    finally:
        os.kill(pid, signal.SIGCONT)
