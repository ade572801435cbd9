# The verbs. `make help` lists them.

# Built with the features of the whole workspace, as everything else is: otherwise cargo builds large dependencies twice.
CARGO  ?= cargo
TARGET  = $(or $(CARGO_TARGET_DIR),target)/debug
RUNNER  = $(TARGET)/localstack
BUILD   = $(CARGO) build --quiet --workspace --bin localstack

S      ?=
Q      ?=
EMAIL  ?=
ARGS   ?=
RUNTIME ?= process
PROFILE ?= debug
ALG     ?= RS256
FORCE   ?=
ORDERS ?= 10000
KILLS  ?= 20
SEED   ?= 1
N      ?= 20000

# Whose: of a deployed shop where one is named, of the running `make dev` otherwise.
DEPLOYED = $(if $(SHOP)$(ENV),$(if $(and $(SHOP),$(ENV)),--shop '$(SHOP)' --environment '$(ENV)',$(error whose? SHOP=acme ENV=staging)))

.DEFAULT_GOAL := help
.PHONY: help redrive dlq-peek test-notifications bench-worker dev dev-stop dev-reset restart psql doctor admin demo lambda images push secrets-init rotate-keys image-check test test-chaos test-edge contract-check schemathesis bench-start bench-gateway bench-sign-in bench-hot-sku bench-checkout bench-catalogue bench-search terraform-check terraform-apply-local iam-check lint fmt sqlx openapi rust runner

help: ## List the verbs
	@awk 'BEGIN { FS = ":.*## " } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
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

demo: runner ## Buy something through the gateway, step by step; from functions: RUNTIME=lambda [PROFILE=release]
	@$(RUNNER) demo --runtime $(RUNTIME) --profile $(PROFILE) -- $(ARGS)

lambda: runner ## Build the services for release and zip them for Lambda: target/lambda/
	@$(RUNNER) lambda

images: PROFILE = release
images: runner ## Build container images and list their packages, without Docker, in target/images/: make images [S=order]
	@$(RUNNER) images $(S:%=--service %) --profile $(PROFILE)

# After `images` where both are asked for, even with -j.
push: runner $(filter images,$(MAKECMDGOALS)) ## Push them to ECR: make images push AWS_ACCOUNT_ID=… AWS_REGION=… [SHOP=…] [TAG=…] [REGISTRY=127.0.0.1:5000]
	@$(RUNNER) push $(S:%=--service %)

secrets-init: runner ## Give values to the secrets that Terraform made empty: make secrets-init SHOP=acme ENV=staging
	@$(if $(and $(SHOP),$(ENV)),,$(error whose? make secrets-init SHOP=acme ENV=staging))$(RUNNER) secrets-init --shop '$(SHOP)' --environment '$(ENV)'

rotate-keys: runner ## Sign access tokens with the next key: make rotate-keys [SHOP=acme ENV=staging] [ALG=ES256] [FORCE=1]
	@$(RUNNER) rotate-keys $(DEPLOYED) --algorithm '$(ALG)' $(if $(filter-out 0,$(FORCE)),--force)

redrive: runner ## Bring a queue's dead letters back: make redrive Q=notification-events [SHOP=acme ENV=staging]
	@$(if $(Q),,$(error which queue? make redrive Q=notification-events))$(RUNNER) redrive '$(Q)' $(DEPLOYED)

dlq-peek: runner ## Look at a queue's dead letters: make dlq-peek Q=notification-events [SHOP=acme ENV=staging]
	@$(if $(Q),,$(error which queue? make dlq-peek Q=notification-events))$(RUNNER) dlq-peek '$(Q)' $(DEPLOYED)

## Checking it

test: runner ## Run all tests; ARGS go to cargo nextest: make test ARGS='-E "package(order)"'
	@$(RUNNER) test -- $(ARGS)

# It kills its PostgreSQL, so it runs one of its own.
test-chaos: rust ## Break everything while people buy, 8 minutes at most: make test-chaos ORDERS=10000 SEED=1 [KILLS=20] [PROFILE=release]
	@$(BINS) --bin chaos $(if $(filter release,$(PROFILE)),--release)
	@$(dir $(TARGET))$(PROFILE)/chaos --orders $(ORDERS) --kills $(KILLS) --seed $(SEED) $(ARGS)

test-notifications: runner ## Send while the mail server fails and the worker is killed: make test-notifications N=20000 SEED=1 [PROFILE=release]
	@SQLX_OFFLINE=true $(CARGO) build --quiet --workspace --bin notification --bin notifications $(if $(filter release,$(PROFILE)),--release)
	@$(RUNNER) exec -- $(dir $(TARGET))$(PROFILE)/notifications --count $(N) --seed $(SEED) --binaries $(dir $(TARGET))$(PROFILE) $(ARGS)

test-edge: runner ## Two gateways and two instances of each service: shared limits, sessions that are over, 100 SIGTERMs under load
	@EDGE_ROUNDS=10 $(RUNNER) test -- -E 'package(e2e) & binary(edge)' --no-capture $(ARGS)

contract-check: runner ## Hold the OpenAPI document against the API's contract and the calls of the last `make test`
	@$(RUNNER) contract

schemathesis: runner ## Make requests from the OpenAPI document for 4 minutes: make schemathesis SEED=7
	@$(RUNNER) schemathesis -- --seed $(SEED) $(ARGS)

lint: runner ## Check format, lints and the descriptions of queries
	$(CARGO) fmt --all --check
	SQLX_OFFLINE=true $(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@$(RUNNER) sqlx --check

bench-start: runner ## Measure how fast the release builds start, as processes and as functions, and what they hold
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin notification --bin api-gateway --bin hello
	@$(RUNNER) exec -- $(TARGET)/bench-start --binaries $(dir $(TARGET))release $(ARGS)

# The one that measures hashes too, so it is built as they are.
bench-sign-in: runner ## Measure sign-ins beside what the cores can hash, and what reads feel of them: about 7 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin notification --bin api-gateway --bin bench-sign-in
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-sign-in --binaries $(dir $(TARGET))release $(ARGS)

bench-hot-sku: runner ## Measure reservations of a sku that everybody wants, beside one row of PostgreSQL: about 5 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin bench-hot-sku
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-hot-sku --binaries $(dir $(TARGET))release $(ARGS)

bench-checkout: runner ## Measure orders through order and product together, beside the same writes in bare SQL: about 5 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin bench-checkout
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-checkout --binaries $(dir $(TARGET))release $(ARGS)

bench-gateway: runner ## Measure the gateway beside nginx, HAProxy and Envoy: about 8 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin api-gateway --bin bench-gateway
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-gateway --binaries $(dir $(TARGET))release $(ARGS)

bench-catalogue: runner ## Measure products by id and lists, beside bare SQL, and 100 times the products: about 8 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin api-gateway --bin bench-catalogue
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-catalogue --binaries $(dir $(TARGET))release $(ARGS)

bench-search: runner ## Measure searches of one and two words, with and without facets, beside bare SQL: about 7 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin user --bin product --bin order --bin api-gateway --bin bench-search
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-search --binaries $(dir $(TARGET))release $(ARGS)

bench-worker: runner ## Measure a queue's consumer beside receiving and deleting bare: about 3 minutes
	@echo 'building for release (minutes, the first time)'
	SQLX_OFFLINE=true $(CARGO) build --quiet --release --workspace --bin bench-worker
	@$(RUNNER) exec -- $(dir $(TARGET))release/bench-worker $(ARGS)

terraform-check: rust ## Check terraform/ offline: format, validation, tests, plans, variables against the code, checkov
	@$(BINS) --bin deployment
	@terraform/check.sh $(TARGET)

terraform-apply-local: runner ## Apply environments/local to an emulator, plan again, destroy: 5 minutes
	@$(RUNNER) terraform-apply-local

iam-check: runner ## Hold the AWS calls of the last whole `make test` against the policies of environments/staging
	@$(RUNNER) iam-check

image-check: runner ## As root: look into an image, push it to a registry on this machine, run its program out of it
	@$(RUNNER) image-check

## Changing it

fmt: rust ## Format the sources
	$(CARGO) fmt --all

sqlx: runner ## Describe all queries anew (functions/*/.sqlx) after a change of SQL
	@$(RUNNER) sqlx

# The gateway's document is made of the others', so it is built again when they are written.
SERVICES = user product order notification
BINS     = SQLX_OFFLINE=true $(CARGO) build --quiet --workspace $(SERVICES:%=--bin %) --bin api-gateway
describe = ROLE=openapi $(TARGET)/$(1) > $(TARGET)/openapi.json && mv $(TARGET)/openapi.json functions/$(1)/openapi.json

openapi: rust ## Describe the API anew (functions/*/openapi.json) after a change of a route
	@$(BINS)
	@$(foreach s,$(SERVICES),$(call describe,$(s)) &&) $(BINS)
	@$(call describe,api-gateway)

runner: rust
	@$(BUILD)

rust:
	@command -v $(CARGO) >/dev/null 2>&1 || { \
	  echo 'Rust is missing: install Rust 1.95 or later with rustup.'; exit 1; }
	@v=$$(rustc --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p'); [ "$${v:-0}" -ge 95 ] || { \
	  echo "Rust 1.95 or later is needed, found $$(rustc --version): rustup update stable"; exit 1; }
