# The day-to-day commands. `make` alone lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.9

UV := .boot/bin/uv
BIN := .venv/bin
# uv installs into the environment that this names, whatever else is active.
export VIRTUAL_ENV := $(CURDIR)/.venv
# A machine behind a proxy trusts authorities that uv's own list does not have.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif
TEMPLATES := $(wildcard app/templates)
FAST_TESTS := $(wildcard tests/unit tests/house_rules)
COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate -q

.PHONY: help setup run test proof chaos drill-rewind drill-reconcile model seeded-bugs check fix lint mutants ruff types imports templates cover \
	migration migrate lock translations screenshots clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.stamp ## install everything that the other commands need

.boot/.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Entrepot needs Python 3.11 or later: install it, or name it with PYTHON=/path/to/python3.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python cannot make virtual environments here: install python3-venv (apt-get install python3-venv).' >&2; exit 1; }
	@echo 'Setting up: a bootstrap environment for uv'
	@rm -rf .boot
	@$(PYTHON) -m venv .boot
	@.boot/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.stamp: .boot/.stamp requirements-dev.lock pyproject.toml
	@echo 'Setting up: the packages of requirements-dev.lock'
	@test -x $(BIN)/python || $(UV) venv --quiet --clear --python .boot/bin/python .venv
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements-dev.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## start everything on this machine (PORT=8000 SANDBOX_PORT=8443 ENTREPOT_STATE=var)
	@exec $(BIN)/python -m embedded --stop-with-parent

test: setup ## run the tests (T=tests/unit/test_money.py for some of them)
ifdef T
	$(BIN)/python -m pytest $(T) -m "not proof"
else
	$(BIN)/python -m pytest tests --ignore tests/e2e -m "not proof" -n 2
	$(BIN)/python -m pytest tests/e2e -m "not proof" -n 2 --dist loadfile
endif

proof: setup ## run the long proofs (M=by_hand for the longest, on a quiet machine)
ifneq ($(T)$(M),)
	$(BIN)/python -m pytest $(or $(T),tests) -m $(or $(M),"proof and not by_hand")
else
	$(BIN)/python -m pytest tests --ignore tests/chaos -m "proof and not by_hand" -n 2 --maxschedchunk 1
	$(BIN)/python -m pytest tests/chaos -m "proof and not by_hand"
endif

model: setup ## check the model of a purchase, and that its seeded errors are found (needs spin, gcc)
	$(BIN)/python -m tests.support.spin

bench: setup ## measure lists with 1,000 and with 100,000 assets, and count their SQL statements
	$(BIN)/python tools/bench.py

seeded-bugs: setup ## plant each known bug in a copy: which layer of tests finds it? (LAYERS="rules simulator" BUGS="no_fence")
	$(BIN)/python tools/seeded_bugs.py $(if $(LAYERS),--layers $(LAYERS)) $(if $(BUGS),--bugs $(BUGS))

mutants: setup ## take each policy, owner check and wall away: which test notices? (10 min)
	$(BIN)/python -m pytest tests/integration/authorization/test_mutants.py -s -k "each or row_level" 2>/dev/null

check: lint ## what must pass before a commit
	$(if $(FAST_TESTS),$(BIN)/python -m pytest $(FAST_TESTS) -m "not proof")

lint: ruff types imports templates ## format, rules, types, import contracts, templates

ruff: setup ## check format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup ## check types
	$(BIN)/mypy

imports: setup ## check who imports whom
	$(BIN)/lint-imports

# djlint's formatter moves white space that a browser shows, so it only lints.
templates: setup ## check the rules of the templates
	$(if $(TEMPLATES),$(BIN)/djlint --quiet --lint $(TEMPLATES))

fix: setup ## mend what the tools can mend themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

chaos: setup ## break everything while people buy (N=300 KILLS=60 ZOMBIES=6 SEED= MODE=A)
	@$(BIN)/python -m tests.chaos

drill-rewind: setup ## restore the database to the middle and find everything again (EACH=100)
	@$(BIN)/python -m tests.chaos.rewind

drill-reconcile: setup ## make every difference to Microsoft and find each once (EACH=10)
	@$(BIN)/python -m tests.chaos.differences

cover: setup ## run the tests and show what they did not reach
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(or $(T),tests) -m "not proof" -n 2 --dist loadfile
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --show-missing --skip-covered

migration: setup ## write a migration from the models (M="what it does"), while `make run` runs
	$(if $(M),,$(error Say what the migration does: make migration M="add tax rules"))
	$(BIN)/entrepot make-migration "$(M)"

migrate: setup ## bring the database of `make run` up to date
	$(BIN)/entrepot migrate

lock: .boot/.stamp ## compile both lock files from pyproject.toml
	$(COMPILE) -o requirements.lock
	$(COMPILE) --all-extras -o requirements-dev.lock

translations: setup ## gather the texts to translate into app/translations, and compile what is there
	@mkdir -p build
	@for domain in documents messages; do \
		(cd app && PYTHONPATH=.. ../$(BIN)/pybabel -q extract -F translations/$$domain.cfg --add-location=file \
			--sort-output --project=Entrepot --version=1 -o ../build/$$domain.pot .) && \
		for language in el de; do \
			$(BIN)/pybabel -q update -D $$domain -i build/$$domain.pot -d app/translations \
				-l $$language --init-missing --no-fuzzy-matching --ignore-obsolete \
				--ignore-pot-creation-date -w 100 && \
			$(BIN)/pybabel -q compile -D $$domain -d app/translations -l $$language || exit 1; \
		done; \
	done

screenshots: setup ## take the pictures of the documentation
	$(BIN)/python tools/screenshots.py

clean: ## remove what the tools left, but not the state in var/
	rm -rf .venv .boot build *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
		.coverage* htmlcov test-results
	find . -name __pycache__ -prune -exec rm -rf {} +
