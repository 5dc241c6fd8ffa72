#!/usr/bin/env python3
"""Plants bugs, one at a time, and runs the tests that have to find each.

usage: Tests/Mutants/run.py [--check] [ONLY]

ONLY   those alone whose name a regular expression finds (`lattice`, `ingest/kafka|kinesis`)
--check   looks only whether every text that is to be replaced is there, once, and every suite

A mutant is a block in a file *.mutants beside this one:

    # What is wrong with it.
    mutant: a name
    file: Sources/...
    suite: what `swift test --filter` is given
    old:
    the text, some lines, that stands in the file once
    new:
    what takes its place
    end

The tree is copied to .build/mutants/tree first, so the checkout is never changed, and with it what is built of it. Where the system
permits a mount of one's own, the copy is built under the checkout's path: what was built there is good here, too. It is kept from mutant
to mutant and from run to run. A mutant that its suite does not find has survived: that is a test that is missing (exit code 1). A text that is
gone, a mutant that does not compile and a suite that fails without any are mistakes here (exit code 2).
"""
import os, re, shutil, signal, subprocess, sys, time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".build" / "mutants"
TREE = WORK / "tree"
LOGS = WORK / "logs"
BUILD_SECONDS = int(os.environ.get("MUTANT_BUILD_SECONDS", "1800"))
TEST_SECONDS = int(os.environ.get("MUTANT_TEST_SECONDS", "600"))
# One test may take this long: a mutant that makes it hang is found by that (Tests/Support/TimeLimit.swift).
LIMIT_SECONDS = "120"
# What ``place()`` found.
PLACE = []


def fail(text):
    print(f"mutants: {text}", file=sys.stderr)
    sys.exit(2)


def read(path):
    """The mutants of a file."""
    found, at, lines = [], 0, path.read_text().split("\n")
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line or line.startswith("#"):
            continue
        if not line.startswith("mutant: "):
            fail(f"{path.name}:{at}: no mutant begins here: {line}")
        mutant = {"name": f"{path.stem}/{line[8:]}", "place": f"{path.name}:{at}"}
        for key in ("file", "suite"):
            if at >= len(lines) or not lines[at].startswith(key + ": "):
                fail(f"{path.name}:{at + 1}: `{key}: ` is missing")
            mutant[key] = lines[at][len(key) + 2:]
            at += 1
        for key, until in (("old", "new:"), ("new", "end")):
            if key == "old":
                if at >= len(lines) or lines[at] != "old:":
                    fail(f"{path.name}:{at + 1}: `old:` is missing")
                at += 1
            text = []
            while at < len(lines) and lines[at] != until:
                text.append(lines[at])
                at += 1
            if at >= len(lines) or any(line.startswith("mutant: ") for line in text):
                fail(f"{path.name}: `{until}` of {mutant['name']} is missing")
            at += 1
            mutant[key] = "\n".join(text)
        found.append(mutant)
    return found


def suites():
    """What `--filter` finds suites by: module and type."""
    declaration = re.compile(
        r"^(?: {4})?(?:@Suite\(.*\) )?(?:private |final )*(?:struct|class|enum|extension) (\w+)", re.MULTILINE)
    return [
        f"{path.relative_to(ROOT / 'Tests').parts[0]}.{name}"
        for path in (ROOT / "Tests").rglob("*.swift") for name in declaration.findall(path.read_text())
    ]


def mutate(mutant, text):
    """The text with the mutant in it; says what is wrong where that cannot be."""
    count = text.count(mutant["old"])
    if count != 1:
        return None, f"{mutant['place']}: the text of {mutant['name']} stands {count} times in {mutant['file']}"
    if mutant["old"] == mutant["new"]:
        return None, f"{mutant['place']}: {mutant['name']} changes nothing"
    return text.replace(mutant["old"], mutant["new"]), None


def place():
    """The command before those that see the tree in the checkout's place; none where that is not permitted."""
    for flags in (["-m"], ["-rm"]):
        unshare = ["unshare", *flags]
        mount = 'mount --bind "$0" "$1" && cd "$1" && shift && exec "$@"'
        command = [*unshare, "bash", "-c", mount, str(TREE), str(ROOT)]
        if subprocess.run([*command, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return command
    return []


def copy():
    """Makes the tree like the checkout, and touches nothing that is so already."""
    built = TREE / ".build"
    if not built.exists():
        skipped = lambda folder, names: [name for name in names if name in ("mutants", "release", ".lock")]
        shutil.copytree(ROOT / ".build", built, symlinks=True, ignore=skipped)
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout.decode().split("\0")
    wanted = {name for name in names if name and (ROOT / name).is_file()}
    TREE.mkdir(parents=True, exist_ok=True)
    for path in list(TREE.rglob("*")):
        inside = path.relative_to(TREE)
        if inside.parts[0] != ".build" and path.is_file() and str(inside) not in wanted:
            path.unlink()
    for name in wanted:
        source, target = ROOT / name, TREE / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    # What stands beside the checkout stands beside the copy, too.
    beside, link = ROOT.parent / "shared", WORK / "shared"
    if beside.exists() and not link.exists():
        link.symlink_to(beside)


def run(command, log, seconds, **environment):
    """The exit code; None where it was not over in time."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [*PLACE, *command], cwd=TREE, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **environment})
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # What tests started ends with them.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def build(log):
    return run(["swift", "build", "--product", "convergePackageTests"], log, BUILD_SECONDS)


def test(suite, log):
    """`passed`, `failed`, or what else came of it."""
    code = run(
        ["swift", "test", "--skip-build", "--filter", suite], log, TEST_SECONDS, CONVERGE_TEST_LIMIT=LIMIT_SECONDS,
        # That an assertion ends the process is all that is to be known.
        SWIFT_BACKTRACE="enable=no")
    text = log.read_text(errors="replace")
    if code is None and not re.search(r"^✘ Test ", text, re.MULTILINE):
        return f"hangs without a word for {TEST_SECONDS} s"
    # Lines that are written at once cover each other: either will do.
    if re.search(r"Test run with 0 tests", text) or not re.search(r"Test run (started|with)", text):
        return "no test ran"
    return "passed" if code == 0 else "failed"


def finding(log):
    """The first test that failed, as it is told."""
    for line in log.read_text(errors="replace").split("\n"):
        found = re.search(r"✘ Test (?:case .*? to )?(\"[^\"]*\"|\S+\(\))", line)
        if found:
            return found[1]
    return "the process ended"


def main():
    arguments = sys.argv[1:]
    is_check = "--check" in arguments
    only = next((argument for argument in arguments if argument and not argument.startswith("--")), "")
    mutants = [mutant for path in sorted(HERE.glob("*.mutants")) for mutant in read(path)]
    names = [mutant["name"] for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            fail(f"two mutants are called {name}")
    mistakes, known = [], suites()
    for mutant in mutants:
        path = ROOT / mutant["file"]
        wrong = mutate(mutant, path.read_text())[1] if path.is_file() else f"{mutant['place']}: no file {mutant['file']}"
        if wrong:
            mistakes.append(wrong)
        if not any(re.search(mutant["suite"], name) for name in known):
            mistakes.append(f"{mutant['place']}: no suite is called {mutant['suite']}")
    if mistakes:
        fail("\nmutants: ".join(mistakes))
    chosen = [mutant for mutant in mutants if re.search(only, mutant["name"])]
    if not chosen:
        fail(f"no mutant's name has {only} in it")
    print(f"mutants: {len(chosen)} of {len(mutants)}", flush=True)
    if is_check:
        return 0

    LOGS.mkdir(parents=True, exist_ok=True)
    copy()
    PLACE[:] = place()
    if build(LOGS / "build.log") != 0:
        fail(f"the tree does not build: {LOGS / 'build.log'}")
    for number, suite in enumerate(sorted({mutant["suite"] for mutant in chosen})):
        log = LOGS / f"suite-{number}.log"
        result = test(suite, log)
        if result != "passed":
            fail(f"without any mutant, {suite}: {result} ({log})")

    results = []
    try:
        for mutant in chosen:
            began = time.monotonic()
            path = TREE / mutant["file"]
            text = path.read_text()
            path.write_text(mutate(mutant, text)[0])
            log = LOGS / (mutant["name"].replace("/", "-") + ".log")
            try:
                if build(log) != 0:
                    result = "does not compile"
                else:
                    result = test(mutant["suite"], log)
            finally:
                path.write_text(text)
            results.append((mutant, result))
            seconds = round(time.monotonic() - began)
            said = {"failed": "caught", "passed": "SURVIVED"}.get(result, result.upper())
            by = finding(log) if result == "failed" else f"{mutant['suite']} ({log})"
            print(f"{said:<10} {mutant['name']:<44} {seconds:>4} s  {by}", flush=True)
    except KeyboardInterrupt:
        pass
    survived = sum(result == "passed" for _, result in results)
    wrong = sum(result not in ("passed", "failed") for _, result in results)
    print(f"mutants: {len(results) - survived - wrong} caught, {survived} survived, {wrong} could not be tried")
    return 1 if survived else 2 if wrong or len(results) < len(chosen) else 0


sys.exit(main())
