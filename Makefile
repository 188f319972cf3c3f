# `make serve` and `make test` do all their set-up themselves. What they run is in setup.cfg and tox.ini.

PYTHONS ?= python3 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin
TOX := $(BIN)/tox
PLUGINS := plugins/iris_model plugins/digits_model plugins/anomaly_model plugins/text_model

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help serve test soak audit check lint format docs pictures clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(VENV)/serve.stamp ## serve the page and the example models; options: make serve ARGS="--port 9000"
	@$(BIN)/tornado-ml serve $(ARGS)

test: $(VENV)/test.stamp ## run every check on every Python found; ends with what ran and what did not
	@$(TOX) run-parallel $(TOX_ARGS)

soak: $(VENV)/test.stamp ## what takes long: conformance, fuzzing, half an hour under load (SOAK_S=120 for less)
	@$(TOX) run -q -e soak $(TOX_ARGS)

audit: $(VENV)/test.stamp ## ask a database on the net whether a vulnerability is known of what it is made of
	@$(TOX) run -q -e audit

check: $(VENV)/test.stamp ## the quick ones: lint, types, and the unit tests on one Python
	@$(TOX) run-parallel -e lint,types,py $(TOX_ARGS)

lint: $(VENV)/test.stamp ## ruff and import-linter
	@$(TOX) run -q -e lint

format: $(VENV)/test.stamp ## put the Python code into shape
	@$(TOX) run -q -e format

docs: $(VENV)/test.stamp ## make the generated pages anew
	@$(TOX) run -q -e docs

pictures: $(VENV)/test.stamp ## make the docs' pictures of the page anew; needs chromium
	@$(TOX) run -q -e pictures

clean: ## remove the environments and whatever else was made here
	rm -rf $(VENV) .tox build dist *.egg-info plugins/*/build plugins/*/*.egg-info tests/web/node_modules tests/web/socketio/node_modules
	rm -rf .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/serve.stamp: setup.cfg setup.py $(PLUGINS:=/setup.cfg) | $(BIN)/python
	@echo "Installing the service and its example models into $(VENV); this takes about half a minute."
	@$(BIN)/python -m pip install --editable '.[socketio]' $(PLUGINS:%=--editable %)
	@touch $@

$(VENV)/test.stamp: tox.ini | $(BIN)/python
	@echo "Installing tox into $(VENV)."
	@$(BIN)/python -m pip install --quiet tox-uv
	@touch $@

# A target that is there already is not made again, however old: it is what the others need first, not newer.
$(BIN)/python:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        if $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	            echo "Making $(VENV) with $$($$python --version)."; \
	            $$python -m venv --clear $(VENV) && exit 0; \
	            rm -rf $(VENV); exit 1; \
	        fi; \
	        venvless="$$venvless $$python"; \
	    fi; \
	done; \
	if [ "$$venvless" ]; then \
	    echo "No Python here can make an environment: the venv module is missing for$$venvless." \
	        "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	else \
	    echo "This needs Python 3.11 or newer, and there is none: tried $(PYTHONS)." \
	        "Name another one with: make $(MAKECMDGOALS) PYTHONS=/path/to/python" >&2; \
	fi; \
	exit 1
