# Needs Python 3.11 or newer, make and git; everything else is installed into .venv.
# Programs are run as modules: their own scripts break in folders with long names or spaces.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
MANAGE := $(PY) manage.py
ARGS ?=
# Test processes; "logical" is one per core.
N ?= logical
CYCLES ?= 36
SEED ?=

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install everything into .venv, exactly as pinned (nothing to do when it is there)
	@sh scripts/setup.sh

.PHONY: demo
demo: setup ## Start the whole product with demo data on PORT (8000) until Ctrl-C
	@exec $(MANAGE) up $(ARGS)

.PHONY: test
test: setup ## Run all tests in parallel and in random order (ARGS="-k word" for some)
	@sh scripts/test.sh $(N) $(ARGS)

.PHONY: sdk3
sdk3: setup ## Install the newest official SDK into .venv-sdk3, for the second of its two tests
	@test -x .venv-sdk3/bin/python || $(PY) -m venv .venv-sdk3
	@.venv-sdk3/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --root-user-action=ignore --require-hashes --only-binary :all: -r requirements/sdk3.lock

.PHONY: verify-litellm
verify-litellm: setup ## Take a render through the real LiteLLM proxy, installed into .venv-litellm (750 MB)
	@test -x .venv-litellm/bin/python || $(PY) -m venv .venv-litellm
	@.venv-litellm/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --root-user-action=ignore --require-hashes --only-binary :all: -r requirements/litellm.lock
	@$(PY) -m tests.verification.litellm

.PHONY: test-browser
test-browser: setup ## Run the journeys in Chromium only
	@$(PY) -m pytest -m browser tests/browser $(ARGS)

.PHONY: chaos
chaos: setup ## Kill processes and break networks by lot until CYCLES kills (36) were recovered from; SEED=n repeats
	@$(PY) -m tests.chaos --cycles $(CYCLES) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: test-brokers
test-brokers: setup ## Run the product on RabbitMQ, Redis, another PostgreSQL and S3, with two of each process
	@$(PY) -m pytest -m brokers -p no:randomly tests/brokers $(ARGS)

.PHONY: check
check: setup check-style check-types check-layers check-templates check-files check-database ## Check style, types, layers, templates, generated and vendored files, conventions

.PHONY: check-style check-types check-layers check-templates check-files check-database
check-style: setup
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
check-types: setup
	@$(PY) -m mypy
check-layers: setup
	@$(PY) -c "from importlinter.cli import lint_imports_command as run; run()" --no-logo
check-templates: setup
	@$(PY) -m djhtml --check templates
check-files: setup
	@$(MANAGE) render_states --check
	@$(PY) scripts/vendor.py --check
check-database: setup
	@$(MANAGE) with_database --temporary -- sh -c \
	  '$(MANAGE) makemigrations --check --dry-run && $(MANAGE) check --database default'

.PHONY: fmt
fmt: setup ## Format code and templates
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format --quiet .
	@$(PY) -m djhtml --quiet templates

.PHONY: policy-report
policy-report: setup ## Print how well the policy rules tell the labelled prompts apart
	@DJANGO_SETTINGS_MODULE=config.settings $(PY) -m tests.policy.report

.PHONY: bench
bench: setup ## Measure everything in the short set and write benchmarks/RESULTS.md
	@$(PY) -m benchmarks $(ARGS)

bench-%: setup ## Measure one thing, for example bench-start
	@$(PY) -m benchmarks $* $(ARGS)

.PHONY: lock
lock: ## Resolve the dependencies in pyproject.toml again and pin them with hashes
	@sh scripts/lock.sh $(ARGS)

.PHONY: clean
clean: ## Remove caches and what tests leave; keeps .venv and the data in var/
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov test-results
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: reset
reset: setup ## Remove this machine's data (database, clips, secrets) for a fresh start
	@$(MANAGE) remove_data
