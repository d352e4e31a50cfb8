# The gate and the doors to it. `make demo` and `make test` share one profile and one feature set (tests/it/floors.rs holds that),
# so a cold machine compiles the engine once. Nothing here needs a nightly toolchain.

SHELL     := bash
.SHELLFLAGS := -euo pipefail -c
FYR_CACHE ?= $(HOME)/.cache/fyr
TARGET    := $(or $(CARGO_TARGET_DIR),target)
DEMO      ?= fyr-demo
BENCH     ?= ../shared/bench
BENCH_MB  ?= 50
# `scripts/bootstrap` writes what the build needs to know of this machine: where libclang lies.
READY     := source "$(FYR_CACHE)/gate-env.sh"
PYTHON    := "$(FYR_CACHE)/python/bin/python"

.PHONY: demo test rust clients bench docs fmt

demo: ## the whole job on three invented bodies; ARGS=--serve opens the portal afterwards
	@scripts/bootstrap build
	@$(READY); cargo build --locked --package fyr --bin fyr --test it
	@"$(TARGET)/debug/fyr" demo --dir "$(DEMO)" $(ARGS)

test: ## everything that must hold before a change is shared
	@scripts/bootstrap test
	@$(MAKE) --no-print-directory rust clients

rust:
	cargo fmt --all --check
	$(READY); cargo clippy --locked --workspace --all-targets -- -D warnings
	$(READY); RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	$(READY); FYR_PYTHON=$(PYTHON) cargo test --locked --workspace --no-fail-fast

clients: ## strangers read what the demo published: data clients, then Chromium
	scripts/with-demo "$(TARGET)/debug/fyr" $(PYTHON)

bench: ## our reader beside the peers', on generated data (release build)
	@scripts/bootstrap test
	@test -f "$(BENCH)/generate.py" || { echo "no peers to run against: give BENCH=<folder with generate.py and peers.py>" >&2; exit 1; }
	$(READY); cargo build --locked --release
	mkdir -p "$(TARGET)/bench"
	$(PYTHON) "$(BENCH)/generate.py" "$(TARGET)/bench" --mb $(BENCH_MB)
	$(PYTHON) "$(BENCH)/peers.py" "$(TARGET)/bench" --peers duckdb,polars,pyarrow --repeat 5 \
	  --also 'ours:ingest:$(TARGET)/release/fyr convert {csv} -o {out}'

docs: ## the libraries' documentation
	@scripts/bootstrap build
	$(READY); cargo doc --locked --workspace --no-deps
	@echo "$(TARGET)/doc/fyr/index.html"

fmt:
	cargo fmt --all
