# The one entry point. `make` lists what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# gpl (with x264 and x265) or lgpl (without). Once chosen it stays; at first it is gpl.
FFMPEG_FLAVOUR ?=
# How long each fuzz target runs.
FUZZ_SECONDS ?= 30
CARGO ?= cargo
# CPython 3.11 or newer, and what its package is built and tested with.
PYTHON ?= python3
export NPM_CONFIG_AUDIT := false
export NPM_CONFIG_FUND := false

target := $(or $(CARGO_TARGET_DIR),target)
venv := $(abspath $(target))/venv
in_venv := PATH=$(venv)/bin:$$PATH CARGO_TARGET_DIR=$(abspath $(target))
viralforge := $(target)/release/viralforge
# What tests of other programs start.
server := $(abspath $(target))/debug/viralforge-server
demo_video := examples/demo/sintel-trailer-720p-52s.mp4

# `make ffmpeg` writes down which cargo feature fits the FFmpeg it found or built; the default needs no flag.
# Read when a recipe runs, because by then `make ffmpeg` has run.
feature = $(shell sed -n 's/^VIRALFORGE_FFMPEG_FEATURE = "\(.*\)"/\1/p' .cargo/config.toml 2>/dev/null)
features = $(if $(filter-out ffmpeg7_1,$(feature)),--no-default-features --features $(feature))

# What is built of the server for tests, once for all of them; `make clippy` also looks at it as it comes.
reports := --features viralforge-server/otel,viralforge-server/sentry
# A package by itself is built with other features than among all; in one set, what tests need is built once. Python
# tests its native module, which has no tests in Rust.
all_rust := --workspace --exclude viralforge-py
# The server, as its own tests build it.
build_server = $(CARGO) test $(all_rust) $(features) $(reports) --no-run --test host

pip_audit := 2.10.1

# Tools of `make check` and `make coverage`, built from crates.io where they are missing.
cargo_deny := 0.20.2
cargo_llvm_cov := 0.9.1
# An S3 server for tests, which checks signatures; kept where FFmpeg's build is.
s3s_fs := 0.14.1
cache := $(or $(VIRALFORGE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/viralforge)
s3_server := $(cache)/s3s-fs-$(s3s_fs)/bin/s3s-fs

.PHONY: help
help: ## List the targets (this)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

# --- setting up ----------------------------------------------------------------------------------------------

.PHONY: setup
setup: ## Install the Debian packages that a build needs, where missing
	@viralforge-core/ffmpeg/install-packages.sh build-essential pkg-config libclang-dev

.PHONY: setup-packages
setup-packages: setup
	@viralforge-core/ffmpeg/install-packages.sh python3-venv patchelf

.PHONY: setup-node
setup-node:
	@command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' \
	  || { echo 'setup: Node 20 or newer with npm is needed for the Node package'; exit 1; }

.PHONY: setup-test
setup-test: setup-packages setup-node $(s3_server) ## Install the programs that the tests need, where missing
	@viralforge-core/ffmpeg/install-packages.sh ffmpeg python3-numpy strace redis-server postgresql curl clamav-daemon nginx-light

$(s3_server):
	@echo 'setup: building s3s-fs $(s3s_fs) (some minutes, once)'
	@env -u CARGO_TARGET_DIR $(CARGO) install --quiet --locked --debug s3s-fs@$(s3s_fs) --features binary \
	  --root $(cache)/s3s-fs-$(s3s_fs)

.PHONY: ffmpeg
ffmpeg: setup ## Find an FFmpeg to link, or build one into a cache (FFMPEG_FLAVOUR=gpl or lgpl)
	@viralforge-core/ffmpeg/build.sh $(FFMPEG_FLAVOUR)

# --- using it ------------------------------------------------------------------------------------------------

.PHONY: build
build: $(viralforge) ## Build the viralforge command line, optimised
	@echo 'built: $(viralforge)'

.PHONY: demo
demo: out/index.html ## Set up, build, and cut the demo video into clips in out/
	@printf '\nThe clips are in out/. Look at them in a browser:\n\n    file://%s\n\n' '$(abspath out/index.html)'

out/index.html: $(viralforge) $(demo_video)
	$(viralforge) clips $(demo_video) -o out --to tiktok,youtube

# Cargo knows best whether anything changed; where nothing did, it leaves the file as it is and so does make.
$(viralforge): ffmpeg
	$(CARGO) build --release -p viralforge-examples --bin viralforge $(features)

.PHONY: serve
serve: ffmpeg ## Start the HTTP server on 127.0.0.1:8080, with its data in viralforge-data/
	$(CARGO) run --release -p viralforge-server $(features)

# --- the packages for Python and Node ----------------------------------------------------------------------------

$(venv)/.ready: viralforge-py/requirements-test.txt
	$(PYTHON) -m venv $(venv)
	$(venv)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# maturin can repair wheels as well, but does it to cargo's own copy of the module, which the next build takes for fresh.
.PHONY: wheel
wheel: ffmpeg setup-packages $(venv)/.ready ## Build the Python wheel, FFmpeg inside, in viralforge-py/dist/
	rm -rf viralforge-py/dist $(target)/wheel
	cd viralforge-py && $(in_venv) maturin build --quiet --release --strip --auditwheel skip \
	  --out $(abspath $(target))/wheel $(features)
	$(in_venv) auditwheel repair --wheel-dir viralforge-py/dist $(target)/wheel/*.whl
	@du -h viralforge-py/dist/*.whl

viralforge-node/node_modules/.package-lock.json: viralforge-node/package-lock.json
	npm ci --prefix viralforge-node --ignore-scripts

.PHONY: addon
addon: ffmpeg setup-packages setup-node viralforge-node/node_modules/.package-lock.json ## Build the native half of the Node package
	npm run --silent --prefix viralforge-node build

.PHONY: npm-pack
npm-pack: addon ## Build the npm tarballs, FFmpeg inside, in viralforge-node/dist/
	npm run --silent --prefix viralforge-node pack:all

# --- keeping it right ------------------------------------------------------------------------------------------

test-rust test-server test-schemathesis test-faults coverage: export VIRALFORGE_S3_SERVER := $(s3_server)

.PHONY: test
test: test-rust test-python test-node test-server ## Run every test

# Programs that read lists of scenes.
scene_readers := $(abspath $(target))/scene-readers

$(scene_readers)/.ready: viralforge-core/tests/scene_output/requirements.txt
	$(PYTHON) -m venv $(scene_readers)
	$(scene_readers)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

test-rust coverage: export VIRALFORGE_SCENE_READERS := $(scene_readers)/bin/python

.PHONY: test-rust
test-rust: ffmpeg setup-test $(scene_readers)/.ready ## Run the tests of the library, the command line and all that is Rust
	$(CARGO) test $(all_rust) $(features) $(reports)

.PHONY: test-python
test-python: setup-test wheel ## Run the tests of the Python package, against the wheel
	$(venv)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps viralforge-py/dist/*.whl
	$(build_server)
	cd viralforge-py && VIRALFORGE_SERVER=$(server) $(in_venv) python -m pytest

.PHONY: test-node
test-node: setup-test addon ## Run the tests of the Node package and of its examples
	npm test --silent --prefix viralforge-node
	npm ci --silent --prefix examples/node --ignore-scripts
	$(build_server)
	VIRALFORGE_SERVER=$(server) npm test --silent --prefix examples/node

# PostgreSQL, Redis and an S3 server, started for a command and ended with it.
engines := viralforge-server/tests/engines/run.sh

.PHONY: test-server
test-server: ffmpeg setup-test test-schemathesis ## Run the tests of the server with the clients that browsers use, and on PostgreSQL, Redis and S3
	$(build_server)
	npm ci --silent --prefix viralforge-server/tests/tus --ignore-scripts
	VIRALFORGE_SERVER=$(server) $(engines) npm test --silent --prefix viralforge-server/tests/tus
	npm ci --silent --prefix viralforge-server/tests/oidc --ignore-scripts
	VIRALFORGE_SERVER=$(server) npm test --silent --prefix viralforge-server/tests/oidc
	$(engines) $(CARGO) test $(all_rust) $(features) $(reports) --bin viralforge-server --test host

schemathesis := $(abspath $(target))/schemathesis

$(schemathesis)/.ready: viralforge-server/tests/schemathesis/requirements.txt
	$(PYTHON) -m venv $(schemathesis)
	$(schemathesis)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# What the server stands on in that test: engines (PostgreSQL, Redis and S3) or folder (SQLite and files).
SCHEMATHESIS_ON ?= engines
on_engines := $(filter engines,$(SCHEMATHESIS_ON))
# Examples of each operation and each part of the test.
SCHEMATHESIS_EXAMPLES ?= 15

.PHONY: test-schemathesis
test-schemathesis: ffmpeg $(schemathesis)/.ready $(if $(on_engines),setup-test) ## Look for answers of the server that differ from openapi.json
	$(build_server)
	PATH=$(schemathesis)/bin:$$PATH VIRALFORGE_SERVER=$(abspath $(target))/debug/viralforge-server \
	  $(if $(on_engines),$(engines)) viralforge-server/tests/schemathesis/run.py --max-examples $(SCHEMATHESIS_EXAMPLES)

.PHONY: test-faults
test-faults: ffmpeg setup-test ## Kill the server, its database, storage and Redis hundreds of times, in uploads and in jobs, and look what is left
	VIRALFORGE_FAULT_ROUNDS=67 $(CARGO) test $(all_rust) $(features) $(reports) --test host -- --nocapture deaths faults faulty_storage outages rolling whatever_redis

.PHONY: check
check: fmt clippy docs layers deny generated ## Run every static check: fmt, clippy, docs, layers, deny, generated

.PHONY: fmt
fmt: ## Check the formatting
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check

.PHONY: clippy
clippy: ffmpeg ## Lint all targets; a warning fails
	$(CARGO) clippy --workspace --all-targets $(features) $(reports) -- -D warnings
	@# As it comes. Among all packages, since by itself each package it needs would be looked at once more.
	$(CARGO) clippy --workspace $(features) -- -D warnings

.PHONY: docs
docs: ffmpeg ## Build the documentation; a warning fails
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps $(features)

.PHONY: layers
layers: ffmpeg ## Check that modules import from upper layers only
	$(CARGO) test $(all_rust) $(features) $(reports) --test layers

# Packages that the server is built of at most, itself among them: each is code that its operator trusts.
most_packages := 320

.PHONY: deny
deny: ## Check licences, banned crates, sources and the number of all dependencies
	@$(call cargo_tool,cargo-deny,$(cargo_deny))
	$(CARGO) deny --workspace --log-level error check bans licenses sources
	$(CARGO) deny --manifest-path fuzz/Cargo.toml --config deny.toml --log-level error check bans licenses sources
	@count=$$($(CARGO) tree --locked -p viralforge-server -e normal --prefix none | sed 's/ (\*)//' | sort -u | wc -l); \
	  echo "the server is built of $$count packages (at most $(most_packages))"; test "$$count" -gt 1 -a "$$count" -le $(most_packages)

advisories := $(abspath $(target))/advisories

# Not part of `make check`: a hole that became known since must not keep a change from being made.
.PHONY: advisories
advisories: ## Look for known holes in all dependencies: crates, packages of npm and of Python (asks the network)
	@$(call cargo_tool,cargo-deny,$(cargo_deny))
	$(CARGO) deny --workspace --log-level error check advisories
	$(CARGO) deny --manifest-path fuzz/Cargo.toml --config deny.toml --log-level error check advisories
	for lock in $$(git ls-files '*package-lock.json'); do echo "$$lock"; npm audit --package-lock-only --prefix "$$(dirname "$$lock")"; done
	$(PYTHON) -m venv $(advisories)
	$(advisories)/bin/pip install --quiet --disable-pip-version-check pip-audit==$(pip_audit)
	for list in $$(git ls-files '*requirements*.txt'); do echo "$$list"; $(advisories)/bin/pip-audit --strict --progress-spinner off --requirement "$$list"; done

.PHONY: generated
generated: setup-packages addon $(venv)/.ready ## Check that what is generated and committed is up to date
	$(in_venv) viralforge-py/generate-stub --check $(features)
	$(build_server)
	$(server) openapi > $(target)/openapi.json
	@# Not straight into the file: the program is built with it.
	cmp -s $(target)/openapi.json viralforge-server/openapi.json || cp $(target)/openapi.json viralforge-server/openapi.json
	viralforge-server/docs/page.py
	$(MAKE) asvs
	git diff --exit-code -- viralforge-server/openapi.json viralforge-server/docs/page.html docs/ASVS.md viralforge-node/native.cjs viralforge-node/native.d.cts

.PHONY: asvs
asvs: ## Hold the server against OWASP ASVS 5.0: check that each test named in asvs.toml exists, and write docs/ASVS.md
	$(PYTHON) viralforge-server/asvs.py

# Debian has the LLVM tools of the major version that rustc is built with, rustup has them as a component.
llvm_major = $(shell rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')

.PHONY: coverage
coverage: ffmpeg setup-test $(scene_readers)/.ready ## Measure which lines the tests run; report in coverage/
	@$(call cargo_tool,cargo-llvm-cov,$(cargo_llvm_cov))
	@if ! ls "$$(rustc --print sysroot)"/lib/rustlib/*/bin/llvm-profdata >/dev/null 2>&1; then \
	  viralforge-core/ffmpeg/install-packages.sh llvm-$(llvm_major) \
	    || { echo 'coverage: needs the LLVM $(llvm_major) tools: rustup component add llvm-tools'; exit 1; }; \
	  export LLVM_COV=llvm-cov-$(llvm_major) LLVM_PROFDATA=llvm-profdata-$(llvm_major); \
	fi; \
	$(CARGO) llvm-cov --workspace $(features) --ignore-filename-regex 'benches/' --html --output-dir coverage; \
	$(CARGO) llvm-cov report --ignore-filename-regex 'benches/' | tee coverage/summary.txt

.PHONY: fuzz
fuzz: ffmpeg ## Fuzz every target for a while (FUZZ_SECONDS=30)
	fuzz/run $(FUZZ_SECONDS) $(features)

.PHONY: bench
bench: ffmpeg ## Run the criterion benches
	$(CARGO) bench -p viralforge-benches $(features)

.PHONY: bench-transcode
bench-transcode: $(viralforge) setup-test ## Compare a transcode with the ffmpeg program: time, quality, memory
	benches/transcode.py --viralforge $(viralforge)

av_scenechange := 0.25.0
av_scenechange_program := $(cache)/av-scenechange-$(av_scenechange)/bin/av-scenechange
bench_scenes_venv := $(target)/bench-scenes-venv

$(bench_scenes_venv)/.ready: benches/bindings/requirements.txt
	$(PYTHON) -m venv $(bench_scenes_venv)
	$(bench_scenes_venv)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# A peer that cannot be built is missing from the table, which says so.
.PHONY: bench-scenes
bench-scenes: $(viralforge) setup-test $(bench_scenes_venv)/.ready ## Compare scene detection with its peers: F1, speed, memory
	@test -x $(av_scenechange_program) || { viralforge-core/ffmpeg/install-packages.sh nasm \
	  && env -u CARGO_TARGET_DIR $(CARGO) install --quiet --locked av-scenechange@$(av_scenechange) \
	    --root $(cache)/av-scenechange-$(av_scenechange); } || echo 'bench-scenes: av-scenechange $(av_scenechange) does not build here'
	benches/scenes.py --viralforge $(viralforge) --python $(bench_scenes_venv)/bin/python \
	  --av-scenechange $(av_scenechange_program) --cache $(cache)

bench_server := $(target)/bench-server
oha := 1.16.0

.PHONY: bench-server
bench-server: ffmpeg setup-test ## Load the server beside nginx, a bare hyper and a tus server of Node
	@viralforge-core/ffmpeg/install-packages.sh wrk nginx-light curl ffmpeg
	command -v oha >/dev/null || $(CARGO) install --locked oha@$(oha)
	$(CARGO) build --release -p viralforge-server --bin viralforge-server --example bare_hyper $(features)
	mkdir -p $(bench_server) && cp benches/server/tus/* $(bench_server)
	npm ci --silent --ignore-scripts --prefix $(bench_server)
	benches/server/load.py --server $(target)/release/viralforge-server \
	  --bare-hyper $(target)/release/examples/bare_hyper --tus-server $(bench_server)

bench_node := $(target)/bench-bindings

.PHONY: bench-bindings
bench-bindings: wheel npm-pack ## Compare the Python and Node packages with their peers: lines, time, memory
	$(PYTHON) -m venv $(target)/bench-venv
	$(target)/bench-venv/bin/pip install --quiet --disable-pip-version-check -r benches/bindings/requirements.txt
	$(target)/bench-venv/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps viralforge-py/dist/*.whl
	mkdir -p $(bench_node)
	cp benches/bindings/package.json $(bench_node)
	npm install --silent --prefix $(bench_node) viralforge-node/dist/*.tgz
	$(CARGO) build --release -p viralforge-benches --bin probe_loop $(features)
	benches/bindings/compare.py --python $(target)/bench-venv/bin/python --node-modules $(bench_node)/node_modules \
	  --probe-loop $(target)/release/probe_loop

.PHONY: clean
clean: ## Remove everything that was built here; the FFmpeg cache stays
	$(CARGO) clean
	$(CARGO) clean --manifest-path fuzz/Cargo.toml
	rm -rf out coverage viralforge-py/dist viralforge-node/dist viralforge-node/node_modules examples/node/node_modules viralforge-server/tests/tus/node_modules

# $(call cargo_tool,NAME,VERSION): unoptimised, since each runs for a second and compiles for minutes.
define cargo_tool
$(CARGO) $(1:cargo-%=%) --version >/dev/null 2>&1 || { \
  echo 'setup: building $(1) $(2) (a minute or two)'; \
  env -u CARGO_TARGET_DIR $(CARGO) install --quiet --locked --debug $(1)@$(2); }
endef
