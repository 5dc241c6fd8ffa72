"""Tries scripts/dead.py on a program of a few lines in which every line that says DEAD is dead, and no other one.

    python3 -B Tests/Scripts/test_dead.py
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "scripts"))
import dead

MAIN = """
let program = Program(name: "x")
program.run()
"""

PROGRAM = """
struct Program {
    var name: String
    var unread: Int = 0  // DEAD
    var unnamed = 1  // DEAD
    let tested = 2  // DEAD

    func run() {
        let local = 1
        print("\\(name) \\(interpolated)", local, Shape.circle(radius: 2), Word.allCases, Key(id: 1) == Key(id: 2))
        for number in Countdown(from: 3) { print(number +++ 1) }
        let painter: any Painter = Brush()
        painter.paint()
        painter.extended()
        print(Alias(1), recursive(2), [3].last ?? 0, Written())
    }

    private var interpolated: String { "live" }
}

extension Program {
    func reached(by other: Int) {}  // DEAD
    static func unreached() { onlyByTheDead() }  // DEAD
}

func onlyByTheDead() {}  // DEAD
func callsItself(_ count: Int) { if count > 0 { callsItself(count - 1) } }  // DEAD
func recursive(_ count: Int) -> Int { count == 0 ? 0 : recursive(count - 1) }

typealias Alias = Int
typealias Unused = Int  // DEAD

enum Shape: CustomStringConvertible {
    case circle(radius: Int)
    case square(Side)  // DEAD

    var description: String { "a shape" }
}

struct Side {}  // DEAD

enum Word: String, CaseIterable { case one, two }

struct Key: Equatable { var id: Int }

struct Countdown: Sequence, IteratorProtocol {
    var left: Int
    init(from: Int) { left = from }
    mutating func next() -> Int? {
        left -= 1
        return left < 0 ? nil : left
    }
}

infix operator +++
func +++ (a: Int, b: Int) -> Int { a + b }
infix operator ---
func --- (a: Int, b: Int) -> Int { a - b }  // DEAD

protocol Painter {
    func paint()
    func scrape()  // DEAD
}

extension Painter {
    func extended() {}
    func unextended() {}  // DEAD
}

struct Brush: Painter {
    func paint() {}
    func scrape() {}  // DEAD
}

final class Written {
    private var count = 0  // DEAD
    private let allowed = 0
    init() { count = 1 }
    convenience init(other: Int) { self.init() }  // DEAD
    deinit { ended() }
    private func ended() {}
}
"""


class DeadTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = cls.root = Path(cls.folder.name).resolve()
        for name, text in (("Sources/App/main.swift", MAIN), ("Sources/App/Program.swift", PROGRAM)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        subprocess.run(
            ["swiftc", "-module-name", "App", "-enable-testing", "-emit-module", "-emit-object", "-index-store-path", root / "store",
             root / "Sources/App/main.swift", root / "Sources/App/Program.swift"], cwd=root, check=True)
        (root / "Tests/AppTests").mkdir(parents=True)
        (root / "Tests/AppTests/AppTests.swift").write_text("@testable import App\nfunc test() { print(Program(name: \"\").tested) }\n")
        subprocess.run(
            ["swiftc", "-module-name", "AppTests", "-emit-object", "-parse-as-library", "-I", root, "-index-store-path", root / "store",
             root / "Tests/AppTests/AppTests.swift"], cwd=root, check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def index(self):
        return dead.Index(self.root, self.root / "store")

    def test_every_dead_line_and_no_other_is_found(self):
        found, needless = self.index().dead({"Written.allowed": "a reason"})
        lines = sorted(line for (_, line), _ in found)
        expected = [number for number, line in enumerate(PROGRAM.split("\n"), 1) if line.endswith("// DEAD")]
        self.assertEqual(lines, expected, "\n".join(str(each) for each in found))
        self.assertEqual(needless, [])

    def test_what_is_found_says_who_uses_it(self):
        words = {what for _, what in self.index().dead({})[0]}
        self.assertIn("nothing needs the property Program.tested; of Tests/AppTests alone", words)
        self.assertIn("nothing reads the property Written.count", words)
        self.assertIn("nothing needs the property Written.allowed", words)

    def test_leave_for_what_is_needed_is_itself_found(self):
        self.assertEqual(self.index().dead({"Program.run()": "none", "Written.allowed": "a reason"})[1], ["Program.run()"])

    def test_a_source_that_changed_since_is_said_and_nothing_is_looked_at(self):
        file = self.root / "Sources/App/Program.swift"
        times = file.stat()
        os.utime(file, (times.st_atime, times.st_mtime + 3600))
        try:
            self.assertEqual(self.index().stale, file)
        finally:
            os.utime(file, (times.st_atime, times.st_mtime))


if __name__ == "__main__":
    unittest.main()
