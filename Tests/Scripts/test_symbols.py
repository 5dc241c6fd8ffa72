"""Tests of scripts/symbols.py, with small programs made here, and the gate itself on what the function for contact flows is linked with.

The debug build's executable stands for the zip's, but for the Swift runtime, which the zip has inside: scripts/lambda.sh looks at that one.
"""
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EXECUTABLE = ROOT / ".build/debug/converge-lambda"
SYSTEM = re.compile(r"^(linux-vdso|ld-linux|libc\.|libm\.|libdl\.|librt\.|libpthread\.|libresolv\.|libgcc_s\.|libstdc\+\+\.)")


def check(*paths):
    return subprocess.run([ROOT / "scripts/symbols.py", "--function", *map(str, paths)], capture_output=True, text=True)


class Symbols(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, name, source, *flags):
        (self.folder / "source.c").write_text(source)
        subprocess.run(["gcc", "-o", self.folder / name, self.folder / "source.c", *flags], check=True)
        return self.folder / name

    def test_a_plain_program_fits(self):
        result = check(self.make("bootstrap", "int main(void) { return 0; }"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_symbol_that_is_too_new_is_named_with_its_version(self):
        source = "#define _GNU_SOURCE\n#include <dlfcn.h>\nint main(void) { struct dl_find_object o; return _dl_find_object(main, &o); }"
        result = check(self.make("bootstrap", source))
        self.assertEqual(result.returncode, 1)
        self.assertIn("bootstrap needs GLIBC_2.35", result.stderr)

    def test_a_library_that_is_not_shipped_one_of_the_system_and_a_forbidden_one(self):
        for name in ("libown.so.1", "librocksdb.so.7.8"):
            self.make(name, "int f(void) { return 0; }", "-shared", "-fPIC", f"-Wl,-soname,{name}")
        program = self.make(
            "bootstrap", "int f(void); int main(void) { return f(); }", str(self.folder / "libown.so.1"))
        self.assertEqual(check(program, self.folder / "libown.so.1").returncode, 0)
        self.assertIn("needs libown.so.1, which is not shipped", check(program).stderr)
        program = self.make("other", "int f(void); int main(void) { return f(); }", str(self.folder / "librocksdb.so.7.8"))
        self.assertIn("other is linked with librocksdb.so.7.8", check(program, self.folder / "librocksdb.so.7.8").stderr)
        shutil.copy(self.folder / "libown.so.1", self.folder / "libgcc_s.so.1")
        self.assertIn("must not be shipped", check(self.folder / "libgcc_s.so.1").stderr)

    def test_nothing_to_look_at_is_no_success(self):
        self.assertNotEqual(check(self.folder).returncode, 0)

    @unittest.skipUnless(EXECUTABLE.exists(), "no debug build")
    def test_what_the_function_is_linked_with_runs_on_amazon_linux(self):
        lines = subprocess.run(["ldd", EXECUTABLE], check=True, capture_output=True, text=True).stdout.splitlines()
        libraries = {name: path for name, path in re.findall(r"^\s*(\S+) => (/\S+)", "\n".join(lines), re.M)}
        for name in libraries:
            self.assertFalse(name.startswith(("librocksdb", "librdkafka", "libmicrohttpd", "libyaml")), name)
        shipped = self.folder / "lib"
        shipped.mkdir()
        for name, path in libraries.items():
            if not SYSTEM.match(name) and "/swift/" not in path:
                shutil.copy(path, shipped / name)
        result = check(shipped)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
