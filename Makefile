# Everything runs in this folder's own virtual environment; only python3, pip and make are needed.
VENV   := .venv
PY     := $(VENV)/bin/python
PYTHON ?= python3
STAMP  := $(VENV)/.installed

<<<<<<< HEAD
.PHONY: demo test check gate schemas bench bench-sources scale-plan bench-graph clean install
=======
.PHONY: demo test check gate schemas bench bench-report bench-sources scale-plan clean install
>>>>>>> 1ee28f6 (The site in headless Chromium: search, keyboard, marks, a hostile document, axe on every kind of page; make bench-report (2,000 trials, 20,000 figures: 25 s per 10,000))

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
	$(VENV)/bin/ruff check extractor tests examples
	$(VENV)/bin/mypy

gate: $(STAMP)
	$(PY) -m tests.gate --quiet

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
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache evidence.db*
