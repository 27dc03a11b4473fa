# `make run` opens the visualizer, `make test` checks everything; both set up what they need first.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed
ARGS ?=

# Threads that spin while they wait take the core from whoever they wait for when there are few.
test soak: export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test system python run test lint types contracts soak bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: system $(RUNTIME) ## make .venv and install what the programs need

setup-test: setup ## the same, with the test tools
	@$(PYTHON) .ci/system_packages.py test
	@$(MAKE) --no-print-directory $(TOOLS)

python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with make PYTHON=python3.12 …")'

system: python
	@$(PYTHON) .ci/system_packages.py run

# The stamps are older than the requirements exactly when something is left to install.
$(RUNTIME): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	@touch $@

$(TOOLS): requirements.txt requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

run: setup ## open the visualizer (ARGS="NETWORK … --session FILE"); offscreen without a display
	@$(PY) visualizer.py $(ARGS)

test: setup-test ## lint, types, import contracts, tests
	@$(MAKE) --no-print-directory lint types contracts
	$(PY) -m pytest -q tests $(ARGS)

lint: setup-test ## ruff
	$(PY) -m ruff check .

types: setup-test ## mypy
	$(PY) -m mypy

contracts: setup-test ## who may import whom
	$(VENV)/bin/lint-imports

soak: setup-test ## the long-running tests
	$(PY) -m pytest -q -m soak tests $(ARGS)

bench: setup ## every benchmark, one table each
	@for file in $$(grep -l __main__ benchmarks/*.py); do \
		$(PY) -m benchmarks.$$(basename $$file .py) || exit 1; \
	done

clean: ## remove the virtual environment and the caches (out/ and runs/ stay)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
