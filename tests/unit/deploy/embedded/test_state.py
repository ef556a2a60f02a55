import os
from pathlib import Path

import pytest

from deploy.embedded.layout import Layout
from deploy.embedded.process import Identity
from deploy.embedded.state import PartState, StackState


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.prepare()
    return layout


def test_what_is_written_is_read(layout: Layout) -> None:
    parts = (
        PartState("supervisor", "ready", Identity.of(os.getpid())),
        PartState("nats", "restarting", None, 20_001, 3),
    )
    state = StackState("http://127.0.0.1:8000", parts)
    state.write(layout)
    assert StackState.read(layout) == state
    assert state.is_supervised()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "x"}', '{"url": "x", "parts": [{"name": "nats"}]}'])
def test_an_unreadable_record_is_none(layout: Layout, text: str) -> None:
    layout.state.write_text(text)
    assert StackState.read(layout) is None


def test_a_folder_without_a_stack_has_no_record(tmp_path: Path) -> None:
    assert StackState.read(Layout(tmp_path / "nowhere")) is None
    (tmp_path / "file").touch()
    assert StackState.read(Layout(tmp_path / "file")) is None
