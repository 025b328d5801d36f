# Five words: demo, test, check, docs, bench. A fresh machine needs Python 3.11 or newer and make.
#
# The first call makes a virtual environment in .venv (an active one is used instead) and installs
# Cutis into it; later calls install again only after pyproject.toml has changed.

.DEFAULT_GOAL := help
.SUFFIXES:

STARTED := $(shell date +%s)
SUPPORTED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

ifndef PYTHON
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c '$(SUPPORTED)' >/dev/null 2>&1 && { echo "$$name"; break; }; done)
endif

ifdef VIRTUAL_ENV
VENV := $(VIRTUAL_ENV)
else
VENV := .venv
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
HERE := $(shell printf '%s' "$(CURDIR)" | cksum | cut -d' ' -f1)
READY := $(VENV)/.cutis-ready-$(HERE)
READY_DEV := $(VENV)/.cutis-ready-dev-$(HERE)

# Every published figure, re-run by one command; add a benchmark by its file name.
SHARED := $(if $(CUTIS_SHARED),$(CUTIS_SHARED),../shared)
BENCHMARKS := $(wildcard $(addprefix benchmarks/, \
	repeatability.py clean_set.py tone_fairness.py conditions.py chromophore_recovery.py mirror_law.py \
	explanation.py graders.py speed.py scale.py history.py forecast.py policy.py))

LEARNING := tests/networks tests/training
# Two processes; a file stays in one, since its tests share a service or a database.
SIDE_BY_SIDE := -n 2 --dist loadfile

took = @echo "make $@ took $$(( $$(date +%s) - $(STARTED) )) s"

.PHONY: help demo test test-training check docs reference bench soak app e2e clean

help:
	@echo "make demo    install, fetch the face model, assess a real photo, print the report's place"
	@echo "make test    run the tests"
	@echo "make check   formatting, lint, types, import contracts, reference pages up to date"
	@echo "make docs    build the documentation into site/"
	@echo "make bench   re-run every published figure"
	@echo "make soak    the long forms of what is promised; hours"
	@echo "make app     build the web app into the package, and test its parts (needs Node 20.19 or newer)"
	@echo "make e2e     try the web app in a real browser (needs Node and Chromium)"
	@echo "make clean   remove what the others made, the virtual environment included"

demo: $(READY)
	@$(BIN)/cutis models pull
	@$(BIN)/cutis demo --out cutis-demo
	$(took)

test: $(READY_DEV)
	@$(BIN)/cutis models pull
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PYTEST_OPTIONS) $(addprefix --ignore=,$(LEARNING))
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) $(LEARNING)
	$(took)

# torch and the runtime of the assessment each bring threads of their own; in one process with all
# other tests they have crashed, so these have their own.
test-training: $(READY_DEV)
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) $(LEARNING)
	$(took)

check: $(READY_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(took)

docs: reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(took)

reference: $(READY_DEV)
	$(BIN)/python docs/generate.py

bench: $(READY_DEV)
	@$(BIN)/cutis models pull
	$(BIN)/python benchmarks/badinputs.py $(SHARED)/data/badinputs.tar.xz
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script"; done
	$(took)

# The long forms of what is promised; hours. Each script tells its figures and keeps them.
soak: $(READY_DEV)
	@$(BIN)/cutis models pull
	@set -e; for script in $$(grep -l '^if __name__' benchmarks/soak/*.py); do \
		echo "== $$script"; \
		$(BIN)/python "$$script" --out "benchmarks/results/soak_$$(basename "$$script" .py).json"; \
	done
	$(took)

# The app is built by those who change it; its output is tracked, so an install needs no Node.
app/node_modules/.ready: app/package-lock.json
	npm --prefix app ci --no-audit --no-fund --loglevel=error
	@touch $@

app: app/node_modules/.ready
	npm --prefix app run --silent check
	npm --prefix app run --silent test
	npm --prefix app run --silent build
	$(took)

e2e: app/node_modules/.ready $(READY_DEV)
	@$(BIN)/cutis models pull
	PYTHON=$(abspath $(BIN))/python npm --prefix app run --silent e2e
	$(took)

clean:
	rm -rf app/node_modules app/artefacts .venv build dist site cutis-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Cutis needs Python 3.11 or newer with its venv module; none was found." >&2; \
		echo "Install it (Debian: apt install python3 python3-venv), or name it: make PYTHON=..." >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)

# A virtual environment may come without pip.
define ensure_pip
@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
@rm -f $(VENV)/.cutis-ready-*
endef

$(READY): pyproject.toml | $(BIN)/python
	$(ensure_pip)
	$(PIP) install --quiet --editable ".[pdf,demo]"
	@touch $@

$(READY_DEV): pyproject.toml | $(BIN)/python
	$(ensure_pip)
	$(PIP) install --quiet --editable ".[dev]"
	@touch $(READY) $@
