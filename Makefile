# make run                                  open the app
# make run SOURCE=… DESTINATION=…           open it with that job (optional: INTERVAL=seconds)
# make test                                 run all tests
# make quick                                run those that take a moment, in three minutes at most
# Each target first sets up what it needs (packaging/setup_environment.py), once.

PYTHON ?= python3
BIN := .venv/bin
SETUP = @$(PYTHON) packaging/setup_environment.py
# One process for each processor; ARGS='-n 0' runs all tests one after another.
PYTEST = $(BIN)/python -m pytest -n auto

# Handed on as they were typed, whatever characters are in them.
override SOURCE := $(value SOURCE)
override DESTINATION := $(value DESTINATION)
override INTERVAL := $(value INTERVAL)
export SOURCE DESTINATION INTERVAL PYTHON

.PHONY: help run test test-windows quick mutants nightly lint format bench package test-package screenshots lock translations clean

help:
	@sed -n 's/^# make/make/p' Makefile
	@echo 'make lint | format | bench | test-windows | mutants | nightly | package | test-package | screenshots | lock | translations | clean'

run:
	@sh packaging/start.sh

test:
	$(SETUP) test
	$(PYTEST) $(ARGS)

# Without those that are marked as slow: see CONTRIBUTING.md.
quick:
	$(SETUP) test
	$(PYTEST) -m 'not slow' $(ARGS)

# In a Python for Windows under wine, made in build/windows-rig; ARGS=--short leaves out what takes long.
test-windows:
	$(SETUP) windows
	$(BIN)/python packaging/windows/run_tests.py $(ARGS)

# Takes out each protection of the program in turn, and shows which test notices; 10 minutes.
mutants:
	$(SETUP) test
	$(BIN)/python -m tests.mutants $(ARGS)

# Thousands of random cases instead of hundreds and all short sequences of operations, as rsync has them too, thousands
# of whole runs in simulated time, ninety minutes of random edits, kills and unmounts, and the mutants.
nightly:
	$(SETUP) test
	HYPOTHESIS_PROFILE=nightly $(PYTEST) --timeout=7200 tests/property tests/fuzz tests/faults tests/unit tests/integration
	$(BIN)/python -m tests.differential --once 500 --live 200
	$(BIN)/python -m tests.sequences --length 2
	$(BIN)/python -m tests.sequences --length 3 --sample 3000
	$(BIN)/python -m tests.simulation --seeds 1000..4000
	$(BIN)/python -m tests.soak --minutes 60
	$(BIN)/python -m tests.soak --minutes 30 --home
	$(BIN)/python -m tests.mutants

lint:
	$(SETUP) lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 backup_gui
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin backup_gui
	$(BIN)/lint-imports

format:
	$(SETUP) lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench:
	$(SETUP) test
	$(BIN)/python -m tests.bench $(ARGS)

# What people install, in dist/: the program as a folder that needs no Python, packages of it, and the wheel; then what
# can be tested of it here.
package:
	$(SETUP) package
	$(BIN)/python packaging/linux/make_packages.py
	$(BIN)/python -m pytest -m package tests/e2e

# What `make package` has made, in minimal systems of their own: installed, used on a desktop, removed. Needs root.
test-package:
	$(SETUP) test-package
	$(BIN)/python -m pytest -m fresh -rA tests/e2e

# Pictures of every view, light, dark, with large text and from right to left, and of the app in a real desktop session, in build/screenshots/.
screenshots:
	$(SETUP) test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.helpers.screens
	$(BIN)/python -m pytest -m desktop tests/e2e

# Finds new words of the program, and packs what is translated; words are translated in resources/translations/*.ts.
translations:
	$(SETUP) test
	$(BIN)/python packaging/translations.py

# The newest versions within the ranges of pyproject.toml.
lock:
	$(SETUP) lint
	$(BIN)/python packaging/lock.py

clean:
	rm -rf .venv build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
