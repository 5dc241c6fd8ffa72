#!/usr/bin/env bash
# The worker on Kinesis and DynamoDB: writes of rows beside boto3 and a bare load generator, records read beside KCL's daemon, and what an
# hour of events costs in writes. Change the size by ROUNDS, and what is measured by arguments: store, emulator, kinesis, amplification.
# The report goes to standard output, every round to .build/bench/aws.json. Take the machine to yourself.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=.build/bench
mkdir -p "$scratch"

swift build -c release --product converge >&2
swift build -c release --product bench-aws >&2
for program in stub load; do cc -O3 -Wall -Wextra -o "$scratch/$program" "Benchmarks/AWS/$program.c" -lm; done

. Benchmarks/environment.sh
environment ministack ministack==1.5.33 cbor2==6.2.1
environment boto boto3==1.44.5
environment kcl kclpy-ext==3.1.3.post4
PYTHONPATH=Benchmarks/suite exec .build/venv-boto/bin/python -B Benchmarks/AWS/aws.py "$PWD" "$PWD/$scratch" "$@"
