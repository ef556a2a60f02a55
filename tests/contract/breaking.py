"""What of a change would break who relies on the promise. Additions are free (CONTRACT)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contract.flat import Fields, alternatives, is_required
from tests.contract.present import Promises


def broken(name: str, before: Promises, now: Promises) -> list[str]:
    """Return every broken promise of one snapshot, one sentence each."""
    is_input = name.endswith(".http")
    found = [f"{name}: {promise} is gone" for promise in before if promise not in now]
    for promise in before.keys() & now.keys():
        said = _taken(before[promise], now[promise]) if is_input else _given(before[promise], now[promise])
        found += [f"{name}: {promise}: {sentence}" for sentence in said]
    return sorted(found)


def _given(before: Fields, now: Fields) -> Iterator[str]:
    """What readers would miss, or find to be something else."""
    for path, line in before.items():
        if path not in now:
            yield f"{path} is not given any more"
            continue
        if is_required(line) and not is_required(now[path]):
            yield f"{path} may be missing now"
        yield from _changed(path, line, now[path], both_ways=True)


def _taken(before: Fields, now: Fields) -> Iterator[str]:
    """What would be refused that was accepted: unknown fields are, so a field that goes is one too."""
    for path, line in before.items():
        if path not in now:
            yield f"{path} is not accepted any more"
            continue
        if is_required(now[path]) and not is_required(line):
            yield f"{path} is required now"
        yield from _changed(path, line, now[path], both_ways=False)
    for path in now.keys() - before.keys():
        around = path.rpartition(".")[0].removesuffix("[]").removesuffix("{}")
        if is_required(now[path]) and (not around or around in before):
            yield f"{path} is new and required"


def _changed(path: str, before: str, now: str, *, both_ways: bool) -> Iterator[str]:
    """Words may be added. Another type may be added to what is taken, not to what is given."""
    gone = alternatives(before) - alternatives(now)
    if gone:
        yield f"{path} is never {', '.join(sorted(gone))} any more"
    new_types = {kind for kind in alternatives(now) - alternatives(before) if not kind.startswith('"')}
    if both_ways and new_types:
        yield f"{path} may be {', '.join(sorted(new_types))} now"
