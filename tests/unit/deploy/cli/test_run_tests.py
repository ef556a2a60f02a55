import pytest

from deploy.cli.run_tests import SUITES, Suite, names, run_tests
from deploy.errors import CommandError

BROWSER = next(suite for suite in SUITES if suite.folder == "tests/browser")


@pytest.mark.parametrize(
    "arguments",
    [["tests/browser"], ["-q", "tests/browser/"], ["tests/browser/test_call.py::test_a"], ["./tests/browser"]],
)
def test_a_suite_is_named_by_its_folder_or_anything_in_it(arguments: list[str]) -> None:
    assert names(arguments, BROWSER)


@pytest.mark.parametrize("arguments", [[], ["-k", "browser"], ["tests"], ["tests/browsers"]])
def test_a_suite_is_not_named_by_what_is_around_it(arguments: list[str]) -> None:
    assert not names(arguments, BROWSER)


def test_naming_a_suite_that_cannot_run_is_refused_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = Suite("tests/moon", "a moon", lambda: False)
    monkeypatch.setattr("deploy.cli.run_tests.SUITES", (suite,))
    with pytest.raises(CommandError, match="tests/moon cannot run here: it needs a moon"):
        run_tests(["tests/moon"])
