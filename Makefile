# `make run` opens the visualizer, `make test` checks everything; both set up what they need first.
# `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed
DOCS_TOOLS := $(VENV)/.docs-installed
RELEASE_TOOLS := $(VENV)/.release-installed
ARGS ?=
# Markers are in pyproject.toml, and where tests get them in tests/conftest.py.
FAST := not window and not process and not slow and not soak

# Threads that spin while they wait take the core from whoever they wait for when there are few.
test test-fast coverage soak: export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test system python lock run
.PHONY: test test-fast lint types contracts coverage soak bench docs wheel app icon clean

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

# Every package must have a hash of the lock. Only PyTorch is left to the second line: its wheel, and
# the CUDA libraries it may bring, differ between machines and are taken by version.
install = $(PIP) --no-deps --require-hashes -r $(1).lock && $(PIP) -r $(1).txt

# The stamps are older than the requirements exactly when something is left to install.
$(RUNTIME): requirements.txt requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(call install,requirements)
	@touch $@

$(TOOLS): requirements.txt requirements-dev.txt requirements-dev.lock
	$(call install,requirements-dev)
	@touch $@

$(DOCS_TOOLS): requirements-docs.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements-docs.txt
	@touch $@

$(RELEASE_TOOLS): requirements-release.txt requirements-compiler.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements-release.txt
	@touch $@

lock: setup-test ## after a change of requirements: lock versions and hashes, for every system
	$(PIP) -q -r requirements-lock.txt
	for name in requirements requirements-dev; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(PY) -m uv pip compile --quiet --universal \
			--python-version 3.11 --generate-hashes --no-annotate --no-emit-package torch \
			--output-file $$name.lock $$name.txt || exit 1; \
	done

run: setup ## open the visualizer (ARGS="NETWORK … --session FILE"); offscreen without a display
	@$(PY) visualizer.py $(ARGS)

test: setup-test ## lint, types, import contracts, tests
	@$(MAKE) --no-print-directory lint types contracts
	$(PY) -m pytest -q -n 2 --dist loadgroup tests $(ARGS)

test-fast: setup-test ## the tests of a minute on all cores: no windows, no processes of their own
	$(PY) -m pytest -q -n auto --dist loadgroup -m "$(FAST)" tests $(ARGS)

coverage: setup-test ## the tests, and how much of the code they run
	$(PY) -m pytest -q --cov --cov-report=term:skip-covered tests $(ARGS)

lint: setup-test ## ruff, the format, spelling
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --quiet .
	$(VENV)/bin/codespell

types: setup-test ## mypy
	$(PY) -m mypy

contracts: setup-test ## who may import whom
	$(VENV)/bin/lint-imports

soak: setup-test ## the long-running tests
	$(PY) -m pytest -q -m soak tests $(ARGS)

bench: setup ## every benchmark; JSON=FILE keeps the figures
	@for file in $$(grep -l 'report\.run(measure' benchmarks/[a-z]*.py); do \
		$(PY) -m benchmarks.$$(basename $$file .py) $(if $(JSON),--json $(JSON)) || exit 1; \
	done

docs: python $(DOCS_TOOLS) ## the documents as a site with search, in site/; its links are checked
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict
	@echo "To read it: $(PYTHON) -m http.server -d site"

SYSTEMS ?= linux-x86_64 linux-aarch64 macos-arm64 macos-x86_64 windows-x86_64

wheel: setup $(RELEASE_TOOLS) ## a package for each of SYSTEMS, and one for all others, in dist/
	$(PY) -m hatchling build -t wheel -d dist
	for system in $(SYSTEMS); do \
		AFV_KERNELS_FOR=$$system $(PY) -m hatchling build -t wheel -d dist || exit 1; \
	done

app: setup $(RELEASE_TOOLS) ## a folder with the visualizer that starts by a double click, in dist/, for this system
	$(PY) -m release.app

icon: setup ## draw the icon anew, after a change of release/icon.py
	$(PY) -m release.icon

clean: ## remove the virtual environment and the caches (out/ and runs/ stay)
	rm -rf $(VENV) site dist build .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
