# Everything a developer runs. `make help` lists it; a fresh machine needs Python 3.11 or newer and make.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help start test check format mutants browser bench bench-large failover record migration clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: .venv/installed ## a running shop with demo data on http://localhost:9000 (ARGS="--port 9001")
	@$(BIN)/merx start --demo $(ARGS)

test: .venv/installed-dev tests/sdk/node_modules/.installed ## all tests (ARGS="-k word tests/cli")
	@$(RUN) python -m compileall -q -j 0 src # once, not in every worker
	@$(RUN) pytest -n auto --dist worksteal $(ARGS)

check: .venv/installed-dev ## lint, format, types, import rules
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) pyright
	@$(RUN) lint-imports
	@$(RUN) python -m checks

format: .venv/installed-dev ## put the code in its standard form
	@$(RUN) ruff check --fix-only --quiet .
	@$(RUN) ruff format .

mutants: .venv/installed-dev ## put mistakes into the code: which do the tests notice? (ARGS="pricing --minutes 5")
	@$(BIN)/uv sync --quiet --frozen --inexact --group mutants
	@$(RUN) python -m checks.mutants $(ARGS)

browser: .venv/installed-dev ## what the test of the dashboard needs beside Chromium (ARGS=--yes: without being asked)
	@$(BIN)/uv sync --quiet --frozen --inexact --group browser
	@$(RUN) merx dashboard install $(ARGS)

bench: .venv/installed-dev ## measure against bare SQL, and the reference when REFERENCE_URL is set
	@$(RUN) python -m benchmarks $(ARGS)

bench-large: .venv/installed-dev ## reads of 100,000 products (seven minutes at the first time)
	@$(RUN) python -m benchmarks --catalogue 100000 --shop .merx/bench-large $(ARGS)

failover: .venv/installed-dev ## lose the primary under write load; needs etcd, haproxy and patroni (deploy/ha)
	@$(RUN) pytest -q -s tests/ha/failover.py

record: .venv/installed-dev ## record the conformance answers anew from REFERENCE_URL
	@$(RUN) python -m tests.conformance.record $(ARGS)

migration: .venv/installed-dev ## write a migration from the changed models: make migration m="variant: add color"
	@$(RUN) python -m migrations "$(m)"
	@$(RUN) ruff check --fix-only --quiet migrations
	@$(RUN) ruff format --quiet migrations

clean: ## remove what can be made again, but no data
	rm -rf .venv tests/sdk/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Merx needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# --inexact: installing what runs Merx leaves the tools of a developer in place.
.venv/installed: .venv/bin/uv pyproject.toml uv.lock
	@echo "Installing Merx into .venv …"
	@$(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode --no-dev
	@touch $@

.venv/installed-dev: .venv/bin/uv pyproject.toml uv.lock
	@echo "Installing Merx and its tools into .venv …"
	@$(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode
	@touch $@ .venv/installed

tests/sdk/node_modules/.installed: .venv/installed-dev tests/sdk/package-lock.json
	@echo "Installing the JavaScript SDK into tests/sdk …"
	@cd tests/sdk && $(RUN) npm ci --silent --no-audit --no-fund
	@touch $@
