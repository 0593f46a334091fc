# Everything runs through `.venv/bin/python -m …`, with relative paths and quotes: neither make's
# targets nor the first line of a console script can carry a path with a space in it.

PYTHON ?= python3
ARGS ?=
JOBS ?= 2

PY := .venv/bin/python
LOCAL := $(PY) -m config.local
UV_COMPILE := $(PY) -m uv pip compile --quiet --generate-hashes --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run test test-rabbitmq check checks mutate bench fires simulate screens messages lock install install-dev python

help: ## what can be made
	@echo "Duecourse: reminds each borrower of what is due."
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r what why; do \
		printf '%-14s %s\n' "$$what" "$$why"; done
	@echo
	@echo 'ARGS="…" passes options on, for instance: make test ARGS="-k simulator -x"'
	@echo 'JOBS is how many processes share the tests; JOBS=0 runs them in one.'
	@echo 'PORT and SIMULATOR_PORT move the ports; DATABASE_URL, REDIS_URL and CELERY_BROKER_URL'
	@echo 'name servers of your own.'

run: install ## set up and start all of it, with a demonstration book; Ctrl-C stops it
	@$(LOCAL) run $(ARGS)

test: install-dev ## the whole suite, with its own servers
	@$(LOCAL) messages
	@$(LOCAL) services --fast --dir var/test -- $(PY) -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

test-rabbitmq: install-dev ## every test that rings for workers, with RabbitMQ as the broker
	@$(LOCAL) messages
	@$(LOCAL) services --fast --dir var/test-rabbitmq -- $(PY) -m tests.rabbitmq_server \
		$(PY) -m pytest -m broker --numprocesses $(JOBS) --dist loadfile $(ARGS)

check: install-dev ## lint, format, types, layers, every branch of core, migrations, settings
	@$(LOCAL) messages
	@$(LOCAL) services --fast --throwaway-secrets --dir var/check -- \
		"$(MAKE)" --no-print-directory checks

# Names every check that failed, not only the first.
checks:
	@failed=; \
	try() { name=$$1; shift; echo "== $$name: $$*"; "$$@" || failed="$$failed $$name"; }; \
	try lint $(PY) -m ruff check .; \
	try format $(PY) -m ruff format --check --quiet .; \
	try types $(PY) -m mypy; \
	try layers $(PY) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'; \
	try branches $(PY) -m pytest tests/unit --quiet --cov --cov-report=term:skip-covered; \
	try migrations $(PY) manage.py makemigrations --check --dry-run; \
	try settings $(PY) manage.py check --fail-level WARNING; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi; \
	echo "all checks passed"

mutate: install-dev ## damage the core in a thousand small ways and see whether a test objects
	@$(PY) -m tests.mutation $(ARGS)

bench: install-dev ## the performance table; ARGS="--size 100k --runs 3 --format json"
	@$(PY) -m tests.bench $(ARGS)

fires: install-dev ## 20,000 texts over 100 kills and 10 restarts, twice: nothing lost, nothing twice
	@$(PY) -m tests.faults $(ARGS)

simulate: install ## made-up borrowers under a virtual clock, every promise checked; ARGS="--days 30 --faults"
	@$(LOCAL) services --fast --throwaway-secrets --dir var/simulate -- $(PY) manage.py simulate $(ARGS)

screens: install-dev ## pictures of a running demonstration into docs/screens
	@$(PY) -m tests.journeys.screens

messages: install-dev ## the Chinese catalogue in step with the sources; names what is not translated
	@$(PY) -m config.messages

lock: install-dev ## pin requirements.txt and requirements-dev.txt from their .in files
	$(UV_COMPILE) requirements.in -o requirements.txt
	$(UV_COMPILE) requirements-dev.in -o requirements-dev.txt

install: python
	@"$(PYTHON)" config/local/install.py

install-dev: python
	@"$(PYTHON)" config/local/install.py --dev

python:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "error: there is no $(PYTHON): install Python 3.11 or newer (Debian: apt install python3 python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $$("$(PYTHON)" --version 2>&1) is too old: Duecourse needs Python 3.11 or newer; name it: make PYTHON=python3.11" >&2; exit 1; }
