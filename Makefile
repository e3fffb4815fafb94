# The words of this project. `make` alone lists them; CONTRIBUTING.md tells the habits behind them.
SHELL := /bin/bash
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run fresh test test-heavy bench pictures lint lock translations sbom audit clean

help: ## list these words
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: ## set everything up and start a demonstration (keeps its data; PRO_APP_PORT chooses the port)
	@deploy/environment run && exec $(BIN)/pro-app demo

fresh: ## like run, but throw the demonstration's data away first
	@deploy/environment run && exec $(BIN)/pro-app demo --fresh

test: ## set everything up and run every test
	@deploy/environment test && exec $(BIN)/python -m pytest -n 4 --no-loadscope-reorder

test-heavy: ## the load and fault tests with their full figures (long)
	@deploy/environment test && exec $(BIN)/python -m pytest -m slow --heavy

bench: ## measure every figure we name, as one table with ratios
	@deploy/environment test && exec $(BIN)/python -m benchmarks

pictures: ## photograph every page in both languages and three widths into build/pictures
	@deploy/environment test && exec $(BIN)/python -m pytest tests/browser --pictures -m pictures

lint: ## style, types
	@deploy/environment test && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

translations: ## collect our own words for translators, keep what is translated
	@deploy/environment test
	$(BIN)/pybabel -q extract -F translations/babel.cfg -k N_ --no-location --omit-header -o translations/messages.pot .
	$(BIN)/pybabel -q update -N --no-wrap --omit-header -i translations/messages.pot -d translations

lock: ## pin the dependencies anew, with hashes
	deploy/lock

sbom: ## list what the program is made of, as CycloneDX in build/sbom.cdx.json
	@deploy/environment run && $(BIN)/python deploy/sbom requirements/run.lock build/sbom.cdx.json

audit: ## bandit, semgrep, secrets, locks; then known vulnerabilities of what we use (needs the network)
	@deploy/environment test && $(BIN)/python -m pytest --heavy -q tests/house/test_bandit.py tests/house/test_semgrep.py tests/house/test_secrets.py tests/house/test_locks.py
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements/run.lock

clean: ## remove the environment and everything built (never the data in instance/)
	rm -rf .venv .peers build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
