"""README, docs/ and CONTRIBUTING: every command and snippet runs, what is shown as output comes out, every link leads somewhere.

Blocks fenced as ``sh`` and ``python`` are run in a folder made for their page, in their order. Of commands, ``extractor``
is run in this process; ``make``, ``pip`` and ``python`` are only held against what there is. A comment before a block says
otherwise: ``<!-- needs network -->`` or ``<!-- needs cluster -->``: the options are checked, nothing is run;
``<!-- output -->`` before a ``text`` block: its lines come out of the block before it.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import importlib.util
import io
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner

from extractor.batch import run_into_store
from extractor.cli import main
from extractor.records import Article, encode_article
from extractor.sources import read_sources
from extractor.store import EvidenceStore

ROOT = Path(__file__).parent.parent
CORPORA = ROOT / "corpora"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
STAND_INS = {"https://example.org/story": "story.html"}
"""Addresses in commands that are run, and the file that is read in their place."""
_FENCE = re.compile(r"^```(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (needs network|needs cluster|output) -->\s*\Z")
_STATUS = re.compile(r"#.*\bexit status (\d)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block: where it begins (page:line), its language, the mark before it, its text."""

    where: str
    language: str
    mark: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        mark = _MARK.search(text[max(0, found.start() - 60) : found.start()])
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"{page.name}:{line}", found[1], mark[1] if mark else "", found[2])


def commands(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the words of each command with the exit status that its comment tells, else 0."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            status = _STATUS.search(line)
            yield words, int(status[1]) if status else 0


def run_command(words: list[str], status: int, where: str) -> str:
    program, *arguments = words
    if program != "extractor":
        known_program(program, arguments, where)
        return ""
    arguments = [STAND_INS.get(argument, argument) for argument in arguments]
    if arguments[0] in ("run", "retry") and "--timeout" not in arguments:
        arguments += ["--timeout", "0"]  # in this process, so that no worker is started for a few documents
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == status, f"{where}: {shlex.join(words)}: {done.output}"
    return done.output


def known_program(program: str, arguments: list[str], where: str) -> None:
    if program == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        assert set(arguments) <= targets, f"{where}: make {arguments}"
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert arguments[0] == "install"
        for wanted in arguments[1:]:
            name = re.fullmatch(r"(?:-e|\.|evidence-extractor)(?:\[([a-z,]+)\])?", wanted)
            assert name, f"{where}: pip install {wanted}"
            assert set((name[1] or "dev").split(",")) <= project["optional-dependencies"].keys(), f"{where}: {wanted}"
    elif program in ("python", ".venv/bin/python"):
        if arguments[0] == "-m":
            assert importlib.util.find_spec(arguments[1]), f"{where}: {arguments}"
        else:
            assert (ROOT / arguments[0]).is_file(), f"{where}: {arguments}"
    else:
        pytest.fail(f"{where}: {program} is not known here")


def check_options(words: list[str], where: str) -> None:
    """Parse the command as it would be when it is called, and do not call it."""
    if words[0] != "extractor":
        known_program(words[0], words[1:], where)
        return
    command, arguments, context = main, words[1:], click.Context(main)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None, where
        command = found
    try:
        command.make_context(name, list(arguments), parent=context)
    except click.ClickException as error:
        pytest.fail(f"{where}: {shlex.join(words)}: {error.format_message()}")


def run_page(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "__docs__"}
    output = ""
    for block in blocks(page):
        if block.mark == "output":
            told = " ".join(output.split())
            for line in block.text.splitlines():
                assert line.strip() == "..." or " ".join(line.split()) in told, f"{block.where}: {line!r} not in {output}"
        elif block.language == "sh":
            for words, status in commands(block.text):
                if block.mark:
                    check_options(words, block.where)
                else:
                    output = run_command(words, status, block.where)
        elif block.language == "python":
            code = compile("\n" * int(block.where.rpartition(":")[2]) + block.text, str(page), "exec")
            if not block.mark:
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    exec(code, names)
                output = printed.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the pages name."""
    folder = tmp_path_factory.mktemp("docs") / "made"
    (folder / "news").mkdir(parents=True)
    for name in ("keynote-189", "dapa-hf", "step-1"):
        shutil.copy(CORPORA / "demo" / f"{name}.html", folder / "news")
    (folder / "abstracts.xml.gz").write_bytes(gzip.compress((CORPORA / "demo" / "pubmed.xml").read_bytes()))
    for name in ("story.html", "abstract.jsonl"):
        shutil.copy(CORPORA / "fact-check" / name, folder)
    abstracts = [item for item in read_sources([str(folder / "abstracts.xml.gz")]) if isinstance(item, Article)]
    (folder / "articles.jsonl").write_bytes(b"".join(encode_article(item) + b"\n" for item in abstracts[:3]))
    (folder / "abstract.txt").write_text(abstracts[0].text, encoding="utf-8")
    (folder / "our-drugs.tsv").write_text("term\tconcept\tlabel\nZanovia\tzanolimab\tdrug\n", encoding="utf-8")
    with EvidenceStore.open(folder / "evidence.db", create=True) as store:
        run_into_store(read_sources([str(CORPORA / "demo"), str(CORPORA / "fact-check")]), store)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_snippet_runs(
    page: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    run_page(page)


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "schemas").glob("*.md"))], ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "#", "api/")):
            continue  # api/ is made by `make docs`; see test_the_site_is_built
        assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_every_page_is_reached_from_the_index() -> None:
    """``scale.md`` is made by ``make scale-plan`` and may be missing: naming it is enough."""
    told = {page: page.read_text(encoding="utf-8") for page in PAGES if page.parent == ROOT / "docs"}
    index = _LINK.findall(told[ROOT / "docs" / "index.md"])
    assert [page.name for page in told if page.name not in ("index.md", "scale.md", *index)] == []
    assert "`docs/scale.md`" in told[ROOT / "docs" / "cluster.md"]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nextractor query results --drugs X\n```\n",
        "```sh\nextractor figures\n```\n",
        "<!-- needs network -->\n```sh\nextractor fetch feed:https://x.example --whence 3\n```\n",
        "<!-- needs network -->\n```sh\nextractor store imports x\n```\n",
        "```sh\nmake breakfast\n```\n",
        "```sh\npip install 'evidence-extractor[sauna]'\n```\n",
        "```sh\ncurl https://x.example\n```\n",
        "```python\nfrom extractor import nothing_of_the_kind\n```\n",
        "```sh\nextractor figures 'HR 0.62'\n```\n\n<!-- output -->\n```text\n0.63\n```\n",
        "```sh\nextractor figures 'HR 0.62'   # exit status 1\n```\n",
    ],
)
def test_a_page_that_is_wrong_fails(tmp_path: Path, text: str) -> None:
    with pytest.raises((AssertionError, ImportError, pytest.fail.Exception, click.UsageError)):
        run_page(write(tmp_path / "page.md", text))


def test_what_needs_the_network_is_not_run(tmp_path: Path) -> None:
    page = "<!-- needs network -->\n```sh\nextractor fetch nct:NCT09901234 -o got.jsonl\n```\n\n<!-- needs network -->\n```python\n1 / 0\n```\n"
    run_page(write(tmp_path / "page.md", page))


def test_the_site_is_built_with_the_api_and_all_links_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    pages = build.build(tmp_path / "site")
    assert {page.stem for page in pages} >= {path.stem for path in PAGES} | set(build.MODULES)
    story = (tmp_path / "site" / "docs" / "api" / "extractor.story.html").read_text(encoding="utf-8")
    assert "<code>check_story(story, against)</code>" in story
    assert "AnalysisError: the story states no figure of a trial" in story
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:js|css|png|svg|woff2?)"', text)
        assert "<!-- " not in text
        assert "&lt;!--" not in re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        anchors = set(re.findall(r'id="([^"]+)"', text))
        for target in re.findall(r'(?:href|src)="([^"]+)"', text):
            path, _, anchor = target.partition("#")
            if "://" in target:
                continue
            if not path:
                assert anchor in anchors, f"{page.name}: {target}"
                continue
            found = (page.parent / path).resolve()
            assert found.exists(), f"{page.name}: {target}"
            assert not anchor or f'id="{anchor}"' in found.read_text(encoding="utf-8"), f"{page.name}: {target}"


def test_the_api_names_only_what_has_a_docstring() -> None:
    for name in ("extractor", "extractor.story", "extractor.query"):
        module = importlib.import_module(name)
        for public in module.__all__:
            thing = getattr(module, public)
            assert not callable(thing) or not hasattr(thing, "__module__") or thing.__module__ == "typing" or thing.__doc__, public
