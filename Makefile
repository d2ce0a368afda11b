# `make demo` and `make test` do everything that is needed first; both can be run again at any time.
.PHONY: help setup build test test-faults lint demo peer bench claims clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13

setup: ## install packages and libtorch where they are missing
	@scripts/setup.sh

build: setup ## build the programs, optimised
	swift build -c release

test: setup ## build and run all tests
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 swift test --no-parallel --skip FaultTests --skip ClusterTests

test-faults: setup ## kill, stop, cut and spoil things on purpose; at most 25 minutes
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 timeout 1500 swift test --no-parallel --filter "FaultTests|ClusterTests"

lint: setup ## check format, warnings and imports
	swift format lint --strict --recursive Package.swift Services Shared Tests
	swift build --build-tests --explicit-target-dependency-import-check error

demo: build ## run the whole chain on the built-in shapes
	rm -rf .demo
	.build/release/palimpsest demo

peer: setup ## make the Python environments of the benchmarks' peers
	@scripts/peer.sh

bench: build peer ## measure; prints JSON lines
	.build/release/benchmarks

claims: build ## test the papers' claims on shapes, an hour of one core; prints JSON lines
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} .build/release/benchmarks claims

clean: ## remove what was built and downloaded
	rm -rf .build .deps .demo .palimpsest .claims
