# The verbs. `make help` lists them.

# Built with the features of the whole workspace, as everything else is: otherwise cargo builds large dependencies twice.
CARGO  ?= cargo
TARGET  = $(or $(CARGO_TARGET_DIR),target)/debug
RUNNER  = $(TARGET)/localstack
BUILD   = $(CARGO) build --quiet --workspace --bin localstack

S      ?=
EMAIL  ?=
ARGS   ?=
KILLS  ?= 20
SEED   ?= 1

.DEFAULT_GOAL := help
.PHONY: help dev dev-stop dev-reset restart psql doctor admin demo test test-chaos lint fmt sqlx rust runner

help: ## List the verbs
	@awk 'BEGIN { FS = ":.*## " } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo

## Running it here

dev: runner ## Build and run everything until Ctrl-C; data stays in .work/
	@$(RUNNER) dev $(ARGS)

dev-stop: runner ## End a running `make dev` from another terminal
	@$(RUNNER) stop

dev-reset: runner ## Remove all its data; what was downloaded stays
	@$(RUNNER) reset

restart: runner ## Build and restart one service of it: make restart S=order
	@$(if $(S),,$(error which service? make restart S=order))$(RUNNER) restart $(S)

psql: runner ## Look into a service's database: make psql S=order
	@$(if $(S),,$(error which service? make psql S=order))$(RUNNER) psql $(S)

doctor: runner ## Look at tools, ports and the running stack, and say what to do
	@$(RUNNER) doctor

admin: runner ## Make the first administrator: make admin EMAIL=you@example.com
	@$(if $(EMAIL),,$(error whom? make admin EMAIL=you@example.com))$(RUNNER) admin '$(EMAIL)'

demo: runner ## Buy something through the gateway, step by step
	@$(RUNNER) demo -- $(ARGS)

## Checking it

test: runner ## Run all tests; ARGS go to cargo nextest: make test ARGS='-E "package(order)"'
	@$(RUNNER) test -- $(ARGS)

test-chaos: runner ## Kill services while buyers buy: make test-chaos KILLS=20 SEED=1
	@$(RUNNER) exec -- $(TARGET)/chaos --kills $(KILLS) --seed $(SEED) $(ARGS)

lint: runner ## Check format, lints and the descriptions of queries
	$(CARGO) fmt --all --check
	SQLX_OFFLINE=true $(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@$(RUNNER) sqlx --check

## Changing it

fmt: rust ## Format the sources
	$(CARGO) fmt --all

sqlx: runner ## Describe all queries anew (functions/*/.sqlx) after a change of SQL
	@$(RUNNER) sqlx

runner: rust
	@$(BUILD)

rust:
	@command -v $(CARGO) >/dev/null 2>&1 || { \
	  echo 'Rust is missing: install Rust 1.95 or later with rustup.'; exit 1; }
	@v=$$(rustc --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p'); [ "$${v:-0}" -ge 95 ] || { \
	  echo "Rust 1.95 or later is needed, found $$(rustc --version): rustup update stable"; exit 1; }
