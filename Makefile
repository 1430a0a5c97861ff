# Everything runs in this folder's own virtual environment; only python3, pip and make are needed.
VENV   := .venv
PY     := $(VENV)/bin/python
PYTHON ?= python3
STAMP  := $(VENV)/.installed

.PHONY: demo test check gate schemas docs bench bench-report bench-sources scale-plan bench-graph clean install

install: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $(STAMP)

demo: $(STAMP)
	$(PY) -m extractor.demo

test: $(STAMP) check
	$(PY) -m pytest

check: $(STAMP)
	$(VENV)/bin/ruff check extractor tests examples docs
	$(VENV)/bin/mypy

gate: $(STAMP)
	$(PY) -m tests.gate --quiet

docs: $(STAMP)
	$(PY) docs/build.py

schemas: $(STAMP)
	$(PY) -m extractor.schema schemas

bench: $(STAMP)
	$(PY) -m tests.bench
	$(PY) -m tests.bench_batch

scale-plan: $(STAMP)
	$(PY) -m tests.scale_plan -o docs/scale.md

bench-report: $(STAMP)
	$(PY) -m tests.bench_report

bench-sources: $(STAMP)
	$(PY) -m tests.bench_sources

bench-graph: $(STAMP)
	$(PY) -m tests.bench_graph

clean:
	rm -rf $(VENV) build docs/api docs/_site *.egg-info .pytest_cache .mypy_cache .ruff_cache evidence.db*
