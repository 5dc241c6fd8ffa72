import Platform

/// A join in two steps: what has to change, then changing it in place. Keeps its memory, so that a shard that joins millions of
/// mutations allocates nothing.
///
///     let outcome = plan.make(entity, mutation)
///     if outcome.changed {
///         // make room for length + plan.roomNeeded bytes
///         length = plan.apply(to: memory, length: length)
///     }
///
/// What is joined stays within its bounds (``RegisterBounds``), as long as both sides are.
///
/// Cost: one pass over both to plan; to apply, each winner is copied, and what lies behind one that is longer or shorter
/// than what it replaces is moved, once. Nothing is written when nothing changes.
public struct JoinPlan: ~Copyable {
    /// Replaces `removed` bytes at `offset` of the left side; 0 inserts.
    private struct Edit {
        var offset: Int
        var removed: Int
        /// Where the new bytes are: in the right side, or at `scratchOffset` when nil.
        var source: UnsafeRawPointer?
        var scratchOffset: Int
        var added: Int

        /// By how much what lies behind it moves.
        @inline(__always) var growth: Int { added &- removed }
        /// Where what it replaces ends.
        @inline(__always) var end: Int { offset &+ removed }
    }

    /// The first `editCount` of `editCapacity`, in ascending order of offset.
    private var edits: UnsafeMutablePointer<Edit>
    private var editCount = 0
    private var editCapacity = 16
    /// Union registers and sketches that are neither side's.
    private var scratch = ByteBuffer(capacity: 1024)
    private var registersAdded = 0
    private var registersRemoved = 0
    /// Bytes beyond its length that the left side's memory must have while the join is applied.
    public private(set) var roomNeeded = 0

    public init() { edits = .allocate(capacity: editCapacity) }

    deinit { edits.deallocate() }

    /// Plans the join of `a` and `b`, which must stay as they are until it is applied.
    public mutating func make(_ a: EntityView, _ b: EntityView) -> Join.Outcome {
        editCount = 0
        scratch.removeAll()
        registersAdded = 0
        registersRemoved = 0
        roomNeeded = 0
        var outcome = Join.Outcome()
        let base = a.bytes.baseAddress.unsafelyUnwrapped
        let end = base + a.bytes.count
        var at = base + EntityView.headerSize

        for theirs in b {
            let path = theirs.path
            var order = 1
            while at < end {
                let candidate = RegisterView(at: at)
                order = candidate.path.compare(path)
                if order >= 0 { break }
                at += candidate.bytes.count
            }
            guard at < end, order == 0 else {
                edit(at: at - base, removed: 0, theirs.bytes)
                registersAdded += 1
                outcome.won += 1
                continue
            }
            let mine = RegisterView(at: at)
            if contest(mine, theirs, at: at - base, &outcome) { outcome.won += 1 } else { outcome.lost += 1 }
            at += mine.bytes.count
        }
        if registersAdded > 0, a.count &+ registersAdded > RegisterBounds.countMin { keepWithinBounds(a, &outcome) }
        if outcome.changed { measureRoom() }
        return outcome
    }

    /// Leaves out of the join what the families of registers do not keep (``RegisterBounds``). Only what is added can be too much, so a
    /// plan that drops anything of the left side adds something, too.
    @inline(never)
    private mutating func keepWithinBounds(_ a: EntityView, _ outcome: inout Join.Outcome) {
        guard a.count + registersAdded > RegisterBounds.countUsual || addsToTightFamily() else { return }
        let base = a.bytes.baseAddress.unsafelyUnwrapped
        var planned: [(register: RegisterView, offset: Int, edit: Int?)] = []
        planned.reserveCapacity(a.count + registersAdded)
        var at = EntityView.headerSize
        var next = 0
        while at < a.bytes.count || next < editCount {
            if next < editCount, edits[next].offset == at {
                let edit = edits[next]
                planned.append((added(by: edit), at, next))
                next += 1
                at += edit.removed
            } else {
                let mine = RegisterView(at: base + at)
                planned.append((mine, at, nil))
                at += mine.bytes.count
            }
        }
        let dropped = Set(RegisterFamily.dropped(of: planned.map(\.register)))
        guard !dropped.isEmpty else { return }
        let before = (0..<editCount).map { edits[$0] }
        editCount = 0
        for (place, (register, offset, edit)) in planned.enumerated() {
            let removed = edit.map { before[$0].removed } ?? register.bytes.count
            guard dropped.contains(place) else {
                if let edit { add(before[edit]) }
                continue
            }
            if edit != nil {
                outcome.won -= 1
                outcome.lost += 1
            }
            if removed == 0 {
                registersAdded -= 1
            } else {
                add(Edit(offset: offset, removed: removed, source: base, scratchOffset: 0, added: 0))
                registersRemoved += 1
            }
        }
    }

    private func added(by edit: Edit) -> RegisterView {
        RegisterView(at: edit.source ?? UnsafeRawPointer(scratch.base + edit.scratchOffset))
    }

    private func addsToTightFamily() -> Bool {
        for index in 0..<editCount where edits[index].removed == 0 {
            if RegisterFamily(added(by: edits[index]).path).isTight { return true }
        }
        return false
    }

    /// Plans the join of two registers of one path; returns whether `mine` changes.
    @inline(__always)
    private mutating func contest(
        _ mine: RegisterView, _ theirs: RegisterView, at offset: Int, _ outcome: inout Join.Outcome
    ) -> Bool {
        guard mine.rule == theirs.rule else {
            // Only data of a newer program version can bring this about. The greater rule wins: still a join.
            guard theirs.rule.rawValue > mine.rule.rawValue else { return false }
            edit(at: offset, removed: mine.bytes.count, theirs.bytes)
            return true
        }
        if mine.rule == .union { return joinUnion(mine, theirs, at: offset) }
        if mine.rule == .sketch { return joinSketch(mine, theirs, at: offset) }
        let contest = theirs.contest(mine)
        if contest != 0, mine.time == theirs.time, mine.rank == theirs.rank, mine.measure == theirs.measure {
            outcome.ties += 1
        }
        guard contest > 0 else { return false }
        edit(at: offset, removed: mine.bytes.count, theirs.bytes)
        return true
    }

    private mutating func joinUnion(_ mine: RegisterView, _ theirs: RegisterView, at offset: Int) -> Bool {
        if mine.members.absorbs(theirs.members) { return false }
        let (members, capacity) = UnionView.join(mine.members, theirs.members)
        var greatest = members[0]
        for member in members where member.compare(greatest) > 0 { greatest = member }
        let start = scratch.count
        EntityWriter.appendUnion(
            &scratch, encodedPath: mine.path, stamp: greatest.stamp, capacity: capacity, members: members.map(\.bytes))
        let added = scratch.count - start
        add(Edit(offset: offset, removed: mine.bytes.count, source: nil, scratchOffset: start, added: added))
        return true
    }

    private mutating func joinSketch(_ mine: RegisterView, _ theirs: RegisterView, at offset: Int) -> Bool {
        let isNewer = theirs.contest(mine) > 0
        let joined = SketchView(mine.payload).joined(with: SketchView(theirs.payload))
        guard isNewer || joined != nil else { return false }
        let start = scratch.count
        EntityWriter.appendSketch(
            &scratch, encodedPath: mine.path, stamp: isNewer ? theirs.stamp : mine.stamp,
            buckets: joined ?? SketchView(mine.payload).buckets)
        let added = scratch.count - start
        add(Edit(offset: offset, removed: mine.bytes.count, source: nil, scratchOffset: start, added: added))
        return true
    }

    @inline(__always)
    private mutating func edit(at offset: Int, removed: Int, _ bytes: ByteView) {
        add(
            Edit(offset: offset, removed: removed, source: bytes.baseAddress, scratchOffset: 0, added: bytes.count))
    }

    @inline(__always)
    private mutating func add(_ edit: Edit) {
        if editCount == editCapacity { growEdits() }
        (edits + editCount).initialize(to: edit)
        editCount &+= 1
    }

    @inline(never)
    private mutating func growEdits() {
        let moved = UnsafeMutablePointer<Edit>.allocate(capacity: editCapacity * 2)
        moved.moveInitialize(from: edits, count: editCount)
        edits.deallocate()
        edits = moved
        editCapacity *= 2
    }

    private mutating func measureRoom() {
        var growth = 0
        for index in 0..<editCount { growth &+= edits[index].growth }
        roomNeeded = max(growth, 0)
    }

    /// Whether the planned join tells nothing but what may wait: every winner has the measure and the value that it replaces, under a newer
    /// stamp, or is a register of which `mayWait` says so. Before it is applied, with the same left side.
    public func isRefresh(of a: EntityView, mayWait: (_ register: RegisterView) -> Bool) -> Bool {
        guard registersRemoved == 0 else { return false }
        let base = a.bytes.baseAddress.unsafelyUnwrapped
        for index in 0..<editCount {
            let edit = edits[index]
            let theirs = added(by: edit)
            if mayWait(theirs) { continue }
            // Of a union somebody may read every member, and a sketch has counted something.
            guard edit.removed > 0, edit.source != nil else { return false }
            let mine = RegisterView(at: base + edit.offset)
            guard mine.rule == theirs.rule, mine.isTombstone == theirs.isTombstone, mine.measure == theirs.measure,
                mine.value.equals(theirs.value)
            else { return false }
        }
        return true
    }

    /// Turns the left side into the join, in place, and returns its new length. `memory` holds the left side's `length`
    /// bytes, and has room for ``roomNeeded`` more.
    public func apply(to memory: UnsafeMutableRawPointer, length: Int) -> Int {
        // What lies between two edits moves as far as those before it grow and shrink: first what moves to the left, from the first
        // to the last, then what moves to the right, from the last to the first. So nothing is overwritten that has yet to move.
        var shift = 0
        for index in 0..<editCount {
            shift &+= edits[index].growth
            if shift < 0 { move(behind: index, by: shift, in: memory, length) }
        }
        let joined = length &+ shift
        for index in stride(from: editCount - 1, through: 0, by: -1) {
            let edit = edits[index]
            if shift > 0 { move(behind: index, by: shift, in: memory, length) }
            shift &-= edit.growth
            (memory + edit.offset + shift).copyMemory(
                from: edit.source ?? UnsafeRawPointer(scratch.base + edit.scratchOffset), byteCount: edit.added)
        }
        if registersAdded > 0 {
            let count = Int(UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            let registers = UInt32(truncatingIfNeeded: count + registersAdded - registersRemoved)
            memory.storeBytes(of: registers.littleEndian, toByteOffset: 4, as: UInt32.self)
        }
        return joined
    }

    /// Moves what lies between an edit and the next one, or the end of all `length` bytes.
    @inline(__always)
    private func move(behind index: Int, by shift: Int, in memory: UnsafeMutableRawPointer, _ length: Int) {
        let start = edits[index].end
        let end = index &+ 1 < editCount ? edits[index &+ 1].offset : length
        if end > start { (memory + start + shift).copyMemory(from: memory + start, byteCount: end &- start) }
    }
}
