#!/usr/bin/env python3
"""Whether files run on Amazon Linux 2023, and so on every newer glibc: reads what each asks of the system's libraries (objdump -T, -p).

A version of a symbol may be at most GLIBC 2.34 and GLIBCXX 3.4.29, CXXABI 1.3.13 and GCC 7.0.0; and what a file needs is either shipped beside it or one of
the system's own libraries, none of which is shipped. With --function, of AWS Lambda, RocksDB, librdkafka and a server are linked nowhere.

usage: scripts/symbols.py [--function] FILE_OR_FOLDER...     exit code 1 where something does not fit
"""
import re
import subprocess
import sys
from pathlib import Path

MOST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13), "GCC": (7, 0, 0)}
FORBIDDEN = ("librocksdb", "librdkafka", "libmicrohttpd", "libyaml")
# The system's own: Debian's want a newer glibc.
SYSTEM = re.compile(r"^(ld-linux-[\w-]+|libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc\+\+)\.so")
VERSION = re.compile(r"\b(GLIBC|GLIBCXX|CXXABI|GCC)_([0-9][0-9.]*)\b")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def versions(file):
    """By library of the system, the highest version that a file asks for."""
    found = {}
    for line in run("objdump", "-T", str(file)).splitlines():
        if "*UND*" not in line:
            continue
        for name, text in VERSION.findall(line):
            version = tuple(map(int, text.split(".")))
            found[name] = max(found.get(name, (0,)), version)
    return found


def needed(file):
    return re.findall(r"^\s+NEEDED\s+(\S+)", run("objdump", "-p", str(file)), re.M)


def is_elf(file):
    with file.open("rb") as bytes:
        return bytes.read(4) == b"\x7fELF"


def problems(files, is_function):
    names = {file.name for file in files}
    for file in files:
        for name, version in sorted(versions(file).items()):
            if version > MOST[name]:
                yield f"{file.name} needs {name}_{'.'.join(map(str, version))}, and Amazon Linux 2023 has {'.'.join(map(str, MOST[name]))}"
        if SYSTEM.match(file.name):
            yield f"{file.name} is one of the system's own libraries, and must not be shipped"
        for library in needed(file):
            if is_function and library.startswith(FORBIDDEN):
                yield f"{file.name} is linked with {library}"
            elif not SYSTEM.match(library) and library not in names:
                yield f"{file.name} needs {library}, which is not shipped"


def main():
    is_function = sys.argv[1:2] == ["--function"]
    paths = sys.argv[1 + is_function:]
    if not paths:
        sys.exit(__doc__)
    files = []
    for path in map(Path, paths):
        files += [file for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file() and is_elf(file)]
    if not files:
        sys.exit(f"symbols: no programs or libraries in {' '.join(paths)}")
    found = list(problems(files, is_function))
    for line in found:
        print(f"symbols: {line}", file=sys.stderr)
    if found:
        sys.exit(1)
    most = {}
    for file in files:
        for name, version in versions(file).items():
            most[name] = max(most.get(name, (0,)), version)
    print(f"symbols: {len(files)} files; at most " + ", ".join(f"{name}_{'.'.join(map(str, most[name]))}" for name in sorted(most)))


if __name__ == "__main__":
    main()
