# make demo       the main job, visibly, on a local account in a temporary folder; needs python3 and make, no Stripe key
# make test       format, lint, types, import contract, tests
# make coverage   the tests once more, with the lines that none of them reaches; takes twice as long
# make golden     rewrite the kept plans, views and the README tour after a change that is meant; read the difference
# make browser    what the tests of the HTML report need: Chromium (as root, on Debian), axe-core (npm)
# make screenshot the picture of a report in docs/
# make live       ask a Stripe sandbox whether it is as believed; needs STRIPE_SANDBOX_KEY, LIVE="--record FILE" records
# make bench      figures: start-up, validation, ten thousand prices, an apply at Stripe's limits
# make clean      remove what the above made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test coverage golden format browser screenshot live bench clean

help:
	@sed -n 's/^# \(make .*\)/  \1/p' Makefile

# Python has to be new enough and able to make a virtual environment; Debian ships the latter apart.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "stripectl needs Python 3.11 or newer as $(PYTHON); try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)

# Stamps, so that a second run starts at once and a changed dependency is installed.
$(VENV)/.run-stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what stripectl runs with ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.run-stamp

demo: $(VENV)/.run-stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: $(VENV)/.dev-stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -W error -n auto

coverage: $(VENV)/.dev-stamp
	$(BIN)/pytest -n auto --cov --cov-report=term

golden: $(VENV)/.dev-stamp
	$(BIN)/pytest -q tests/views tests/catalogs tests/golden tests/docs tests/fault/test_page.py tests/live/test_page.py --update-golden

format: $(VENV)/.dev-stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

browser: $(VENV)/.dev-stamp
	@sh tests/browser/install.sh $(VENV)/node

screenshot: $(VENV)/.run-stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/screenshot.sh

# The recipe is not shown, and the key is read from the environment alone.
live: $(VENV)/.dev-stamp
	@$(BIN)/python -m tests.live $(LIVE)

bench: $(VENV)/.dev-stamp
	$(BIN)/python bench/figures.py
	$(BIN)/python bench/apply.py

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
