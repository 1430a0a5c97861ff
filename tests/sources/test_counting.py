"""How many documents local files hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.sources.counting import count_documents


def test_pages_lines_and_folders_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>story</p>")
    (tmp_path / "b.txt").write_text("story")
    (tmp_path / "c.jsonl").write_bytes(b'{"id": 1}\n\n  \n{"id": 2}\n{"id": 3}')
    (tmp_path / "c.jsonl.md5").write_text("sum")
    (tmp_path / ".hidden").write_text("no")
    assert [count_documents(tmp_path / name) for name in ("a.html", "b.txt", "c.jsonl")] == [1, 1, 3]
    assert count_documents(tmp_path) == 5


def test_lines_are_counted_over_the_borders_of_what_is_read_at_once(tmp_path: Path) -> None:
    lines = [b"x" * 700_000, b" " * 1_500_000, b"y", b"", b"z" * 1_048_576]
    (tmp_path / "long.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    assert count_documents(tmp_path / "long.jsonl") == 3


@pytest.mark.parametrize("name", ["a.xml", "a.jsonl.gz", "a.zip", "missing.jsonl", "pubmed:asthma", "bad\0name"])
def test_what_only_reading_tells_is_not_guessed(name: str, tmp_path: Path) -> None:
    if name.startswith("a."):
        (tmp_path / name).write_text("x")
    assert count_documents(tmp_path / name) is None
