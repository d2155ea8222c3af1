# Everything a newcomer types. `make` alone lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test serve lint schema bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[36m%-8s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/runtime: requirements/runtime.txt pyproject.toml clients/python/pyproject.toml
	@test -x $(BIN)/python || { echo "Creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the pinned packages"
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements/dev.txt
	@echo "Installing the pinned packages for tests and checks"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/dev ## create .venv with every pinned package

lock: ## compile the hashed lock files (no download addresses in them)
	@$(BIN)/uv pip compile pyproject.toml clients/python/pyproject.toml --group pyproject.toml:build --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements/runtime.txt
	@$(BIN)/uv pip compile pyproject.toml clients/python/pyproject.toml --group pyproject.toml:dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements/dev.txt
