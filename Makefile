# All set-up that a fresh machine needs: `make demo` to try it, `make test` to prove it.

PORT ?= 3001
ENGINE_PORT ?=
TIME_FACTOR ?= 1
DATA ?=
WORKERS ?= 2
PYTEST_ARGS ?=
LAB_PORT ?= 21000

BIN := .venv/bin
CODE := src tests bench tools examples
# These freeze and restart services of the control plane that all others use.
ALONE := tests/openstack/test_faults.py tests/openstack/test_lab.py
# Half a minute of bad weather, and minutes until all has settled: a tool, as SOAK_SECONDS and SOAK_SEED make it.
SOAK := tests/openstack/test_soak.py

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser test-openstack soak-openstack lint format bench bench-openstack model environment test-environment collections clean distclean

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26
	@echo "  Variables of demo: PORT=$(PORT) ENGINE_PORT=(8080, or a free one) TIME_FACTOR=$(TIME_FACTOR) DATA=(a temporary folder)"

demo: environment  ## Run gateway and simulated engine on this machine, in the foreground
	@exec $(BIN)/deltaic demo --port $(PORT) $(if $(ENGINE_PORT),--engine-port $(ENGINE_PORT)) --time-factor $(TIME_FACTOR) $(if $(DATA),--data "$(DATA)")

test: lint collections  ## Check style, types, imports, and run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

test-browser: test-environment  ## Try the console in a real browser (Debian's Chromium, axe-core)
	@tools/environment browser
	$(BIN)/python -m pytest tests/browser $(PYTEST_ARGS)

test-openstack: test-environment collections  ## Start a real OpenStack control plane, and try the gateway before it
	@tools/environment openstack
	@$(BIN)/python -m tests.openstack.lab run --port $(LAB_PORT) -- sh -c 'failed=0; $(BIN)/python -m pytest tests/openstack -n $(WORKERS) --dist loadfile $(ALONE:%=--ignore=%) $(SOAK:%=--ignore=%) $(PYTEST_ARGS) || failed=1; $(BIN)/python -m pytest $(ALONE) $(PYTEST_ARGS) || failed=1; exit $$failed'

soak-openstack: test-environment  ## Start a real OpenStack control plane, break it amid traffic, and look for what was lost
	@tools/environment openstack
	@$(BIN)/python -m tests.openstack.lab run --port $(LAB_PORT) -- $(BIN)/python -m pytest $(SOAK) $(PYTEST_ARGS)

lint: test-environment  ## Check style, types and who imports whom
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: test-environment  ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: test-environment  ## Measure, and print tables
	@set -e; for file in bench/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m "bench.$$(basename "$$file" .py)"; done

bench-openstack: test-environment  ## Start a real OpenStack control plane, and measure the gateway before it
	@tools/environment openstack
	@$(BIN)/python -m tests.openstack.lab run --port $(LAB_PORT) -- $(BIN)/python -m bench.openstack $(SIZES)

model: test-environment  ## Regenerate the data and the table made from AWS's service models
	$(BIN)/python tools/generate_aws_model.py
	$(BIN)/python tools/generate_coverage.py

environment:
	@tools/environment demo

test-environment:
	@tools/environment test

collections: test-environment
	@tools/environment collections

clean:  ## Remove what tools leave behind
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## Remove the environment and downloads too
	rm -rf .venv .cache tests/browser/node_modules
