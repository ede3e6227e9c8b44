# `make quickstart` and `make test` each work alone on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help quickstart test test-long test-engines lint format docs clean

help:
	@echo "make quickstart    set up, then tune small CNNs on handwritten digits (under two minutes after the set-up)"
	@echo "make test          set up, then lint, types, layers and tests"
	@echo "make test-long     the tests that take minutes"
	@echo "make test-engines  set up JAX and PyTorch as well, then what every engine must pass"
	@echo "make format        format the code"
	@echo "make docs          write the schema and the reference of the language anew"
	@echo "make clean         remove the environment and caches; studies stay"

quickstart: $(READY)
	$(BIN)/hpo run --space quickstart.yaml

test: lint
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist worksteal

test-long: $(READY)
	$(BIN)/pytest -m long

test-engines: $(READY)
	$(BIN)/pip install --quiet --editable ".[test,jax,torch]"
	$(BIN)/pytest -m engines

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python docs/refresh.py

# The installation is done anew whenever the dependencies change.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hpo needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/pip install --quiet --editable ".[test]"
	$(BIN)/pip install --quiet --no-deps sweeps==0.3.0  # what W&B's sweeps draw; it asks for numpy 1, and runs beside 2
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
