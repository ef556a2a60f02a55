import io

import pytest

from deploy.cli.questions import ask_for_call


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))


def test_enter_means_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "", "", "RSE27", *[""] * 11)
    assert ask_for_call() == {
        "channel": "emergency_112",
        "call": "unknown",
        "location": {"municipality": "RSE27"},
        "risk": {"instrument": "lap", "answers": dict.fromkeys("123", "not_answered")},
        "perpetrators": [{"present": "unknown", "armed": "unknown"}],
        "victim": {"children": []},
        "needs": {"police": True, "shelter": True, "centre": True},
    }


def test_the_beginning_of_a_word_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["h", "l", "RSE27", "y", "maybe", "no", "u", "y", "", "4 7", "0888000001", "n", "a scream", "y", "n", ""]
    typed(monkeypatch, *answers)
    body = ask_for_call()
    assert (body["channel"], body["call"]) == ("helpline", "live")
    assert body["risk"]["answers"] == {"1": "yes", "2": "no", "3": "not_answered"}
    assert [child["age"] for child in body["victim"]["children"]] == [4, 7]
    assert body["callback"] == {"phone": "0888000001", "safe_to_call": "no"}
    assert body["needs"] == {"police": True, "shelter": False, "centre": True}
