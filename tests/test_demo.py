"""The demonstration reads every document of its corpus and answers its questions, and spares what is not its own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from extractor.demo import CORPUS, QUESTIONS, run_demo
from extractor.errors import StoreError
from extractor.store import EvidenceStore
from tests.record_builder import infant_record


def test_demo_answers_every_question_twice_in_a_row(tmp_path: Path) -> None:
    store = tmp_path / "evidence.db"
    for _ in range(2):
        out = io.StringIO()
        assert run_demo(CORPUS, store, Console(file=out, width=160)), out.getvalue()
        assert all(question.text in out.getvalue() for question in QUESTIONS)
    with EvidenceStore.open(store) as opened:
        assert opened.counts()["documents"] >= 16
        assert len(opened.runs()) == 1


def test_demo_leaves_other_evidence_alone(tmp_path: Path) -> None:
    store = tmp_path / "evidence.db"
    with EvidenceStore.open(store, create=True) as opened:
        run = opened.begin_run(extractor_version="1", inputs=["mine/"])
        opened.add_records([infant_record()], run=run)
    with pytest.raises(StoreError, match="move it away"):
        run_demo(CORPUS, store, Console(file=io.StringIO()))
    with EvidenceStore.open(store) as opened:
        assert opened.counts()["documents"] == 1
