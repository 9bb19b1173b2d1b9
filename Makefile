# `make` lists what there is. Everything is installed into $(VENV), from the hash-pinned lock files.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
# A key or an address means a stronger model than the embedded one, which then need not be fetched.
OTHER_MODEL := $(strip $(OPENAI_API_KEY)$(OPENAI_BASE_URL)$(filter-out auto,$(INTERVIEWER_LOCAL_MODEL)))
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Wheels only: building from source would fetch build tools that no lock pins.
PIP := $(BIN)/python -m pip install -q --only-binary :all:
# pip repeats this for every package where a configured package folder is missing; errors still show.
QUIET := 2> >(grep -v '^WARNING: Location .* is ignored' >&2)

DECIDERS := builtin readout chat
OTHER_SETS := talks injection metamorphic-core gaming benign

.PHONY: help run test check format lint types docs docs-check evals words model browser bench lock wheel clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.run ## practise: open the page on 127.0.0.1 (installs what is missing first)
	@$(if $(OTHER_MODEL),:,$(BIN)/interviewer model pull) \
		|| echo "Going on without the embedded model: the questions and follow-ups come as they are written." >&2
	@exec $(BIN)/interviewer serve

test: $(BIN)/.test browser ## run every test
	@$(if $(TESTS),$(BIN)/python -m pytest $(TESTS),.ci/tests $(BIN)/python)

check: format lint types evals model test ## everything CI runs
	@echo "All checks passed."

format: $(BIN)/.test
	@$(BIN)/ruff format --check .

lint: $(BIN)/.test
	@$(BIN)/ruff check .

types: $(BIN)/.test
	@$(BIN)/mypy

docs-check: $(BIN)/.test
	@$(BIN)/python -m pytest tests/test_docs.py

docs: $(BIN)/.test ## write the generated parts of the documentation again
	@$(BIN)/python -m interviewer.report
	@$(BIN)/cog -r -p 'from interviewer.report import *' README.md content/README.md prompts/README.md interviewer/weights/README.md

words: $(BIN)/.test ## collect the sentences of the interface, and compile their translations
	@$(BIN)/python tests/words.py

# One grader a line: on this machine, then from recordings. Exit code 1: a gate failed; 2: something is stale or missing.
evals: $(BIN)/.test ## hold every grader against its floors and its baseline, offline
	@for decider in $(DECIDERS); do \
		$(BIN)/interviewer eval test unseen --decider $$decider --against evals/baselines; \
		for set in $(OTHER_SETS); do $(BIN)/interviewer eval $$set --decider $$decider; done; \
	done
	@$(BIN)/interviewer eval interviewer

model: $(BIN)/.test
	@$(BIN)/interviewer model pull || echo "SKIPPED: the real embedded interview, for want of the model." >&2

browser:
	@.ci/chromium

bench: $(BIN)/.test browser ## measure start-up, overhead, the built-in grader and clicks
	@$(BIN)/python tests/bench/bench.py
	@$(BIN)/python tests/bench/clicks.py

lock: $(VENV)/lock/bin/uv ## pin dependencies again, with their hashes
	@set -x; $< $(COMPILE) --group build -o requirements.lock; $< $(COMPILE) --group test -o requirements-test.lock

COMPILE := pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" --python-version 3.11 pyproject.toml --extra local

wheel: $(BIN)/.test ## build dist/*.whl through the source distribution
	@$(BIN)/python -m build --no-isolation --outdir dist

clean: ## remove what these commands made in this folder (not the embedded model)
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# ── how $(VENV) comes about; each stamp is newer than what it was made from ──

$(BIN)/python:
	@python=$$(.ci/python); echo "Making $(VENV) with $$("$$python" --version)."; "$$python" -m venv $(VENV)

$(BIN)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements.lock (the first time, some minutes)."
	@$(PIP) --require-hashes -r requirements.lock $(QUIET)
	@$(PIP) --no-deps --no-build-isolation -e . $(QUIET)
	@touch $@

$(BIN)/.test: requirements-test.lock pyproject.toml | $(BIN)/python
	@echo "Installing from requirements-test.lock (the first time, some minutes)."
	@$(PIP) --require-hashes -r requirements-test.lock $(QUIET)
	@$(PIP) --no-deps --no-build-isolation -e . $(QUIET)
	@touch $@

$(VENV)/lock/bin/uv: | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/lock
	@$(VENV)/lock/bin/pip install -q uv $(QUIET)
