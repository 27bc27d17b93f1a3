# The doors of Chorus. `make demo` serves recommendations from real data, `make test` proves that it works.

PORT ?= 8000
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
DATA := data/ml-100k
JOB := jobs/movielens-100k.yaml
BUNDLE := bundles/movielens-100k

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test lint bench structure compose-test clean

help:
	@echo "make install       $(VENV) with everything that demo and test need"
	@echo "make demo          MovieLens-100k: fetched, trained, served on PORT=$(PORT)"
	@echo "make test          lint, then every test"
	@echo "make lint          ruff and mypy"
	@echo "make bench         speed and quality, as tables"
	@echo "make structure     docs/structure.md, written anew from the docstrings"
	@echo "make compose-test  the whole stack in containers; needs a Docker engine and docker-compose"
	@echo "make clean         removes what the other targets made, except downloaded data"

install: $(VENV)/.installed

# PYTHON=... names another interpreter. The first of these that runs and is new enough is taken.
$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); echo "expected '$$python -m venv' to work (on Debian it needs python3-venv)" >&2; exit 1; \
	  fi; \
	done; \
	echo "expected Python 3.11 or newer, given $$(python3 --version 2>/dev/null || echo none)" >&2; exit 1

# torch comes first and alone: where an index with CPU builds is set (PIP_EXTRA_INDEX_URL), the pin picks them.
$(VENV)/.torch: $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	@touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train,dev]'
	@touch $@

# A bundle is published by one rename, so a manifest means that the whole bundle is there.
$(BUNDLE)/manifest.json: | install
	$(BIN)/chorus fetch movielens-100k --out $(DATA)
	$(BIN)/chorus train $(JOB) --out $(BUNDLE)

demo: install $(BUNDLE)/manifest.json
	@exec $(BIN)/chorus serve $(BUNDLE) --port $(PORT)

test: install lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tree in docs/, from the files' own docstrings.
structure: install
	$(BIN)/python -m tests.structure

bench: install $(BUNDLE)/manifest.json
	@for file in $$(grep -l __main__ benchmarks/*.py); do \
	  $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; \
	done

compose-test: install
	$(BIN)/python -m pytest tests/compose/stack.py -x -s

clean:
	rm -rf $(VENV) $(BUNDLE) $(BUNDLE).work $(BUNDLE).previous .chorus build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app models benchmarks tests -name __pycache__ -prune -exec rm -rf {} +
