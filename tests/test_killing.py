"""kill -9 at random moments of a run: after a restart the store holds what an undisturbed run makes.

Twelve kills by default; EXTRACTOR_KILLS=50 for more, or ``python -m tests.killing 50``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from extractor.store import EvidenceStore
from tests.killing import contents
from tests.record_builder import infant_record, lung_record

KILLS = int(os.environ.get("EXTRACTOR_KILLS", "12"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_killed_at_any_moment_is_made_good_by_the_next() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(KILLS), "9"],
        capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False, timeout=60 + 60 * KILLS,
    )  # fmt: skip
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert told["problems"] == []
    assert told["kills"] == KILLS
    stored = told["documents stored at each"]
    assert any(number > 0 for number in stored), "no kill came after a commit"
    assert len(set(stored)) > 1, "all kills came at one moment"


def test_the_comparison_sees_what_is_missing_and_what_is_other(tmp_path: Path) -> None:
    one, less, other = (tmp_path / f"{name}.db" for name in ("one", "less", "other"))
    for path, records in (
        (one, [infant_record(), lung_record("a")]),
        (less, [infant_record()]),
        (other, [infant_record(), lung_record("a", ratio="0.61")]),
    ):
        with EvidenceStore.open(path, create=True) as store:
            store.add_records(records)
    assert contents(one) == contents(one)
    assert contents(one)["documents"] != contents(less)["documents"]
    assert contents(one)["trials"] != contents(other)["trials"]
