"""What is no document is refused with its line; what is one is read as plain values."""

import time
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from shared import documents
from shared.documents import BadDocument


class Things(BaseModel):
    model_config = ConfigDict(extra="allow")


class Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    numbers: tuple[int, ...] = Field(min_length=2, max_length=3)


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "test.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("~", 1, "is empty"),
        ("- a list\n", 1, "must be fields with values"),
        ("just text", 1, "must be fields with values"),
        (b"code: TST\nname: {bg: \xd0\xd1}\n", 2, "is not UTF-8 text"),
        ("code: TST\n".encode("utf-16"), 1, "is not UTF-8 text"),
        ("a: 1\n? [a, b]\n: c\n", 2, "must be a word"),
        ("a: 1\n*a : 2\n", 2, "must be a word"),
        ("a:\n\tb: 1\n", 2, "indented with a tab"),
        ("a: [1, 2\n", 2, "is not YAML"),
        ('a: "b\n', 2, "is not YAML"),
        ("a: b\nc: d\x00\n", 2, "control characters"),
        ("a: 1\n b: 2\n", 2, "is not YAML"),
        ("a: !!int 1\n", 1, "the tag"),
        ("a: !!python/object/apply:os.system [exit]\n", 1, "the tag"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: *b\n", 1, "names no anchor"),
        ("a: &a [*a]\n", 1, "names no anchor that is complete"),
        ("a: " + "[" * 100_000, 1, "nested deeper than 16"),
        ("a: 1\nb: 2\na: 3\n", 3, "given twice, first on line 1"),
        ("a: 1\n<<: {b: 2}\n<<: {c: 3}\n", 3, "given twice"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, line: int, reason: str
) -> None:
    with pytest.raises(BadDocument) as refused:
        documents.read(_file(tmp_path, content), Things)
    [problem] = refused.value.problems
    assert problem.line == line
    assert reason in problem.reason


def test_a_file_of_50_megabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    path = _file(tmp_path, "")
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    begun = time.monotonic()
    with pytest.raises(BadDocument, match="larger than 8 MB"):
        documents.read(path, Things)
    assert time.monotonic() - begun < 1


def test_anchors_that_multiply_are_refused_before_they_do(tmp_path: Path) -> None:
    levels = ["a0: &a0 [" + ", ".join(["x"] * 10) + "]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(BadDocument, match="its anchors written out"):
        documents.read(_file(tmp_path, "\n".join(levels)), Things)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDocument, match="cannot be read"):
        documents.read(tmp_path / name, Things)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert documents.read(_file(tmp_path, "\N{ZERO WIDTH NO-BREAK SPACE}a: 1"), Things).model_extra == {"a": 1}


def test_plain_words_are_what_they_look_like(tmp_path: Path) -> None:
    words = "[yes, no, on, NO, 12:30, 2026-11-23, 0x1f, 1_000, '7', true, false, null, ~, '']"
    numbers = "[7, -7, 007, 4.5, 1e3, 5.]"
    assert documents.read(_file(tmp_path, f"words: {words}\nnumbers: {numbers}"), Things).model_extra == {
        "words": [
            "yes",
            "no",
            "on",
            "NO",
            "12:30",
            "2026-11-23",
            "0x1f",
            "1_000",
            "7",
            True,
            False,
            None,
            None,
            "",
        ],
        "numbers": [7, -7, 7, 4.5, 1000.0, 5.0],
    }


def test_an_anchor_stands_for_what_it_names(tmp_path: Path) -> None:
    found = documents.read(_file(tmp_path, "a: &both [1, 2]\nb: *both\n"), Things)
    assert found.model_extra == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("numbers: []", ["1: numbers: must have at least 2"]),
        ("numbers: [1, 2, 3, 4]", ["1: numbers: must have at most 3"]),
        ("numbers: many", ["1: numbers: must be a list"]),
        ("# why\nother: 1", ["2: numbers: is missing", "2: other: is not a known field"]),
        (
            "numbers:\n  - 1\n  - two\n",
            ["3: numbers[1]: should be a valid integer, unable to parse string as an integer"],
        ),
    ],
)
def test_each_problem_is_one_line_with_field_and_reason(tmp_path: Path, text: str, problems: list[str]) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(BadDocument) as refused:
        documents.read(path, Numbers)
    assert str(refused.value).splitlines() == [f"{path}:{problem}" for problem in problems]
