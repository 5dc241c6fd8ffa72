import FeedCore
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite("the feed of tables", .waiting(minutes: 5))
struct TablesFeedTests {
    private func follower(_ processes: [FeedProcess]) throws -> FeedProcess {
        var found: FeedProcess?
        try eventually("somebody follows: \(processes.map(\.feed.checks))") {
            found = processes.first { $0.isFollowing }
            return found != nil
        }
        return try #require(found)
    }

    /// Lists and clients know all, and lists say so.
    private func settles(_ tables: MemoryTables, _ processes: [FeedProcess], _ clients: [FeedClient] = []) throws {
        let since = Timestamp.now.milliseconds
        try eventually("everybody knows \(tables.truth): \(processes.map(\.listed)), \(clients.map(\.known))") {
            let truth = tables.truth
            return processes.allSatisfy { $0.listed == truth && ($0.asOf ?? 0) > since }
                && clients.allSatisfy { $0.known == truth }
        }
    }

    /// Whether all that was written before the moment up to which lists claim to be whole is in them.
    private func isHonest(_ process: FeedProcess, _ tables: MemoryTables) -> Bool {
        guard let asOf = process.asOf else { return true }
        let listed = process.listed
        return tables.versions(before: asOf).allSatisfy { listed[$0.key] ?? 0 >= $0.value }
    }

    @Test("what is written is listed and told by every process, and one of them follows")
    func together() throws {
        let tables = MemoryTables()
        for id in MemoryTables.ids { tables.write(id) }
        let processes = try (0..<3).map { _ in try FeedProcess(tables) }
        defer { for process in processes { process.end() } }
        _ = try follower(processes)
        let clients = processes.map { process in FeedClient(tables) { process.port } }
        defer { for client in clients { client.end() } }
        try eventually("clients are told where they are") { clients.allSatisfy { $0.hasBegun } }
        for number in 0..<40 { tables.write(MemoryTables.ids[number % 5], region: number % 2 == 0 ? "us-east-1" : "us-west-2") }
        try settles(tables, processes, clients)
        tables.delete(MemoryTables.ids[5])
        try settles(tables, processes, clients)
        #expect(processes.filter(\.isFollowing).count == 1)
        #expect(
            processes.allSatisfy { process in process.feed.checks.allSatisfy { $0.isHealthy } },
            "\(processes.map(\.feed.checks))")
    }

    @Test(
        "a follower killed at any moment, two of them, shards that split, streams turned off and on: clients know all or are told to read anew"
    )
    func killed() throws {
        let tables = MemoryTables()
        var dice = Dice(seed: UInt64.random(in: .min ... .max))
        let alive = Mutex<[FeedProcess]>([])
        for _ in 0..<2 { let process = try FeedProcess(tables); alive.withLock { $0.append(process) } }
        defer { for process in alive.withLock({ $0 }) { process.end() } }
        let clients = (0..<3).map { number in
            FeedClient(tables) { alive.withLock { $0.isEmpty ? nil : $0[number % $0.count].port } }
        }
        defer { for client in clients { client.end() } }
        for _ in 0..<12 {
            let processes = alive.withLock { $0 }
            let victim = dice.chance(2) ? try follower(processes) : dice.pick(processes)
            victim.access.cut(afterCalls: 1 + dice.below(60), isDone: dice.chance(2))
            switch dice.below(4) {
            case 0: tables.split()
            case 1 where dice.chance(2):
                tables.turnOff()
                tables.write(dice.pick(MemoryTables.ids))
                tables.turnOn()
            default: break
            }
            try eventually("it is cut off") {
                tables.write(dice.pick(MemoryTables.ids), region: dice.chance(2) ? "us-east-1" : "us-west-2")
                for process in processes where !isHonest(process, tables) {
                    throw Violation("lists say that all before \(process.asOf ?? 0) is in them")
                }
                return victim.access.isCut
            }
            let next = try FeedProcess(tables)
            alive.withLock { alive in
                alive.removeAll { $0 === victim }
                alive.append(next)
            }
            victim.die()
        }
        try settles(tables, alive.withLock { $0 }, clients)
        #expect(alive.withLock { $0.allSatisfy { $0.access.overlaps == 0 } })
    }

    @Test("a gap longer than the streams keep is told as a reset to clients that are there, and lists are read anew")
    func gap() throws {
        let tables = MemoryTables()
        tables.write(MemoryTables.ids[0])
        let first = try FeedProcess(tables)
        _ = try follower([first])
        try settles(tables, [first])
        first.die()
        // Nobody sees these, nor that one is gone.
        tables.write(MemoryTables.ids[1])
        tables.delete(MemoryTables.ids[0])
        tables.forgetAll()
        let second = try FeedProcess(tables) { options, rights in
            options.book.silence = 2_000
            rights.canList = false
        }
        defer { second.end() }
        let client = FeedClient(tables) { second.port }
        defer { client.end() }
        try eventually("the client is there, before anybody follows") { client.hasBegun }
        let before = second.feed.standing.resets
        second.access.rights.canList = true
        try eventually("it follows and begins anew") { second.feed.standing.resets > before && second.isFollowing }
        try eventually("the client is told: once at once, and once lists are whole") { client.resets >= 2 }
        try settles(tables, [second], [client])
    }

    @Test("a reader under which the log lost batches tells its clients to read anew, and reads anew itself")
    func missing() throws {
        let tables = MemoryTables()
        let follower = try FeedProcess(tables)
        _ = try self.follower([follower])
        let reader = try FeedProcess(tables) { $1.canList = false }
        defer { for process in [follower, reader] { process.end() } }
        let client = FeedClient(tables) { reader.port }
        defer { client.end() }
        tables.write(MemoryTables.ids[0])
        try settles(tables, [follower, reader], [client])
        reader.access.rights.canReadLog = false
        tables.write(MemoryTables.ids[1])
        try settles(tables, [follower])
        let stale = try #require(reader.asOf)
        #expect(!reader.listed.keys.contains(MemoryTables.ids[1]) && isHonest(reader, tables))
        try eventually("health says that the log cannot be read") { reader.check("feed.works")?.isHealthy == false }
        // A batch after what the reader knows has to be gone.
        let newest = tables.newest?.number ?? 0
        try eventually("more batches come") { (tables.newest?.number ?? 0) > newest + 2 }
        tables.forgetBatches(butNewest: 1)
        reader.access.rights.canReadLog = true
        try settles(tables, [follower, reader], [client])
        #expect(client.resets >= 1 && (reader.asOf ?? 0) > stale)
    }

    @Test(
        "a process that may not list streams, or not write the log, never keeps others from following, and its health says so")
    func rights() throws {
        let tables = MemoryTables()
        let blind = try FeedProcess(tables) { $1.canList = false }
        try eventually("it was tried") { blind.check("feed.may-follow")?.detail.contains("cannot follow") == true }
        try eventually("nobody follows") { blind.check("feed.followed")?.isHealthy == false }
        #expect(tables.newest == nil)
        let mute = try FeedProcess(tables) { $1.canWriteLog = false }
        try eventually("it says what is wrong: \(mute.feed.checks)") {
            mute.check("feed.works")?.detail.contains("not allowed") == true
        }
        let able = try FeedProcess(tables)
        defer { for process in [blind, mute, able] { process.end() } }
        tables.write(MemoryTables.ids[0])
        try settles(tables, [blind, mute, able])
        #expect(able.isFollowing && !blind.isFollowing && !mute.isFollowing)
        #expect(blind.check("feed.followed")?.isHealthy == true && blind.check("feed.may-follow")?.isHealthy == false)
    }

    @Test("a follower that cannot read streams any more gives way; one whose log cannot be written is followed by another")
    func givesWay() throws {
        let tables = MemoryTables()
        let first = try FeedProcess(tables)
        _ = try follower([first])
        let second = try FeedProcess(tables)
        defer { for process in [first, second] { process.end() } }
        tables.write(MemoryTables.ids[0])
        try settles(tables, [first, second])
        first.access.rights.canReadStreams = false
        tables.write(MemoryTables.ids[1])
        try eventually("the other one follows: \(first.feed.checks)") { second.isFollowing }
        try settles(tables, [first, second])
        first.access.rights.canReadStreams = true
        second.access.rights.canWriteLog = false
        tables.write(MemoryTables.ids[2])
        try settles(tables, [first, second])
        #expect(first.isFollowing)
    }

    @Test("lists have no age before the tables were read once; a scan that fails is tried again, and health says so")
    func scan() throws {
        let tables = MemoryTables()
        tables.write(MemoryTables.ids[0])
        let process = try FeedProcess(tables) { $1.canScan = false }
        defer { process.end() }
        try eventually("it follows, and cannot scan") {
            process.isFollowing && process.check("feed.scan")?.detail.contains("cannot be read") == true
        }
        #expect(process.asOf == nil && process.check("feed.age")?.isHealthy == false)
        process.access.rights.canScan = true
        try settles(tables, [process])
        #expect(process.check("feed.scan")?.isHealthy == true)
    }

    @Test("what nobody reads any more grows old, and health says that nobody follows")
    func old() throws {
        let tables = MemoryTables()
        let first = try FeedProcess(tables)
        _ = try follower([first])
        let reader = try FeedProcess(tables) { $1.canList = false }
        defer { reader.end() }
        try settles(tables, [reader])
        first.die()
        tables.write(MemoryTables.ids[0])
        try eventually("nobody follows: \(reader.feed.checks)") {
            reader.check("feed.followed")?.detail.contains("nobody follows") == true
        }
        #expect(reader.listed.isEmpty && isHonest(reader, tables))
    }
}
