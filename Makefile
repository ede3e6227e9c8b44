# `make quickstart` and `make test` each work alone on a fresh machine with Python 3.11 or newer.
# Tests start hundreds of processes: what Python has compiled is kept.
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SITE := $(VENV)/.site
BENCH_READY := $(VENV)/.bench
LOWEST := .venv-lowest
S3 := .venv-s3
MLFLOW := .venv-mlflow
DEMO := .venv-demo
# Six seconds of CPU time where pip takes 58, most of which go to compiling what nothing imports.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
PARALLEL := --numprocesses auto --maxprocesses 8 --dist worksteal

# Beside each other: checks, of which the types take most of a minute on one core, and installations, which wait for disks.
TOGETHER := $(MAKE) --no-print-directory --jobs=3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: bench coverage device-check help quickstart quick ready test test-long chaos test-engines test-lowest lint style types layers format docs site clean

help:
	@echo "make quickstart    set up, then tune small CNNs on handwritten digits (under two minutes after the set-up)"
	@echo "make quick         lint, types, layers, and the quick tests, without an engine: while you work"
	@echo "make test          set up, then lint, types, layers and tests"
	@echo "make coverage      make test, with the share of lines that tests reach in their own process"
	@echo "make test-long     the tests that take minutes"
	@echo "make chaos         attack studies with hundreds of faults, and see that nothing is lost (an hour)"
	@echo "make test-engines  set up JAX and PyTorch as well, then what every engine must pass"
	@echo "make test-lowest   set up the oldest versions that pyproject.toml allows, then the tests"
	@echo "make bench         compare with a bare Keras loop and other tuners, at least five rounds (an hour); BENCH=--help"
	@echo "make device-check  on a machine with a GPU: what holds there, and trials an hour, to docs/device.md"
	@echo "make format        format the code"
	@echo "make docs          write the schema and the reference of the language anew"
	@echo "make site          build these docs as a site, in site/"
	@echo "make clean         remove the environments and caches; studies stay"

quickstart: $(READY)
	$(BIN)/hpo run --space quickstart.yaml

quick: lint
	$(BIN)/pytest $(PARALLEL) -m "not engine and not thorough and not long and not engines"

test: ready
	$(BIN)/pytest $(PARALLEL) $(REPORT)

# All that tests need, and what is checked before them.
ready: $(READY)
	$(TOGETHER) types layers style $(MLFLOW)/.ready $(DEMO)/.ready $(S3)/.ready

coverage:
	$(MAKE) test REPORT="--cov --cov-report=term:skip-covered"

test-long: $(READY)
	$(BIN)/pytest -m long --ignore tests/faults/chaos
	TF_ENABLE_ONEDNN_OPTS=1 $(BIN)/pytest tests/contracts/test_contract_pool.py tests/contracts/test_contract_resume.py \
		tests/unit/training/test_training_prefixes.py tests/unit/training/features

chaos: $(READY)
	$(BIN)/pytest -m long --capture=no tests/faults/chaos

test-engines: $(READY)
	$(BIN)/pip install --quiet --editable ".[test,jax,torch]"
	$(BIN)/pytest -m engines

test-lowest: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable ".[test]"
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --no-deps sweeps==0.3.0
	$(LOWEST)/bin/pytest $(PARALLEL)

lint: $(READY)
	$(TOGETHER) types layers style

style: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

bench: $(BENCH_READY)
	$(BIN)/python benchmarks/peers/compare.py $(BENCH)

device-check: $(READY)
	$(BIN)/python benchmarks/gpu/device_check.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python docs/refresh.py

site: $(SITE)
	$(BIN)/mkdocs build --strict

# The installation is done anew whenever the dependencies change.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hpo needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.8"
	$(INSTALL) --editable ".[test]" || $(BIN)/pip install --quiet --editable ".[test]"  # pip where only it has settings
	$(INSTALL) --no-deps sweeps==0.3.0 || $(BIN)/pip install --quiet --no-deps sweeps==0.3.0  # it asks for numpy 1
	@touch $@

# The server of object stores that tests speak to, alone: moto wants a newer botocore than s3fs allows.
$(S3)/.ready: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(S3)
	$(BIN)/uv pip install --quiet --python $(S3)/bin/python "moto[s3,server]>=5.1,<6"
	@touch $@

# MLflow's server that tests speak to, alone: it brings 600 MB, of which the client needs little.
$(MLFLOW)/.ready: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(MLFLOW)
	$(BIN)/uv pip install --quiet --python $(MLFLOW)/bin/python "mlflow>=3.17,<3.18"
	@touch $@

# The page of `hpo demo` that tests open, alone: Gradio takes Pillow back to 12. In one go with the other packages, so
# that uv links the files that it has.
$(DEMO)/.ready: $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(DEMO)
	$(BIN)/uv pip install --quiet --python $(DEMO)/bin/python --editable ".[demo]"
	@touch $@

$(BENCH_READY): $(READY)
	$(INSTALL) --editable ".[bench]" || $(BIN)/pip install --quiet --editable ".[bench]"
	@touch $@

$(SITE): $(READY)
	$(BIN)/pip install --quiet --editable ".[docs]"
	@touch $@

clean:
	rm -rf $(VENV) $(LOWEST) $(S3) $(MLFLOW) $(DEMO) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage* build dist site
