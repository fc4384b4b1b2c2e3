# Every command a reader needs. The environment is made once, from the lock file.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.made-from-lock
OUT    ?= report
JOBS   ?= 2
CASES  ?= 20000
TOOLS  := build/docs-tools

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.PHONY: env report readme test lint types check bench calibration docs lock clean

env: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, found %d.%d: call make with PYTHON=python3.x" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Every claim of the quick profile, trained for real: OUT/report.html is the page.
report: env
	$(BIN)/identify report --profile quick --out $(OUT)

# One thread per test process: the processes share the cores.
test: env
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS)

lint: env
	@$(BIN)/ruff check .

types: env
	@$(BIN)/mypy

# Derivation checks with their twins.
check: env
	$(BIN)/identify check

# Error rates of the verdict on CASES simulated cases, in docs/calibration.md. About 1.1 core-seconds a case, so
# 6 core-hours for all of them. A stopped run goes on where it was, as long as the code is the same.
calibration: env
	$(BIN)/identify calibrate --cases $(CASES) --jobs $(JOBS) --out out/calibration
	$(BIN)/python -m reports.calibration_page out/calibration

# Timings on one thread; BENCH passes options on, such as BENCH="-k entropy".
bench: env
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds $(BENCH)

# Rewrite what the README shows from the records of the report in OUT.
readme: env
	$(BIN)/python -m reports.readme $(OUT)

# The documentation as a site in out/site. Its tools lie beside the environment, whose packages they read; the build
# itself asks no network, and a warning is an error.
docs: env $(TOOLS)/.made-from-lock
	PYTHONPATH=$(TOOLS) OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -q -W --keep-going -b html -d out/doctrees docs out/site
	@echo out/site/index.html

$(TOOLS)/.made-from-lock: requirements-docs.lock
	$(BIN)/python -m pip install --quiet --upgrade --target $(TOOLS) --no-deps --requirement requirements-docs.lock
	@touch $@

# Packages as of today, pinned. The +cpu suffix of a CPU build is dropped: the pin names the version, the machine's index the build.
lock: env
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-options \
		--extra dask --extra dev --extra oracles --output-file requirements.lock pyproject.toml
	sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements.lock
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-options \
		--constraint requirements.lock --output-file requirements-docs.lock requirements-docs.in

# Everything that a command here can make again, except the environment and reports.
clean:
	rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
