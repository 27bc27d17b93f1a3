# The doors of Chorus. `make demo` serves recommendations from real data, `make test` proves that it works.

PORT ?= 8000
FAULT_SECONDS ?= 4
REQUESTS ?= 1000000
ITEMS ?= 1000000
TURNS ?= 5
VENV := .venv
BIN := $(VENV)/bin
DATA := data/ml-100k
JOB := jobs/movielens-100k.yaml
BUNDLE := bundles/movielens-100k
# The folder that has the data sets ml-1m, amazon-office and kuairand-april.
QUALITY_DATA ?= ../shared/data
QUALITY_SETS := amazon-office amazon-office-cold-items kuairand-april kuairand-april-histories movielens-1m movielens-1m-cold-items
LOCKS := requirements
PIP := $(BIN)/python -m pip --disable-pip-version-check
# TORCH=... takes another build, such as torch==2.13.0+cu130, without a hash.
TORCH ?=
PINNED_TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' $(LOCKS)/torch.lock)
# The locks are made for this Python and system; others install what pyproject.toml allows.
LOCKED := import sys; sys.exit(sys.version_info[:2] != (3, 11) or sys.platform != "linux")
UNLOCKED := make: the locks are for Python 3.11 on Linux; this one installs from pyproject.toml, without hashes

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test test-faults test-generated lint bench bench-serving bench-quality structure compose-test lock audit sbom test-minimum clean

help:
	@echo "make install       $(VENV) with everything that demo and test need"
	@echo "make demo          MovieLens-100k: fetched, trained, served on PORT=$(PORT)"
	@echo "make test          lint, then every test"
	@echo "make test-faults   27 kinds of fault against real services, FAULT_SECONDS=$(FAULT_SECONDS) of load each, as a table"
	@echo "make test-generated  generated requests, REQUESTS=$(REQUESTS) in all; goes on where the last run was ended"
	@echo "make lint          ruff and mypy"
	@echo "make bench         speed and quality, as tables"
	@echo "make bench-serving  Chorus beside a floor and a naive design, and with ITEMS=$(ITEMS) items, as tables; docs/performance.md"
	@echo "make bench-quality  Chorus and baselines on MovieLens-100k and the data sets in QUALITY_DATA=$(QUALITY_DATA), as tables and charts"
	@echo "make structure     docs/structure.md, written anew from the docstrings"
	@echo "make compose-test  the whole stack in containers; needs a Docker engine and docker-compose"
	@echo "make lock          requirements/*.lock, written anew from pyproject.toml (UPGRADE=--upgrade for the newest versions)"
	@echo "make audit         known vulnerabilities of the locked versions"
	@echo "make sbom          build/sbom.json, the bill of materials (CycloneDX)"
	@echo "make test-minimum  one answer of the service with the oldest versions that pyproject.toml allows"
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

# torch comes first and alone, in the CPU build where an index has it (PIP_EXTRA_INDEX_URL). The last line adds the CUDA
# libraries that a public build names; for a CPU build it does nothing.
$(VENV)/.torch: $(BIN)/python $(LOCKS)/torch.lock $(LOCKS)/torch-cpu.lock $(LOCKS)/dev.lock
	@if [ -z "$(TORCH)" ] && $(BIN)/python -c '$(LOCKED)'; then \
	  { $(PIP) install --quiet --require-hashes --no-deps -r $(LOCKS)/torch-cpu.lock 2>/dev/null \
	    || $(PIP) install --quiet --require-hashes --no-deps -r $(LOCKS)/torch.lock; } \
	    && $(PIP) install --quiet --require-hashes -r $(LOCKS)/dev.lock; \
	fi
	$(PIP) install --quiet "$(or $(TORCH),$(PINNED_TORCH))"
	@touch $@

$(VENV)/.installed: $(VENV)/.torch $(LOCKS)/dev.lock pyproject.toml
	@if $(BIN)/python -c '$(LOCKED)'; then \
	  $(PIP) install --quiet --require-hashes -r $(LOCKS)/dev.lock \
	    && $(PIP) install --quiet --no-deps --no-build-isolation -e .; \
	else \
	  echo '$(UNLOCKED)' >&2 && $(PIP) install --quiet -e '.[train,dev]'; \
	fi
	@touch $@

# pip-tools, pip-audit and the SBOM's generator, at versions that agree with dev.lock.
$(VENV)/.audit: $(VENV)/.installed $(LOCKS)/audit.lock
	@if $(BIN)/python -c '$(LOCKED)'; then \
	  $(PIP) install --quiet --require-hashes -r $(LOCKS)/audit.lock; \
	else \
	  $(PIP) install --quiet -e '.[audit]'; \
	fi
	@touch $@

# What pyproject.toml needs beyond the locks is added, and what it does not need leaves them; UPGRADE=--upgrade takes the
# newest versions. torch stays out: it has a lock of its own, and its CUDA libraries must not be resolved.
lock: $(VENV)/.audit
	@$(BIN)/python -c '$(LOCKED)' || { echo 'expected Python 3.11 on Linux to make the locks' >&2; exit 1; }
	$(BIN)/python -m tests.supply.lock $(UPGRADE)

audit: $(VENV)/.audit
	$(BIN)/python -m tests.supply.audit

sbom: $(VENV)/.audit
	@mkdir -p build
	cat $(LOCKS)/torch.lock $(LOCKS)/train.lock | $(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --mc-type application --output-reproducible --of JSON -o build/sbom.json -

test-minimum: install $(BUNDLE)/manifest.json
	$(BIN)/python -m tests.supply.minimum $(BUNDLE)

# A bundle is published by one rename, so a manifest means that the whole bundle is there.
$(BUNDLE)/manifest.json: | install
	$(BIN)/chorus fetch movielens-100k --out $(DATA)
	$(BIN)/chorus train $(JOB) --out $(BUNDLE)

demo: install $(BUNDLE)/manifest.json
	@exec $(BIN)/chorus serve $(BUNDLE) --port $(PORT)

test: install lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-faults: install
	$(BIN)/python -m tests.faults --seconds $(FAULT_SECONDS)

# A run that is ended goes on with the next call; build/generated_requests.json has what is done.
test-generated: install
	$(BIN)/python -m tests.faults.generated --requests $(REQUESTS)

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

# MovieLens-1M's bundle where its data is there, else the demo's; build/serving keeps the bundles that are made for it.
bench-serving: install $(BUNDLE)/manifest.json
	$(BIN)/python -m benchmarks.serving --data $(QUALITY_DATA)/ml-1m --items $(ITEMS) --turns $(TURNS)

# MovieLens-100k is fetched; the other sets are read where they are. The largest come last.
bench-quality: install
	$(BIN)/chorus fetch movielens-100k --out $(DATA)
	$(BIN)/chorus benchmark movielens-100k --data $(dir $(DATA))
	@for name in $(QUALITY_SETS); do \
	  $(BIN)/chorus benchmark $$name --data $(QUALITY_DATA) || exit 1; \
	done

compose-test: install
	$(BIN)/python -m pytest tests/compose/stack.py -x -s

clean:
	rm -rf $(VENV) $(BUNDLE) $(BUNDLE).work $(BUNDLE).previous .chorus build bench-quality ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app models benchmarks tests -name __pycache__ -prune -exec rm -rf {} +
