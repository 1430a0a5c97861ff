"""Which module may import which: an arrow that is not listed here fails."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "extractor"

# Every stage knows the errors and the record, the values that travel; naming folds names alike for all, identity tells
# which trials may be one, printed what a printed figure stands for, and literals spares searches that cannot succeed. Two stages keep a SQLite file.
EVERYWHERE = {"errors", "records", "naming", "literals", "identity", "printed"}
STAGES = {"reading", "linking", "checks", "lexicon"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "records": {"errors"},
    "naming": {"records"},
    "literals": set(),
    "printed": {"records"},
    "identity": {"records", "naming"},
    "databases": set(),
    "lexicon": set(),
    "sources": {"databases"},
    "store": {"databases", "lexicon"},
    "checks": {"lexicon", "assembly"},  # how a table is read; assembled trials, for the checks after assembly
    "reading": {"lexicon"},
    "linking": {"reading", "lexicon"},
    "extraction": STAGES,
    "component": STAGES | {"extraction"},
    "assembly": {"lexicon"},
    "graph": {"store", "assembly"},
    "query": {"graph", "assembly", "lexicon", "store", "checks"},  # assembly, store: the types of evidence and of selections
    "analysis": {"query", "export"},
    "export": {"query", "graph", "lexicon", "checks"},
    "story": {"assembly", "extraction", "query"},
    "report": {"query", "assembly", "analysis", "story"},
    "relevance": set(),
    "workers": set(),
    "batch": {"relevance", "workers", "sources", "reading", "linking", "checks", "assembly", "store", "extraction", "lexicon"},
    "cluster": {"batch", "workers"},
    "shards": {"sources"},
    "schema": {"store"},
}
ANYTHING_BUT_CLI = {"cli_pool", "cli_report", "demo", "cli_assemble", "cli_batch", "cli_check_story", "cli_common", "cli_explain", "cli_export", "cli_fetch", "cli_query"}
ONLY_IN: dict[str, set[str]] = {
    "requests": {"sources/http.py"},
    "bs4": {"sources/"},
    "trafilatura": {"sources/"},
    "warcio": {"sources/warc.py"},
    "spacy": {"reading/", "component.py"},
    "networkx": {"graph/", "query/", "analysis/", "export/"},
    "pandas": {"query/rows.py"},
    "grandcypher": {"query/cypher.py"},
    "click": {"cli.py", "cli_pool.py", "cli_report.py", "cli_assemble.py", "cli_batch.py", "cli_check_story.py", "cli_common.py", "cli_explain.py", "cli_export.py", "cli_fetch.py", "cli_query.py"},
    "rich": {"cli_query.py", "cli_check_story.py", "cli_common.py", "cli_explain.py", "demo.py", "report/"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of the modules that ``path`` imports, wherever the import stands."""
    package = ["extractor", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" if module == "extractor" else module for alias in node.names)


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def forbidden(path: Path) -> list[str]:
    here = layer(path)
    name = path.relative_to(PACKAGE).as_posix()
    wrong = []
    for imported in imports(path):
        root, _, rest = imported.partition(".")
        target = rest.split(".")[0]
        if root == "extractor" and target and target != here:
            if target == "cli":
                allowed = here == "__main__"
            elif here in {"cli", "__main__", "__init__"} | ANYTHING_BUT_CLI:
                allowed = True
            else:
                allowed = target in MAY_IMPORT.get(here, set()) | (EVERYWHERE if here not in EVERYWHERE else set())
            if not allowed:
                wrong.append(f"{name}: {here} imports {target}")
        if root in ONLY_IN and not any(name == place or name.startswith(place) for place in ONLY_IN[root] if place):
            wrong.append(f"{name}: imports {root}")
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_listed_arrows(path: Path) -> None:
    assert forbidden(path) == []


def test_every_module_has_its_place() -> None:
    known = MAY_IMPORT.keys() | ANYTHING_BUT_CLI | {"cli", "__main__", "__init__"}
    assert {layer(path) for path in modules()} <= known


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("store.py", "from extractor.graph import build_graph"),
        ("query.py", "def f():\n    import extractor.cli"),
        ("reading/x.py", "from extractor import linking"),
        ("reading/x.py", "from ..sources import http"),
        ("records.py", "import extractor.naming"),
        ("batch.py", "import spacy"),
        ("sources/news.py", "from requests import get"),
    ],
)
def test_the_walk_sees_wrong_arrows(name: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    assert forbidden(path)


def test_command_line_starts_without_heavy_modules() -> None:
    code = (
        "import sys; import extractor.cli\n"
        "heavy = {'spacy', 'networkx', 'requests', 'bs4', 'trafilatura', 'lxml', 'rich', 'warcio'} & set(sys.modules)\n"
        "sys.exit(f'imported: {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
