"""Runs ministack (https://pypi.org/project/ministack/) by its environment variables until standard input ends.

What it holds is written to STATE_DIR where SIGTERM ends it and PERSIST_STATE is 1: tables with their items, streams with their records,
and users with their keys. Not kept: DynamoDB stream records, and sessions of STS.
"""
import sys

from wire import end_with_input

if __name__ == "__main__":
    end_with_input()
    sys.argv = ["ministack"]
    from ministack.app import main

    main()
