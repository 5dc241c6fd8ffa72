#!/usr/bin/env bash
# The suite's part on the HTTP API, alone: requests for one agent beside nginx, 5,000 streams of changes, and ingest beside both.
# usage: Benchmarks/api.sh [--quick|--short]    --short: under four minutes, its figures count; --quick: shows that it works
exec "$(dirname "$0")/bench.sh" "$@" api
