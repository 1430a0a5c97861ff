"""Archives, patterns, standard input, MD5 sums: further ways for files to come in."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from extractor.records import Article, Failure
from extractor.sources import read_sources

STORY = b"Of 40 patients who took the drug, 12 improved; of 41 who took placebo, 5 did.\n"


def articles(items: list[Article | Failure]) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


def reasons(items: list[Article | Failure]) -> list[tuple[str, str]]:
    return [(item.where, item.reason) for item in items if isinstance(item, Failure)]


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: dict[str, bytes], mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


MEMBERS = {"a/one.txt": STORY, ".hidden.txt": STORY, "b/two.txt.gz": gzip.compress(STORY), "c/picture.png": b"\x89PNG\0\0"}


@pytest.mark.parametrize(("name", "mode"), [("x.tar", "w"), ("x.tar.gz", "w:gz"), ("x.tgz", "w:gz"), ("x.tar.xz", "w:xz")])
def test_tar_archives_are_read_without_unpacking(tmp_path: Path, name: str, mode: str) -> None:
    items = list(read_sources([str(make_tar(tmp_path / name, MEMBERS, mode))]))
    assert articles(items) == [f"{name}!a/one.txt", f"{name}!b/two.txt.gz"]
    assert reasons(items) == [(f"{tmp_path / name}!c/picture.png", "the content is binary, not text")]
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_zip_archives_in_a_folder(tmp_path: Path) -> None:
    make_zip(tmp_path / "x.zip", MEMBERS)
    items = list(read_sources([str(tmp_path)]))
    assert articles(items) == ["x.zip!a/one.txt", "x.zip!b/two.txt.gz"]
    assert all(item.text.encode() == STORY for item in items if isinstance(item, Article))


def test_a_damaged_and_an_empty_archive_are_failures(tmp_path: Path) -> None:
    whole = make_tar(tmp_path / "whole.tar.gz", {"one.txt": STORY * 4000}, "w:gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.zip").write_bytes(b"PK nothing of the kind")
    make_zip(tmp_path / "empty.zip", {})
    for name, reason in (("cut.tar.gz", "damaged"), ("none.zip", "damaged"), ("empty.zip", "holds no file")):
        items = list(read_sources([str(tmp_path / name)]))
        assert reasons(items) and not articles(items), name
        assert all(reason in said for _, said in reasons(items)), name


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    make_zip(tmp_path / "bomb.zip", {"zeros.txt": b"0" * 60_000_000, "one.txt": STORY})
    items = list(read_sources([str(tmp_path / "bomb.zip")]))
    assert articles(items) == ["bomb.zip!one.txt"]
    assert "more" in reasons(items)[0][1] and "bytes" in reasons(items)[0][1]


def test_patterns_are_matched_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.md", "sub/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(STORY)
    assert articles(list(read_sources([f"{tmp_path}/*.txt"]))) == ["a.txt", "b.txt"]
    assert articles(list(read_sources([f"{tmp_path}/**/d.txt"]))) == ["d.txt"]
    assert reasons(list(read_sources([f"{tmp_path}/*.nothing"])))[0][1] == "no file or folder fits the pattern"


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_bytes(STORY)
    assert articles(list(read_sources([str(tmp_path / "a[1].txt")]))) == ["a[1].txt"]


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (STORY, ["stdin"]),
        (b'{"id": "x", "text": "Ten of 20 improved."}\n{"id": "y", "text": "Two of 20 did."}\n', ["x", "y"]),
        (gzip.compress(STORY), ["stdin"]),
        (b"", []),
        (b"\x00\x01\x02" * 100, []),
    ],
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes, ids: list[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    items = list(read_sources(["-"]))
    assert articles(items) == ids
    assert bool(reasons(items)) == (not ids)


def test_md5_sums_beside_a_file_are_checked(tmp_path: Path) -> None:
    for name in ("good.txt", "bad.txt", "odd.txt"):
        (tmp_path / name).write_bytes(STORY)
    (tmp_path / "good.txt.md5").write_text(f"MD5(good.txt)= {hashlib.md5(STORY).hexdigest()}\n")
    (tmp_path / "bad.txt.md5").write_text("d41d8cd98f00b204e9800998ecf8427e  bad.txt\n")
    (tmp_path / "odd.txt.md5").write_text("no sum\n")
    items = list(read_sources([str(tmp_path)]))
    assert articles(items) == ["good.txt"]
    assert ["MD5" in reason for _, reason in reasons(items)] == [True, True]
