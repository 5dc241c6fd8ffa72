"""Runs a module as a program until standard input ends.

    python3 kept.py MODULE ARGUMENTS...
"""
import runpy
import sys

from wire import end_with_input

if __name__ == "__main__":
    end_with_input()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
