#!/usr/bin/env python3
"""Names declarations in Sources that nothing needs, and fails where there is one.

It reads the index that a debug build leaves (.build/debug/index/store, the one that sourcekit-lsp reads) with the toolchain's own library. From
the program's first lines it goes along every reference to what they reach; a member that a protocol asks for is reached with the
protocol's, or with its type where the protocol is Swift's own. What is not reached is dead: it has no name anywhere, or in tests, in benchmarks and in other
dead declarations only. A stored property that is written and never read is dead, too, unless its type is compared or encoded whole.

usage: scripts/dead.py [--required]   exit code 1 where something is dead

The index has to be as new as the sources. Where it is not, nothing is looked at, and the script says so; with --required that is a failure
(scripts/test.sh, which builds first).
"""
import ctypes
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Declarations that stay without being reached, each with its reason.
ALLOWED = {
    # Held until their owner ends, and never read.
    "CaptureDirectory.lock": "keeps other workers out of the directory",
    "ItemPage.parser": "keeps what the items are views of",
    "ItemPage.response": "keeps what the items are views of",
    "DynamoDBStreams.RecordsPage.parser": "keeps what the records are views of",
    "DynamoDBStreams.RecordsPage.response": "keeps what the records are views of",
    "RecordBlock.loan": "keeps lent bytes where they are",
    "RocksDB.Cursor.database": "keeps the database open",
    "RocksDB.Values.database": "keeps the database open",
    "RocksDB.filter": "RocksDB's options point to it",
    # What tests look at or set, where nothing else shows it.
    "Environment.init(_:)": "settings in place of the process's own",
    "Route53.RecordSet.init(name:type:setIdentifier:weight:ttl:value:)": "records of an emulator, which Converge itself never makes",
    "FeedRates.init()": "a feed without anything odd in it",
    "HTTPRouter.answer(_:)": "routes are asked without a server",
    "HTTPRouter.routes": "every route has its scopes and its entry in docs/openapi.yaml",
    "CustomerContext.readsMax": "what it reads is bounded",
    "CustomerContext.roundsMax": "what it reads is bounded",
    "FlowLookup.roundsMax": "what it reads is bounded",
    "LambdaSettings.secrets": "variables are called as a worker's",
    "LambdaSettings.shared": "variables are called as a worker's",
    "RecentEvents.count": "what is remembered is bounded",
    "ShownAnswers.bytes": "what was shown and is kept is bounded",
    "KafkaSource.assignments": "partitions that are given up are forgotten",
    "KinesisSource.assignments": "shards that are given up are forgotten",
    "LaneQueue.count": "lanes that are closed are forgotten",
    # What is personal: logs are held to it by a test, and erasure and redaction of applications go by it.
    "PersonalFacts.idIsPersonal(_:)": "the id of a username is a name",
    "PersonalFacts.isPersonal(_:_:member:)": "a register or a member of its document",
    "PersonalFacts.memberNames": "members that logs do not show",
    "RecordDecoder.scratchBytes": "memory is given back after a large record",
    "ServiceClient.rateLimit": "the adaptive rate is on",
    "ServiceClient.retryQuotaTokens": "what retries have used up",
    "SigningKeys.count": "kept keys are bounded",
    "SimulatedLeaseTable.put(_:)": "a table with rows of other workers",
    "PipelineCore.partitionEntries": "what is kept of partitions is bounded",
    "PipelineCore.phase": "where a flush stands",
    # What benchmarks build a worker by, as tests of settings do.
    "WorkerSettings.init(flags:)": "what `converge run` has of flags alone",
    # By which the test that makes the program's dictionary again knows whether it can.
    "StandardDictionary.zstdVersion": "the version of zstd that made it",
    # What a benchmark and tests read rows with that are in no table.
    "RowDictionaries.init(_:)": "these dictionaries alone",
    # What a benchmark and tests ask of a call's answer.
    "Wakes.isEmpty": "a call that wakes nobody",
}

# Of indexstore.h.
DECLARATION, DEFINITION, REFERENCE, READ, ADDRESS_OF, IMPLICIT = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 7, 1 << 8
CHILD_OF, BASE_OF, OVERRIDE_OF, CALLED_BY, EXTENDED_BY, ACCESSOR_OF, CONTAINED_BY = (1 << bit for bit in (9, 10, 11, 13, 14, 15, 16))
LOCAL = 1 << 7
KINDS = {
    5: "enum", 6: "struct", 7: "class", 8: "protocol", 11: "typealias", 12: "func", 13: "variable", 15: "case", 16: "func", 17: "func", 18: "func",
    19: "property", 20: "property", 21: "property", 22: "initializer",
}
MODULE, ENUM, STRUCT, TYPE_ALIAS, CASE, DEINITIALIZER = 1, 5, 6, 11, 15, 23
PROPERTIES = (13, 19, 20, 21)
GENERIC_PARAMETER, ASSOCIATED_TYPE = 1013, 1012
# A type that conforms to one of these has readers of its properties that no index names.
READ_WHOLE = {"Equatable", "Hashable", "Comparable", "Encodable", "Codable"}


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    def __str__(self):
        return ctypes.string_at(self.data, self.length).decode() if self.length else ""


UNIT = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, Text)
VISIT = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)


def library():
    """libIndexStore of the Swift toolchain, with the types of what is called."""
    swift = Path(shutil.which("swift") or sys.exit("dead: there is no swift")).resolve()
    index = ctypes.CDLL(str(swift.parent.parent / "lib/libIndexStore.so"))
    pointer, number, big = ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint64
    for name, result, *arguments in (
        ("store_create", pointer, ctypes.c_char_p, pointer), ("store_units_apply_f", ctypes.c_bool, pointer, number, pointer, UNIT),
        ("unit_reader_create", pointer, pointer, ctypes.c_char_p, pointer), ("unit_reader_dispose", None, pointer),
        ("unit_reader_get_main_file", Text, pointer), ("unit_reader_dependencies_apply_f", ctypes.c_bool, pointer, pointer, VISIT),
        ("unit_dependency_get_kind", number, pointer), ("unit_dependency_get_name", Text, pointer),
        ("unit_dependency_get_filepath", Text, pointer), ("record_reader_create", pointer, pointer, ctypes.c_char_p, pointer),
        ("record_reader_dispose", None, pointer), ("record_reader_occurrences_apply_f", ctypes.c_bool, pointer, pointer, VISIT),
        ("occurrence_get_symbol", pointer, pointer), ("occurrence_get_roles", big, pointer),
        ("occurrence_get_line_col", None, pointer, ctypes.POINTER(number), ctypes.POINTER(number)),
        ("occurrence_relations_apply_f", ctypes.c_bool, pointer, pointer, VISIT), ("symbol_relation_get_roles", big, pointer),
        ("symbol_relation_get_symbol", pointer, pointer), ("symbol_get_name", Text, pointer), ("symbol_get_usr", Text, pointer),
        ("symbol_get_kind", number, pointer), ("symbol_get_subkind", number, pointer), ("symbol_get_properties", big, pointer),
    ):
        function = getattr(index, f"indexstore_{name}")
        function.restype, function.argtypes = result, arguments
    return index


class Symbol:
    """What the index knows of a declaration. `owner`: the declaration that it is a member of; `bases`: the names behind a type's colon."""

    def __init__(self, name, kind, subkind, properties):
        self.name, self.kind, self.subkind, self.is_local = name, kind, subkind, bool(properties & LOCAL)
        self.place, self.is_implicit, self.owner, self.extended, self.accessed = None, False, None, None, None
        self.bases, self.has_raw_values, self.witnesses, self.children = set(), False, set(), set()
        # What its body, its type or its value names; who names it outside of Sources; whether somebody reads it.
        self.names, self.outside, self.is_read, self.is_named = set(), set(), False, False


class Index:
    """Every symbol that files under `root` declare or name. `stale`: a file of Sources that is newer than what is known of it."""

    def __init__(self, root, store):
        self.root, self.symbols, self.reached, self.stale = root, {}, set(), None
        self.index = library()
        self.store = self.index.indexstore_store_create(os.fsencode(store), None) if store.is_dir() else None
        if not self.store:
            self.stale = root / "Sources"
            return
        records = self.records(store)
        for file in sorted((root / "Sources").rglob("*.swift")):
            built = records.get(file)
            if not built or built[0] < file.stat().st_mtime:
                self.stale = file
                return
        for file, (_, record) in records.items():
            self.read(file, record)
        self.connect()

    def records(self, store):
        """By file that is still there: when it was last compiled, and the name of what is known of it since."""
        units, records = [], {}
        collect = UNIT(lambda _, name: units.append(str(name)) or True)
        self.index.indexstore_store_units_apply_f(self.store, 0, None, collect)
        folder = next(store.glob("v*/units"))
        for unit in units:
            reader = self.index.indexstore_unit_reader_create(self.store, unit.encode(), None)
            if not reader:
                continue
            main = str(self.index.indexstore_unit_reader_get_main_file(reader))
            if main.startswith(f"{self.root}/") and main.endswith(".swift") and os.path.exists(main):
                time = (folder / unit).stat().st_mtime

                def visit(_, dependency):
                    if self.index.indexstore_unit_dependency_get_kind(dependency) == 2 \
                            and str(self.index.indexstore_unit_dependency_get_filepath(dependency)) == main \
                            and time > records.get(Path(main), (0, ""))[0]:
                        records[Path(main)] = (time, str(self.index.indexstore_unit_dependency_get_name(dependency)))
                    return True

                self.index.indexstore_unit_reader_dependencies_apply_f(reader, None, VISIT(visit))
            self.index.indexstore_unit_reader_dispose(reader)
        return records

    def symbol(self, pointer):
        usr = str(self.index.indexstore_symbol_get_usr(pointer))
        if usr not in self.symbols:
            self.symbols[usr] = Symbol(
                str(self.index.indexstore_symbol_get_name(pointer)), self.index.indexstore_symbol_get_kind(pointer),
                self.index.indexstore_symbol_get_subkind(pointer), self.index.indexstore_symbol_get_properties(pointer))
        return self.symbols[usr]

    def read(self, file, record):
        reader = self.index.indexstore_record_reader_create(self.store, record.encode(), None)
        if not reader:
            sys.exit(f"dead: the index of {file} cannot be read; remove .build/debug/index and build again")
        line, column, found, known = ctypes.c_uint(), ctypes.c_uint(), [], {}

        def symbol(pointer):
            if pointer not in known:
                known[pointer] = self.symbol(pointer)
            return known[pointer]

        def visit(_, occurrence):
            relations = []

            def relate(_, relation):
                roles = self.index.indexstore_symbol_relation_get_roles(relation)
                relations.append((roles, symbol(self.index.indexstore_symbol_relation_get_symbol(relation))))
                return True

            self.index.indexstore_occurrence_relations_apply_f(occurrence, None, VISIT(relate))
            self.index.indexstore_occurrence_get_line_col(occurrence, line, column)
            found.append((
                (line.value, column.value), symbol(self.index.indexstore_occurrence_get_symbol(occurrence)),
                self.index.indexstore_occurrence_get_roles(occurrence), relations))
            return True

        self.index.indexstore_record_reader_occurrences_apply_f(reader, None, VISIT(visit))
        self.index.indexstore_record_reader_dispose(reader)
        self.note(file, sorted(found, key=lambda occurrence: occurrence[0]))

    def note(self, file, occurrences):
        inside = (self.root / "Sources") in file.parents
        above = None
        for (line, _), symbol, roles, relations in occurrences:
            for role, other in relations:
                if role & OVERRIDE_OF:
                    other.witnesses.add(symbol)
                if role & BASE_OF:
                    other.bases.add(symbol.name)
                    other.has_raw_values |= symbol.kind == STRUCT or symbol.name == "CaseIterable"
                if role & EXTENDED_BY:
                    other.extended = symbol
            if roles & (DECLARATION | DEFINITION):
                above = symbol
                for role, other in relations:
                    if role & CHILD_OF:
                        symbol.owner = other
                    if role & ACCESSOR_OF:
                        symbol.accessed = other
                if inside:
                    symbol.place, symbol.is_implicit = (file, line), bool(roles & IMPLICIT)
            elif roles & REFERENCE and not inside:
                symbol.outside.add("/".join(file.relative_to(self.root).parts[:2]))
            elif roles & REFERENCE and symbol.kind != MODULE:
                symbol.is_named = True
                symbol.is_read |= bool(roles & (READ | ADDRESS_OF))
                users = [other for role, other in relations if role & (CALLED_BY | CONTAINED_BY | BASE_OF)]
                if not users and not any(role & EXTENDED_BY for role, _ in relations):
                    # A case's values and an alias's type are nobody's in the index; anything else is the program's first lines.
                    users = [above] if above and above.kind in (CASE, TYPE_ALIAS) else []
                    if not users:
                        self.reached.add(symbol)
                for user in users:
                    user.names.add(symbol)

    def connect(self):
        for symbol in self.symbols.values():
            if symbol.owner and symbol.owner.extended:
                symbol.owner = symbol.owner.extended
            if symbol.owner:
                symbol.owner.children.add(symbol)
        for symbol in self.symbols.values():
            if symbol.place and symbol.kind == DEINITIALIZER and symbol.owner:
                symbol.owner.names.add(symbol)
            # What a protocol of somebody else's asks for is called by them.
            if not symbol.place:
                for witness in symbol.witnesses:
                    (witness.owner or witness).names.add(witness)
                    if witness.owner and not witness.owner.place:
                        self.reached.add(witness)
            if symbol.kind == ENUM and symbol.has_raw_values:
                symbol.names |= {child for child in symbol.children if child.kind == CASE}
            # Getters and setters come and go with what they are of.
            if symbol.accessed:
                symbol.names.add(symbol.accessed)
                symbol.accessed.names.add(symbol)

    def qualified(self, symbol):
        owner = symbol.owner
        return f"{self.qualified(owner)}.{symbol.name}" if owner and owner.kind in KINDS else symbol.name

    def candidates(self):
        return [
            symbol for symbol in self.symbols.values()
            if symbol.place and symbol.kind in KINDS and not symbol.is_local and not symbol.is_implicit and not symbol.accessed
            and symbol.subkind not in (GENERIC_PARAMETER, ASSOCIATED_TYPE)]

    def dead(self, allowed):
        """What nothing needs, and names in `allowed` that need no leave."""
        candidates = self.candidates()
        names = {symbol: self.qualified(symbol) for symbol in candidates}
        needed = self.follow(self.reached)
        needless = set(allowed) - {names[symbol] for symbol in candidates if symbol not in needed or self.is_unread(symbol)}
        needed = self.follow(self.reached | {symbol for symbol in candidates if names[symbol] in allowed})
        found = []
        for symbol in candidates:
            if names[symbol] in allowed or symbol.owner and symbol.owner.place and symbol.owner not in needed:
                continue
            if symbol not in needed:
                who = f"; of {', '.join(sorted(symbol.outside))} alone" if symbol.outside else ""
                found.append((symbol.place, f"nothing needs the {KINDS[symbol.kind]} {names[symbol]}{who}"))
            elif self.is_unread(symbol):
                found.append((symbol.place, f"nothing reads the {KINDS[symbol.kind]} {names[symbol]}"))
        return sorted(found), sorted(needless)

    def is_unread(self, symbol):
        return symbol.kind in PROPERTIES and symbol.is_named and not symbol.is_read \
            and not (symbol.owner and symbol.owner.bases & READ_WHOLE) \
            and not any(symbol in other.witnesses for other in self.requirements())

    def requirements(self):
        if not hasattr(self, "asked"):
            self.asked = [symbol for symbol in self.symbols.values() if symbol.witnesses]
        return self.asked

    def follow(self, start):
        needed, left = set(), list(start)
        while left:
            symbol = left.pop()
            if symbol in needed:
                continue
            needed.add(symbol)
            left += symbol.names | symbol.witnesses
            if symbol.owner:
                left.append(symbol.owner)
        return needed


def main():
    index = Index(ROOT, ROOT / ".build/debug/index/store")
    if index.stale:
        print(
            f"dead: not looked for dead declarations: {index.stale.relative_to(ROOT)} was not built since it changed (swift build)",
            file=sys.stderr)
        return 1 if "--required" in sys.argv[1:] else 0
    found, needless = index.dead(ALLOWED)
    for (file, line), what in found:
        print(f"dead: {file.relative_to(ROOT)}:{line}: {what}", file=sys.stderr)
    for name in needless:
        print(f"dead: {name} is needed or gone; take it out of ALLOWED in scripts/dead.py", file=sys.stderr)
    return 1 if found or needless else 0


if __name__ == "__main__":
    sys.exit(main())
