# Converge. `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help deps build replay simulate test test-slow test-desktop test-console console-pictures lint bench bench-throughput bench-lag bench-peers bench-api bench-console bench-compare bench-replay \
	lambda bench-lambda bench-kafka bench-aws bench-lists bench-micro soak fuzz mutants docs demo demo-failover failover-kills failover-alarms failover-cost

# Which mutants are planted: those with this in their name.
ONLY ?=
# Seconds that each fuzzer runs.
FUZZ_SECONDS ?= 60
# Seconds for which fresh seeds are simulated.
SIMULATION_SECONDS ?= 60
# For how many seconds and at how many events a second a worker is soaked.
SOAK_SECONDS ?= 600
SOAK_RATE ?= 5000
# At how many moments a move is interrupted, and which.
KILLS ?= 20
SEED ?=
# 1 takes what is new for right: instruction counts, pictures.
UPDATE ?=
# For how long the console is left open while changes come.
CONSOLE_MINUTES ?= 60
# For how long a controller's share of a processor is measured in each state.
COST_SECONDS ?= 180

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: .build/deps ## Install the Debian packages that are missing and check for Swift 6, once per checkout
	@:

.build/deps: scripts/deps.sh
	@scripts/deps.sh
	@mkdir -p $(@D) && touch $@

build: deps ## Build the command line tool, optimised
	swift build -c release --product converge

lambda: deps ## Build the zip of the function for contact flows, for AWS Lambda's provided.al2023: .build/lambda/converge-lambda.zip
	@scripts/lambda.sh

replay: build ## Replay the captured events under fixtures and look at what they became
	@scripts/replay.sh

simulate: deps ## Simulate kept seeds, fresh ones for SIMULATION_SECONDS=60, and every mutant
	@SIMULATION_SECONDS=$(SIMULATION_SECONDS) scripts/simulate.sh

test: deps ## Run all tests, then the simulation
	scripts/test.sh
	@$(MAKE) --no-print-directory simulate

test-slow: deps ## Run the tests that take minutes, too: what KCL takes its time for (CONVERGE_SLOW_TESTS=1)
	CONVERGE_SLOW_TESTS=1 scripts/test.sh --filter 'KCLTakeOverTests|ChangeOverTests'

test-desktop: deps ## Run the desktop's client in Chromium through everything that can go wrong, and through 200 seeded hours (CONVERGE_DESKTOP_TESTS=1)
	CONVERGE_DESKTOP_TESTS=1 CONVERGE_DESKTOP_SEEDS=200 scripts/test.sh --filter DesktopTests

test-console: deps ## Look at every page of the console in every state in Chromium, light and dark; UPDATE=1 takes the pictures for right (CONVERGE_CONSOLE_TESTS=1)
	UPDATE=$(UPDATE) CONVERGE_CONSOLE_TESTS=1 scripts/test.sh --filter ConsolePagesTests

console-pictures: deps ## Take the README's two pictures of the demo (six minutes)
	@scripts/console-pictures.sh

demo: deps ## Look at two emulated Regions under traffic in a browser, and lose one: opens a console for each (CONVERGE_DEMO_PORT=9464)
	@scripts/demo.sh

demo-failover: deps ## Lose a Region before your eyes: two Regions of emulators, 200 agents, calls, the default thresholds (3 minutes)
	@scripts/demo-failover.sh

failover-kills: deps ## Kill who carries out a move at KILLS=20 random moments; SEED=N repeats them
	CONVERGE_FAILOVER_KILLS=$(KILLS) $(if $(SEED),CONVERGE_FAILOVER_SEED=$(SEED)) scripts/test.sh --filter FailoverInterruptedTests

failover-alarms: deps ## Seven false alarms with real processes, one after the other, of which nothing may move (10 minutes)
	CONVERGE_FAILOVER_ALARMS=1 scripts/test.sh --filter FailoverAlarmsTests

failover-cost: deps ## Measure which share of a processor a controller takes, COST_SECONDS=180 in each of two states
	CONVERGE_FAILOVER_COST=$(COST_SECONDS) scripts/test.sh --filter FailoverCostTests

lint: deps ## Check format and tidiness of the tree
	swift format lint --strict --parallel --recursive Sources Tests Benchmarks Package.swift
	@scripts/tidy.sh

bench: deps ## Run the whole suite of benchmarks (under half an hour) and write Benchmarks/RESULTS.md
	@Benchmarks/bench.sh

bench-throughput: deps ## Run the suite's part on replay: rates, growth and memory
	@Benchmarks/bench.sh throughput

bench-lag: deps ## Run the suite's parts on replication lag and on recovery
	@Benchmarks/bench.sh lag recovery

bench-peers: deps ## Run the suite's part beside Flink, Java, Python and C++
	@Benchmarks/bench.sh peers

bench-api: deps ## Run the suite's part on the HTTP API: requests beside nginx, 5,000 streams, ingest beside both
	@Benchmarks/bench.sh api

bench-console: deps ## Run the suite's part on the console: its first page, and CONSOLE_MINUTES=60 of 1,000 changes a second in Chromium
	@CONSOLE_MINUTES=$(CONSOLE_MINUTES) Benchmarks/bench.sh console

bench-compare: deps ## Measure BASE=REVISION and this tree in turn; fails where a ratio is worse by more than a tenth
	@Benchmarks/compare.sh "$(BASE)"

bench-replay: deps ## Run the benchmarks of replay beside a bare walk
	@Benchmarks/run.sh

bench-kafka: deps ## Run the benchmarks of the worker on Kafka
	@Benchmarks/kafka.sh

bench-aws: deps ## Run the benchmarks of the worker on Kinesis and DynamoDB
	@Benchmarks/aws.sh

bench-lists: deps ## Measure what a page of a list costs over 10,000 agents and 100,000 contacts; a minute after the build
	@swift run -c release bench-lists

bench-lambda: lambda ## Measure the function for contact flows: its own time beside the tables', and its start; and run its zip in the emulator
	CONVERGE_MEASURED_LAMBDA=$(CURDIR)/.build/lambda scripts/test.sh --filter LambdaProcessTests

bench-micro: deps ## Count the instructions of the hot types against Benchmarks/instructions.json; UPDATE=1 writes it
	@UPDATE=$(UPDATE) Benchmarks/micro.sh

soak: build ## Soak a worker on Kafka, SOAK_SECONDS=600 at SOAK_RATE=5000 events a second, the broker killed in the middle
	@SOAK_SECONDS=$(SOAK_SECONDS) SOAK_RATE=$(SOAK_RATE) scripts/soak.sh

fuzz: deps ## Fuzz everything that reads bytes from outside, FUZZ_SECONDS=60 each
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh

mutants: deps ## Plant bugs one at a time and run the tests that have to find each; ONLY=lattice: those alone
	@Tests/Mutants/run.py $(ONLY)

docs: deps ## Build the documentation of the library modules into .build/docs
	@scripts/docs.sh
