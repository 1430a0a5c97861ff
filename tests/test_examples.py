"""The scripts of examples/ answer from a store made of corpora/demo, and stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.batch import run_into_store
from extractor.records import Article, Failure, make_article
from extractor.sources import read_sources
from extractor.store import EvidenceStore

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
RIGHT, WRONG = "0.52", "0.67"
"""A figure of an abstract, and what a page on the same trial is made to state."""


def sources() -> Iterator[Article | Failure]:
    """Yield the demo corpus, with a wrong hazard ratio of KEYNOTE-189 in the news page."""
    for item in read_sources([str(ROOT / "corpora" / "demo")]):
        if isinstance(item, Article) and item.id == "keynote-189.html":
            assert RIGHT in item.text
            fields = {name: getattr(item, name) for name in item.__struct_fields__ if name != "sha256"}
            yield make_article(**fields | {"text": item.text.replace(RIGHT, WRONG)})
        else:
            yield item


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "evidence.db"
    with EvidenceStore.open(path, create=True) as opened:
        run_into_store(sources(), opened)
    return path


@pytest.mark.parametrize(
    ("script", "arguments", "expected"),
    [
        ("compare_treatments.py", ["Keytruda", "placebo", "OS"], ["KEYNOTE-189: death, hazard_ratio 0.49", "    "]),
        ("compare_treatments.py", ["Keytruda", "placebo"], ["percentage 47.6 against 18.9"]),
        ("drugs_for_condition.py", ["heart failure"], ["dapagliflozin (SGLT2 inhibitor): 1 trials", "hazard_ratio"]),
        ("doubtful_figures.py", [], ["KEYNOTE-189: progression-free survival", RIGHT, WRONG, "pmid:99900001 says"]),
    ],
)
def test_example_answers(store: Path, script: str, arguments: list[str], expected: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), str(store), *arguments],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for words in expected:
        assert words in done.stdout


def test_examples_are_short() -> None:
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert len(scripts) == 3
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        body = [node for node in ast.parse(text).body if not isinstance(node, ast.Import | ast.ImportFrom)][1:]
        lines = {line for node in body for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        assert len(lines) < 10, script.name
