# Everything a newcomer types. `make` alone lists the targets.
#
# .venv holds what the lock files pin, and nothing else: once a lock file changes it is made anew. Four stamps in
# it say how far it is: runtime (packages of the server and the client), linked (this source tree), compiled (both
# as bytecode), dev (the tools).
#
# uv installs in a fifth of pip's time. Where there is none, or it fails (it does not reach what pip is set up to reach),
# pip has the last word, and tells what is wrong.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKS  := requirements/install.txt requirements/runtime.txt requirements/dev.txt
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null \
          || $(PIP) install --require-hashes -r $(1)
CODE   := api schema custody policies tokenizer clients/python/warifu
LOCK   := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
BOTH   := pyproject.toml clients/python/pyproject.toml
SCHEMA := $(BIN)/python -c 'from schema.root import print_schema; print(print_schema(), end="")'

.DEFAULT_GOAL := help
.PHONY: help demo test serve lint schema bench lock setup clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  \033[36m%-7s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/compiled ## try Warifu on made-up people, in a directory of its own
	@$(BIN)/warifu demo $(ARGS)

test: $(VENV)/dev ## run every test, on SQLite and on PostgreSQL (ARGS="-k words" runs some)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(if $(CI),-p tests.support.no_skips) $(ARGS)

serve: $(VENV)/compiled ## start the server (ARGS="--data directory")
	@$(BIN)/warifu serve $(ARGS)

lint: $(VENV)/dev ## check form, types, imports, the schema's snapshot and the image's recipe
	@$(BIN)/ruff format --check --quiet || { echo "Run: $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(SCHEMA) | diff -u schema/schema.graphql - || { echo "Run: make schema" >&2; exit 1; }
	@$(BIN)/hadolint docker/Dockerfile

schema: $(VENV)/dev ## print the GraphQL schema into schema/schema.graphql
	@$(SCHEMA) > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

bench: $(VENV)/dev ## measure (ARGS is handed on)
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(VENV)/dev ## compile the hashed lock files anew (they hold no download address)
	@$(LOCK) $(BOTH) --group pyproject.toml:dev -o requirements/dev.txt
	@$(LOCK) --group pyproject.toml:install -c requirements/dev.txt -o requirements/install.txt
	@$(LOCK) $(BOTH) --group pyproject.toml:build -c requirements/dev.txt -o requirements/runtime.txt
	@$(LOCK) $(BOTH) --group pyproject.toml:build -c requirements/dev.txt --all-extras -o requirements/stores.txt

setup: $(VENV)/dev ## create .venv with every pinned package

clean: ## remove .venv, caches and the demo's data
	@rm -rf $(VENV) demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

# `make clean test` cleans first, also with -j, and makes .venv anew.
$(VENV)/runtime: $(LOCKS) $(filter clean,$(MAKECMDGOALS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 以降が必要です($(PYTHON): $$($(PYTHON) -V 2>&1 | head -n 1))。make PYTHON=python3.12 のように指定してください。" >&2; \
	  echo "Python 3.11 or later is needed ($(PYTHON): $$($(PYTHON) -V 2>&1 | head -n 1)). Name one: make PYTHON=python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) に venv がありません。OS のパッケージ(Debian と Ubuntu では python3-venv)を入れてください。" >&2; \
	  echo "$(PYTHON) has no venv. Install it with your system's packages (python3-venv on Debian and Ubuntu)." >&2; \
	  exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(if $(wildcard $@),--clear) $(VENV)
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/install.txt 2>/dev/null || true
	@$(call INSTALL,requirements/runtime.txt)
	@touch $@

$(VENV)/linked: pyproject.toml clients/python/pyproject.toml $(VENV)/runtime
	@$(PIP) install --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

# Where Python keeps no bytecode by itself (PYTHONDONTWRITEBYTECODE), every start would compile everything anew, which
# takes longer than all the rest of it. What pip installed has its bytecode; what another installer did may not. A file
# that cannot be compiled is none of this rule's business: whoever needs it will hear of it.
$(VENV)/compiled: $(VENV)/linked $(shell find $(CODE) -name '*.py' 2>/dev/null)
	-@$(BIN)/python -W ignore -m compileall -q $(VENV)/lib $(CODE)
	@touch $@

$(VENV)/dev: $(VENV)/linked | $(VENV)/compiled
	@echo "Adding the tools for tests and checks"
	@$(call INSTALL,requirements/dev.txt)
	@touch $@
