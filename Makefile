# Two commands matter: `make demo` and `make test`. Both need Rust, a C compiler, Python 3.11, make and git; whatever else
# they need they install, pinned, into `.cache/` (or $DAGC_CACHE) and `target/` (or $CARGO_TARGET_DIR).

export DAGC_CACHE ?= $(CURDIR)/.cache
export PYTHON ?= python3
# For how long each parser is fed odd inputs in `make test`.
export DAGC_FUZZ_SECONDS ?= 10
CARGO ?= cargo
# The one profile that the tests, the demo and a release have in common.
CARGO_FLAGS ?= --release --locked
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/release
env = $(PYTHON) tests/env/ensure.py
# Most Rust tests wait for the lab: more of them at once than there are cores.
export RUST_TEST_THREADS ?= 6
export NEXTEST_TEST_THREADS ?= 6
# cargo-nextest where it is installed, else what cargo brings.
runner = $$($(CARGO) nextest --version >/dev/null 2>&1 && echo nextest run || echo test)

.PHONY: help demo test build lint test-rust simulate fuzz test-lab test-airflow test-e2e screenshot bench generated clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: build ## Run one day of real flights through Airflow into a warehouse, on this machine
	@lab=$$($(env) lab) && PYTHONPATH=tests $$lab/bin/python tests/e2e/demo.py --bin $(TARGET)

# As many histories as take less than a minute on two cores (docs/simulation.md).
test: HISTORIES ?= 2000000
test: lint test-rust simulate test-lab test-airflow test-e2e ## Run every test
	@echo "all tests passed"

build: ## Build dagc and dagc-worker
	$(CARGO) build $(CARGO_FLAGS) --bins

lint: ## Check formatting, clippy and the Python sources
	$(CARGO) fmt --check
	$(CARGO) clippy $(CARGO_FLAGS) --all-targets -- --deny warnings
	@tools=$$($(env) tools) && $$tools/bin/ruff check --quiet . && $$tools/bin/ruff format --quiet --check .

test-rust: build ## Run the Rust tests, against the lab where they talk to AWS
	$(PYTHON) tests/with_lab.py $(CARGO) $(runner) $(CARGO_FLAGS) --no-fail-fast

simulate: export DAGC_SIMULATE_SEED = $(SEED)
simulate: export DAGC_SIMULATE_CRAWLER = $(CRAWLER)
simulate: export DAGC_SIMULATE_HISTORIES = $(HISTORIES)
simulate: export DAGC_SIMULATE_SECONDS = $(or $(SECONDS),$(if $(HISTORIES),,45))
simulate: export DAGC_SIMULATE_BASE = $(BASE)
simulate: ## Play out for a minute what may happen to a task (SECONDS or HISTORIES; from another BASE; one SEED)
	$(CARGO) test $(CARGO_FLAGS) --lib -- simulation:: --nocapture --test-threads 1

fuzz: export DAGC_FUZZ_SECONDS = $(or $(FUZZ_SECONDS),600)
fuzz: export DAGC_FUZZ_SEED ?= $(shell date +%s)
fuzz: ## Feed each parser odd inputs for ten minutes (FUZZ_SECONDS), every time others
	$(CARGO) test $(CARGO_FLAGS) --test it -- fuzz:: --nocapture

test-lab: ## Run the lab's own tests
	@lab=$$($(env) lab) && PYTHONPATH=tests $$lab/bin/python -m unittest discover -s tests/lab_tests

test-airflow: build ## Test the operator and the launcher in Airflow 2.11 and 3.3
	DAGC_BIN=$(TARGET) $(PYTHON) -m unittest discover -s tests/airflow -p 'test_*.py'

test-e2e: build ## Run the example project from its specs to rows, in Airflow 2.11 and 3.3
	@lab=$$($(env) lab) && PYTHONPATH=tests DAGC_BIN=$(TARGET) $$lab/bin/python -m unittest discover -s tests/e2e

screenshot: build ## Take the picture in README.md of the example in Airflow 3's web interface; needs Chromium
	@lab=$$($(env) lab) && PYTHONPATH=tests $$lab/bin/python tests/e2e/screenshot.py --bin $(TARGET)

bench: build ## Measure parsing, planning, emitting, builds and the cost of a task
	$(CARGO) bench --locked --bench compile
	$(PYTHON) benches/worker.py --bin $(TARGET)

generated: build ## Write generated/ anew
	$(TARGET)/dagc build

clean: ## Remove what was built and installed
	rm -rf target .cache
