# The gate and the doors to it. `make demo` and `make test` share one profile and one feature set (tests/it/floors.rs holds that),
# so a cold machine compiles the engine once. Nothing here needs a nightly toolchain.

SHELL     := bash
.SHELLFLAGS := -euo pipefail -c
FYR_CACHE ?= $(HOME)/.cache/fyr
TARGET    := $(or $(CARGO_TARGET_DIR),target)
DEMO      ?= fyr-demo
BENCH     ?= ../shared/bench
BENCH_MB  ?= 50
BENCH_PEERS ?= duckdb,polars,pyarrow
BENCH_REPEAT ?= 5
BENCH_THREADS ?= $(shell nproc)
BENCH_DIR ?= $(TARGET)/bench
BENCH_FYR ?= $(TARGET)/release/fyr
# Peers are told how many threads; our program takes the cores that it may run on.
BENCH_CORES = $(if $(shell command -v taskset),taskset --cpu-list 0-$(shell expr $(BENCH_THREADS) - 1))
BENCH_OURS = --also 'ours:ingest:$(BENCH_FYR) convert {csv} -o {out}' --also 'ours:profile:$(BENCH_FYR) profile {csv} --json'
# `scripts/bootstrap` writes what the build needs to know of this machine: where libclang lies.
READY     := source "$(FYR_CACHE)/gate-env.sh"
PYTHON    := "$(FYR_CACHE)/python/bin/python"
# The peers of BENCH_PEERS that this Python lacks are reported as faults; datafusion and chdb are no clients of ours, so they need another.
BENCH_PYTHON ?= $(PYTHON)

CASES     ?= 20000
PROPERTIES ?=

.PHONY: demo test rust properties check-features clients bench bench-slow bench-personal bench-national bench-protect dist container docs fmt

demo: ## the whole job on three invented bodies; ARGS=--serve opens the portal afterwards
	@scripts/bootstrap build
	@$(READY); cargo build --locked --package fyr --bin fyr --test it
	@"$(TARGET)/debug/fyr" demo --dir "$(DEMO)" $(ARGS)

test: ## everything that must hold before a change is shared
	@scripts/bootstrap test
	@$(MAKE) --no-print-directory rust clients

# One seed, so that the gate says the same of the same commit; `make properties` looks with new ones.
rust: export PROPTEST_RNG_SEED ?= 1157
rust:
	cargo fetch --locked # the packages of every platform: the tests over the dependency graph look at all of them, offline
	cargo fmt --all --check
	$(READY); cargo clippy --locked --workspace --all-targets -- -D warnings
	$(READY); RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	$(READY); FYR_PYTHON=$(PYTHON) cargo test --locked --workspace --no-fail-fast

properties: ## the property tests with new seeds and CASES of each (PROPERTIES=<name> for some)
	@scripts/bootstrap build
	$(READY); PROPTEST_CASES=$(CASES) cargo test --locked --workspace --no-fail-fast --lib -- $(PROPERTIES)

# Other feature sets compile the engine again, so this stands outside `make test`. Each crate is looked at alone: beside the others it would get
# their features too.
check-features: ## the slim program without a cluster and without noise, with noise, and the table crate with and without one
	@scripts/bootstrap build
	$(READY); unset CARGO_UNSTABLE_FEATURE_UNIFICATION CARGO_RESOLVER_FEATURE_UNIFICATION; \
	cargo clippy --locked --package fyr --no-default-features --all-targets -- -D warnings; \
	cargo clippy --locked --package fyr-table --all-targets -- -D warnings; \
	cargo clippy --locked --package fyr-table --features cluster --all-targets -- -D warnings; \
	cargo clippy --locked --package fyr --no-default-features --features dp -- -D warnings; \
	! cargo tree --locked --package fyr --no-default-features --edges normal --prefix none | grep -E '^(ballista|opendp)'

clients: ## strangers read what the demo published: data clients, then Chromium
	scripts/with-demo "$(TARGET)/debug/fyr" $(PYTHON)

bench: ## ours beside the peers', on generated data (release build): BENCH_MB, BENCH_PEERS, BENCH_PYTHON choose; needs a quiet machine
	@scripts/bootstrap test
	@test -f "$(BENCH)/generate.py" || { echo "no peers to run against: give BENCH=<folder with generate.py and peers.py>" >&2; exit 1; }
	$(READY); cargo build --locked --release --package fyr --package fyr-table --bin fyr --bench tables
	mkdir -p "$(BENCH_DIR)"
	rm -f "$(BENCH_DIR)"/*.jsonl "$(BENCH_DIR)"/*.parquet "$(BENCH_DIR)"/small/*.parquet
	$(BENCH_PYTHON) "$(BENCH)/generate.py" "$(BENCH_DIR)" --mb $(BENCH_MB)
	$(BENCH_CORES) $(BENCH_PYTHON) "$(BENCH)/peers.py" "$(BENCH_DIR)" --peers $(BENCH_PEERS) --repeat $(BENCH_REPEAT) --threads $(BENCH_THREADS) \
	  --tasks ingest,profile,profile_pq,rules,agg3,sniff $(BENCH_OURS) | tee "$(BENCH_DIR)/peers.jsonl"
	$(READY); $(BENCH_CORES) cargo bench --locked --package fyr --package fyr-table --bench tables -- \
	  rules agg3 --mb $(BENCH_MB) --repeat $(BENCH_REPEAT) --json "$(abspath $(BENCH_DIR))/library.jsonl"
	@missed=0; $(MAKE) --no-print-directory --keep-going bench-slow bench-personal bench-national bench-protect || missed=$$?; \
	scripts/bench-ratios.py "$(BENCH_DIR)"/*.jsonl; exit $$missed

# Peers that take seconds for what others do in milliseconds: on 5 MB, once, and only where they are installed.
bench-slow:
	@slow=$$($(BENCH_PYTHON) -c 'import importlib.util as u; print(",".join(p for p, m in dict(csv_detective="csv_detective", ydata="ydata_profiling").items() if u.find_spec(m)))'); \
	if [ -z "$$slow" ]; then echo "csv-detective and ydata-profiling are not installed: left out" >&2; exit; fi; \
	$(BENCH_PYTHON) "$(BENCH)/generate.py" "$(BENCH_DIR)/small" --mb 5; \
	$(BENCH_CORES) $(BENCH_PYTHON) "$(BENCH)/peers.py" "$(BENCH_DIR)/small" --peers $$slow --repeat 1 --threads $(BENCH_THREADS) \
	  --tasks profile,sniff $(BENCH_OURS) | tee "$(BENCH_DIR)/slow.jsonl"

# Presidio's rate on the first of the same texts, where it is installed (presidio-analyzer and phonenumbers).
bench-personal: ## megabytes of text that the detectors of personal data read in a second of one core, beside Presidio (release build)
	mkdir -p "$(BENCH_DIR)"
	$(READY); cargo bench --locked --package fyr-privacy --bench detect -- --write "$(abspath $(BENCH_DIR))/texts.jsonl"
	@if $(BENCH_PYTHON) -c 'import presidio_analyzer' 2>/dev/null; then \
	  echo -n "presidio     "; $(BENCH_PYTHON) scripts/sv-pii-presidio.py "$(BENCH_DIR)/texts.jsonl" "$(BENCH_DIR)/presidio.jsonl"; \
	else echo "presidio-analyzer is not installed: left out" >&2; fi

# BENCH_MILLION=1000000 adds a million datasets, with the caps raised that refuse them by default.
BENCH_DATASETS ?= 25000
BENCH_MILLION ?= 0
bench-national: ## a generated national catalogue read, checked and scored, beside pySHACL on a sample (release build)
	$(READY); cargo build --locked --release --package fyr --bin fyr; cargo bench --locked --package fyr-graph --bench national --no-run
	$(BENCH_PYTHON) scripts/bench-national.py "$(BENCH_FYR)" "$$(ls -t $(TARGET)/release/deps/national-* | grep -v '\.d$$' | head -1)" "$(BENCH_DIR)" \
	  --datasets $(BENCH_DATASETS) --million $(BENCH_MILLION)

# BENCH_STREAM=100000000 adds as many generated people, taken in and recoded batch by batch; BENCH_FILE_ROWS=2000000,20000000 files of them
# through the whole program.
BENCH_STREAM ?= 0
BENCH_FILE_ROWS ?=
bench-protect: ## what planning a protection costs, against rows and columns, as JSON lines and a drawing (release build)
	mkdir -p "$(BENCH_DIR)"
	$(READY); cargo bench --locked --package fyr-privacy --bench plan --no-run $(if $(BENCH_FILE_ROWS),; cargo build --locked --release --package fyr --bin fyr)
	$(BENCH_CORES) $(BENCH_PYTHON) scripts/bench-protect.py "$$(ls -t $(TARGET)/release/deps/plan-* | grep -v '\.d$$' | head -1)" "$(BENCH_DIR)" \
	  --repeat $(BENCH_REPEAT) --stream $(BENCH_STREAM) $(if $(BENCH_FILE_ROWS),--fyr "$(BENCH_FYR)" --file-rows $(BENCH_FILE_ROWS))

# Outside the gate: an optimised build takes its time. DIST_FEATURES=dp-openssl draws noise with OpenSSL's generator (built from source: perl).
DIST_FEATURES ?=
dist: ## a stripped program for Linux, $(TARGET)/dist/fyr, and its digest beside it: what `make bench` measures, without its symbols
	@scripts/bootstrap build
	$(READY); cargo build --locked --release --package fyr --bin fyr --features "$(DIST_FEATURES)"
	mkdir -p "$(TARGET)/dist"
	strip --strip-all -o "$(TARGET)/dist/fyr" "$(TARGET)/release/fyr"
	cd "$(TARGET)/dist" && sha256sum fyr | tee fyr.sha256

container: ## the same in a small image (CONTAINER=docker for another builder)
	$(or $(CONTAINER),podman) build --file Containerfile --build-arg FEATURES="$(DIST_FEATURES)" --tag fyr .

docs: ## the libraries' documentation
	@scripts/bootstrap build
	$(READY); cargo doc --locked --workspace --no-deps
	@echo "$(TARGET)/doc/fyr/index.html"

fmt:
	cargo fmt --all
