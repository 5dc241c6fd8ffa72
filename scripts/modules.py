#!/usr/bin/env python3
"""Reads the imports of every module and complains about those that break a rule of the house.

1. A module imports only modules that stand above it in Package.swift, and names each of them as a dependency, and no other.
2. The pure modules (PURE) do no I/O: they import no system module and no C library but those that compute.
3. The adapters (ADAPTERS) never import each other; only Worker and what stands below it puts them together.
usage: scripts/modules.py        exit code 1 where a rule is broken
"""
import json, re, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = {"Lattice", "ContactCenter", "Leases", "EngineCore", "FailoverCore", "FeedCore", "Simulation"}
ADAPTERS = {"Ingest", "Storage", "EmbeddedStorage", "Failover"}
# C libraries that compute, and nothing else.
COMPUTING = {"CCrypto", "CZlib", "CIntrinsics", "CSimdJSON"}
# `import func Glibc.malloc` is that function alone, and known as such.
IMPORT = re.compile(
    r"^\s*(?:(?:public|internal|package|fileprivate|private|@\w+(?:\([a-z]+\))?)\s+)*import\s+"
    r"(?:(?:struct|class|enum|func|protocol|let|var|typealias)\s+)?([\w.]+)", re.MULTILINE)
# The Swift toolchain's own, that any module may use.
TOOLCHAIN = {"Swift", "Synchronization", "Glibc.malloc", "Glibc.realloc", "Glibc.free"}


def imports(folder):
    """By module: the first file that imports it."""
    found = {}
    for path in sorted(folder.rglob("*.swift")):
        for name in IMPORT.findall(path.read_text()):
            found.setdefault(name, path.relative_to(ROOT))
    return found


def main():
    package = json.loads(subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True).stdout)
    wrong, above = [], []
    names = {target["name"] for target in package["targets"]}
    # Those of Swift; the others are C libraries.
    modules = {target["name"] for target in package["targets"] if target["type"] != "system"} - {"CSimdJSON"}
    for target in package["targets"]:
        name, kind = target["name"], target["type"]
        if kind == "system" or name == "CSimdJSON":
            continue
        folder = ROOT / (target.get("path") or (f"Tests/{name}" if kind == "test" else f"Sources/{name}"))
        declared = {list(each.values())[0][0] for each in target["dependencies"]}
        found = {module: path for module, path in imports(folder).items() if module != name}
        for module, path in found.items():
            if module in names and module not in declared:
                wrong.append(f"{path} imports {module}, which Package.swift does not name as a dependency of {name}")
        # An executable that a test runs is a dependency without an import.
        for module in sorted(declared - set(found) - {"converge", "converge-lambda"}):
            wrong.append(f"Package.swift names {module} as a dependency of {name}, and no file imports it")
        if not str(folder.relative_to(ROOT)).startswith("Sources/"):
            continue
        for module, path in found.items():
            if module in modules and module not in above:
                wrong.append(f"{path} imports {module}, which stands below {name} in Package.swift")
            if name in PURE and module not in modules | COMPUTING | TOOLCHAIN:
                wrong.append(f"{path} imports {module}: {name} is pure")
            if name in ADAPTERS and module in ADAPTERS:
                wrong.append(f"{path} imports {module}: adapters do not know each other")
        above.append(name)
    for line in wrong:
        print(f"modules: {line}", file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
