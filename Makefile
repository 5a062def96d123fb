# Everything a developer or CI runs; `make help` lists it.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test lint format lock clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Only what is named here reaches the server: a DATABASE_URL left in a shell must not get demo data.
DEMO := env -u SECRET_KEY -u CORS_ORIGINS -u WEB_CONCURRENCY LMS_ENV=development LISTEN=127.0.0.1 PORT=$(PORT) BASE_URL=http://127.0.0.1:$(PORT) \
	ALLOWED_HOSTS=localhost:$(PORT) DATABASE_URL=sqlite:///lms.sqlite STORAGE_URL=file:instance/files

run: $(VENV)/.run  ## Serve the LMS with demo data (PORT=8000)
	@$(DEMO) $(BIN)/flask --app wsgi demo
	@exec $(DEMO) $(BIN)/gunicorn wsgi:app

test: $(VENV)/.dev  ## Run the tests on SQLite and PostgreSQL, with the coverage gate
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term $(ARGS)

lint: $(VENV)/.dev  ## Run every linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run
	$(BIN)/hadolint Dockerfile

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev  ## Lock the dependencies of pyproject.toml with hashes
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.txt --universal --python-version 3.11 --generate-hashes --quiet -o requirements-dev.txt

clean:  ## Remove the environment and the demo data
	rm -rf $(VENV) instance .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.run: requirements.txt
$(VENV)/.dev: requirements-dev.txt
$(VENV)/.run $(VENV)/.dev:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit(f"make: Python 3.11 or newer is needed, this is {v[0]}.{v[1]}: set PYTHON=python3.x")'
	@$(PYTHON) -m venv $(VENV) || { echo "make: this Python cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes -r $<
	@touch $@
