"""Whole stacks for end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Stack

REAL_LOG = ROOT.parent / "shared" / "data" / "milwaukee_pd_dv_calls_2018-05-01_16.csv"
INVENTED_LOG = ROOT / "docs" / "examples" / "calls.csv"


@pytest.fixture(scope="module")
def ruse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the demo jurisdiction, for the tests of one file."""
    stack = Stack.started(tmp_path_factory.mktemp("ruse") / "data")
    yield stack
    stack.down()


@pytest.fixture
def milwaukee(tmp_path: Path) -> Iterator[Stack]:
    """A fresh stack to replay calls on."""
    stack = Stack.started(tmp_path / "data", "--jurisdiction=milwaukee")
    yield stack
    stack.down()


@pytest.fixture
def call_log() -> Path:
    """The real call log where it can be had, else the invented one of the same form."""
    return REAL_LOG if REAL_LOG.exists() else INVENTED_LOG
