# Everything that a developer, CI and a newcomer runs. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
SYSTEM_STAMP := $(VENV)/.system-packages
ROOMS := cloud_bridge connectors gateway hsm policies processes strictyaml
TEST_STAMP := $(VENV)/.test-packages
# Debian's own Python; a newer one is named by `make PYTHON3=/usr/bin/python3.13 …`.
PYTHON3 ?= $(shell command -v /usr/bin/python3 || command -v python3)
# What the product and its tests need of the system: the trial HSM, the stamp font, other people's verifiers.
PACKAGES := softhsm2 opensc fonts-arphic-uming poppler-utils qpdf python3-venv openssl
# The servers that tests start, each in a directory of its own, and the compiler of the HSM that fails on purpose.
TEST_PACKAGES := gcc libc6-dev postgresql mariadb-server rabbitmq-server openssh-server openssh-sftp-server chromium systemd prometheus
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

define install
@missing="$$(bash deploy/missing-packages $(1))"; \
if [ -n "$$missing" ]; then \
  echo "installing by apt: $$missing"; \
  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

$(SYSTEM_STAMP): deploy/missing-packages
	$(call install,$(PACKAGES))
	@test -x $(PYTHON) || $(PYTHON3) -m venv $(VENV)
	@touch $@

$(TEST_STAMP): $(SYSTEM_STAMP)
	$(call install,$(TEST_PACKAGES))
	@touch $@

$(STAMP): $(SYSTEM_STAMP) requirements/dev.txt pyproject.toml
	@echo "installing hash-pinned Python packages into $(VENV)"
	@# --no-deps: the lock file is whole, and pip 23 would look past it for the extras of what it names.
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@# setuptools warns whoever has its folders beside packages of the same name; they are the same.
	@PYTHONWARNINGS=ignore $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Processes that are confined write nothing beside the sources, so that each would compile them at its start.
	@$(PYTHON) -m compileall -q $(ROOMS)
	@touch $@

.PHONY: setup
setup: $(STAMP) $(TEST_STAMP) ## install what is missing (apt packages, virtual environment)

.PHONY: demo
demo: $(STAMP) ## seal every receipt in examples/, sign contracts of two companies, verify all of it
	@# People sign in a browser; where none can be had, the demo says so and leaves that part out.
	-$(call install,chromium)
	@$(PYTHON) -m examples.demo

.PHONY: serve
serve: $(STAMP) ## run the trial gateway in the foreground
	@test -f var/config.yaml || $(VENV)/bin/sealgate init
	@exec $(VENV)/bin/sealgate serve

.PHONY: check
check: $(STAMP) ## ruff, mypy strict, import contracts
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

# Where an environment forbids it, each worker would rewrite the assertions of all tests anew.
test coverage: export PYTHONDONTWRITEBYTECODE :=

.PHONY: test
test: $(STAMP) $(TEST_STAMP) ## the whole test suite
	@# One worker more than there are cores: scenarios wait for processes as often as they compute.
	@$(PYTHON) -m pytest -q -n $$(( $$(nproc) + 1 )) --dist loadfile

.PHONY: coverage
coverage: $(STAMP) $(TEST_STAMP) ## the same, and which lines it runs; takes half as long again
	@$(PYTHON) -m pytest -q -n auto --dist loadfile --cov --cov-report=term:skip-covered

.PHONY: differential
differential: $(STAMP) ## the lean way against pyHanko's and the inspection, over 2,500 documents drawn anew
	@SEALGATE_DRAWN_DOCUMENTS=2500 $(PYTHON) -m pytest -q tests/differential

FUZZ_SECONDS ?= 60
# A run of the updates is told again by the seed that it prints.
FUZZ_SEED ?=
.PHONY: fuzz
fuzz: $(STAMP) ## look for documents that hurt a worker and partners' updates that lie, FUZZ_SECONDS (60) each
	@# atheris has no wheel for every Python; without it documents are damaged blindly.
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements/fuzz.txt \
	  || echo "without atheris"
	@$(PYTHON) -m tests.hostile.fuzzing --seconds $(FUZZ_SECONDS)
	@$(PYTHON) -m tests.hostile.updates --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

KILLS ?= 1000
.PHONY: chaos
chaos: $(STAMP) $(TEST_STAMP) ## kill processes KILLS (1000) times under callers, then hold all that is left against all
	@# What the suite does in a short form besides: every test file that asks tests/long_forms.py.
	@SEALGATE_LONG_FORMS=1 $(PYTHON) -m pytest -q --timeout=1200 $$(grep -rl --include='test_*.py' 'import short_or_long' tests)
	@$(PYTHON) -m tests.chaos --kills $(KILLS)

DEPLOY_VENV := .venv-deploy
DEPLOY_STAMP := $(DEPLOY_VENV)/.installed
DEPLOY_PACKAGES := debootstrap systemd-container openssh-client iproute2 openssl zip
$(DEPLOY_STAMP): $(STAMP) requirements/deploy.txt
	$(call install,$(DEPLOY_PACKAGES))
	@test -x $(DEPLOY_VENV)/bin/python || $(PYTHON3) -m venv $(DEPLOY_VENV)
	@$(DEPLOY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/deploy.txt
	@touch $@

SIGNING_KEY ?= bundle.key.pem
.PHONY: bundle
bundle: $(STAMP) ## one signed archive that installs without a network, signed with SIGNING_KEY (bundle.key.pem)
	@test -f $(SIGNING_KEY) || { echo "no $(SIGNING_KEY): openssl genpkey -algorithm ed25519 -out $(SIGNING_KEY)"; exit 1; }
	@$(PYTHON) -m deploy.bundle.make --key $(SIGNING_KEY)

.PHONY: check-deploy
check-deploy: $(DEPLOY_STAMP) ## ansible-lint's production profile over the playbooks
	@cd deploy/ansible && PATH="$(CURDIR)/$(DEPLOY_VENV)/bin:$$PATH" LC_ALL=C.UTF-8 ansible-lint --profile production --offline -q

PART ?=
.PHONY: test-deploy
test-deploy: $(DEPLOY_STAMP) ## install, disturb and upgrade booted machines (as root; three quarters of an hour); PART=debian-13 that alone
	@PATH="$(CURDIR)/$(DEPLOY_VENV)/bin:$$PATH" $(PYTHON) -m tests.deploy $(foreach each,$(PART),--part $(each))

.PHONY: bench
bench: $(STAMP) ## raw HSM, pyHanko and the gateway over HTTP, in one run
	@$(PYTHON) -m bench

.PHONY: profile
profile: $(STAMP) ## where a document's time goes, by stage and by process
	@$(PYTHON) -m bench.profiling

THIRD_PARTY := cloud_bridge/network/pages/third_party
.PHONY: pdfjs
pdfjs: $(STAMP) ## fetch pdf.js anew as package-lock.json pins it, for the signing pages (needs npm)
	@$(PYTHON) $(THIRD_PARTY)/take.py

.PHONY: lock
lock: ## compile the hash-pinned lock files anew (needs uv)
	uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements/runtime.txt -q pyproject.toml
	uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --extra dev -o requirements/dev.txt -q pyproject.toml
	printf 'ansible-core>=2.18,<2.19\nansible-lint>=26\n' | uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements/deploy.txt -q -
	echo "atheris>=3" | uv pip compile --generate-hashes --universal --python-version 3.11 --no-header --no-annotate -o requirements/fuzz.txt -q -

.PHONY: clean
clean: ## remove the trial installation, caches and the virtual environment
	rm -rf var $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
