# Each target prepares what it needs by itself and may be repeated.
# make run LIBRARY=~/papers PORT=8080 PYTHON=python3.12

PYTHON  ?= python3
LIBRARY ?= library
PORT    ?=
ARGS    ?=
VENV    := .venv
BIN     := $(VENV)/bin
BENCH   := .venv-bench
NATIVE  := setup.py $(wildcard src/typecase/kernels/native/*.[ch]pp)
UV      := $(shell command -v uv 2>/dev/null)

# What was compiled once need not be compiled by each process that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run venv dev native test test-slow sanitize lint format bench docs picture lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: venv  ## read the paper: install, load the demo shelf, serve, print the address
	@$(BIN)/broadsheet --library "$(LIBRARY)" serve --demo $(if $(PORT),--port $(PORT)) $(ARGS)

venv: $(VENV)/.native  ## prepare .venv with the command `broadsheet` inside

dev: $(VENV)/.develops $(VENV)/.native  ## the same, with what tests and lint need

native: $(VENV)/.runs  ## compile the fast kernels (needs a C++ compiler), or say why not
	$(BIN)/python setup.py -q build_ext --inplace --build-lib build/native
	@touch $(VENV)/.native

test: dev  ## the fast tests, on two cores
	$(BIN)/python -m pytest -n 2 -m "not slow" $(ARGS)

test-slow: dev  ## the slow and the wide ones
	$(BIN)/python -m pytest -n 2 -m slow $(ARGS)

sanitize: dev  ## the native code under sanitizers, emulators, a fuzzer
	$(BIN)/python -m pytest -n 2 tests/native $(ARGS)

lint: dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev  ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev $(BENCH)/.installed  ## measure speed and quality beside the peers
	BENCH_PYTHON=$(BENCH)/bin/python $(BIN)/python -m bench $(ARGS)

docs: dev  ## make the reference from the docstrings, then the site
	$(BIN)/python docs/make_reference.py
	$(BIN)/zensical build

picture: dev  ## take the README's picture anew (needs Chromium)
	$(BIN)/python bench/screenshots.py --readme

lock:  ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## remove what was made here; the library stays
	rm -rf $(VENV) $(BENCH) site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf src/*.egg-info src/typecase/kernels/_native.*.so

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Broadsheet needs Python 3.11 or later; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }

# The installation leaves the native code to $(VENV)/.native, which shows what comes of it.
$(VENV)/.runs: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.develops: requirements-dev.lock $(VENV)/.runs
	$(call install,requirements-dev.lock)
	@touch $@

$(VENV)/.native: $(NATIVE) $(VENV)/.runs
	@echo "compiling the native kernels: up to a minute, once"
	@$(BIN)/python setup.py -q build_ext --inplace --build-lib build/native
	@touch $@

$(BENCH)/.installed: bench/requirements.txt | $(VENV)/bin/python
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install -q torch==2.13.0
	$(BENCH)/bin/python -m pip install -q -r bench/requirements.txt
	@touch $@

# uv where there is one: the same lock and hashes in a tenth of the time.
define install
$(if $(UV),\
  VIRTUAL_ENV=$(VENV) uv pip install -q --compile-bytecode --require-hashes -r $(1),\
  $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $(1))
$(if $(UV),\
  TYPECASE_NATIVE=off VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps --no-build-isolation -e .,\
  TYPECASE_NATIVE=off $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .)
endef
