# Everything goes through bootstrap.py, which also works where there is no make: python3 bootstrap.py demo|test|...
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help demo test check lint lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## the whole round on this machine, against two sandboxed systems
	@$(PYTHON) bootstrap.py demo $(ARGS)

test: ## format, lint, types, import directions and every test; what the build server runs
	@$(PYTHON) bootstrap.py test $(ARGS)

check: test ## the same as test

lint: ## the quick part of it: no tests
	@$(PYTHON) bootstrap.py lint

lock: ## resolve the dependencies anew into the requirements files (ARGS=--upgrade takes newer versions)
	@$(PYTHON) bootstrap.py lock $(ARGS)
