import FailoverCore
import HTTPClient
import JSON
import Platform

/// A control table in a folder of one machine, for trying failover out: a file an item. Controllers and the command line, each a process, share it. It is lost with the
/// machine, and no second Region sees it.
package final class LocalControlTable: StoredControlTable {
    /// How long a step waits for others that have the folder.
    static let waitMillisecondsMax: Int64 = 2_000

    private let folder: LockedFolder
    let verdicts: SilentVerdicts

    /// `path`: the folder, which is made where it is missing; its parent has to be there. `clock`: milliseconds that never go back.
    package init(
        _ path: String, clock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(ControlTableError) {
        folder = try LockedFolder(path, folders: ControlItem.Shelf.allCases.map(\.rawValue))
        verdicts = SilentVerdicts(clock: clock)
    }

    package var caveat: String? {
        "control table of kind local: the folder \(folder.path) of this machine; for trying it out, never for traffic of people"
    }

    // MARK: - Writing

    func write(_ write: ControlWrite) -> FailoverAnswer {
        do throws(ControlTableError) {
            let deadline = monotonicMilliseconds() + LocalControlTable.waitMillisecondsMax
            return try folder.locked(until: deadline) { locked(write) } ?? .unheard(busy)
        } catch {
            return .refused("\(error)")
        }
    }

    private func locked(_ write: ControlWrite) -> FailoverAnswer {
        let before: ControlItem?
        do throws(ControlTableError) {
            before = try item(write.key)
        } catch {
            return .refused("\(error)")
        }
        guard write.condition.holds(of: before) else { return write.isDone(by: before) ? .done : .conflict }
        let outcome =
            write.applied(to: before).map { folder.write(file(write.key), text($0)) } ?? folder.remove(file(write.key))
        guard let error = outcome.error else { return .done }
        return outcome.isDoubtful ? .unheard("\(error)") : .refused("\(error)")
    }

    private var busy: String {
        "another process had the folder \(printable(folder.path)) of the control table for \(LocalControlTable.waitMillisecondsMax) ms: is it stopped?"
    }

    // MARK: - Reading

    func readItems() -> Result<(terms: [ControlItem], now: [ControlItem]), ControlFailure> {
        locked { () throws(ControlTableError) in
            (
                terms: try items(try names(.terms).suffix(ControlView.termsMax).reversed(), .terms),
                now: try items(try names(.now), .now)
            )
        }
    }

    func readHistory(_ take: (ControlItem) -> Bool) -> ControlFailure? {
        let read = locked { () throws(ControlTableError) in
            for name in try names(.history).reversed() {
                if let item = try item(name, .history), !take(item) { return }
            }
        }
        if case .failure(let failure) = read { return failure }
        return nil
    }

    private func locked<Output>(
        _ body: () throws(ControlTableError) -> Output
    ) -> Result<Output, ControlFailure> {
        do throws(ControlTableError) {
            let deadline = monotonicMilliseconds() + LocalControlTable.waitMillisecondsMax
            let read = try folder.locked(until: deadline) { () -> Result<Output, ControlTableError> in
                do throws(ControlTableError) { return .success(try body()) } catch { return .failure(error) }
            }
            guard let read else { return .failure(.unheard(busy)) }
            return .success(try read.get())
        } catch {
            return .failure(.refused("\(error)"))
        }
    }

    // MARK: - Files

    private static let suffix = ".json"

    private func names(_ shelf: ControlItem.Shelf) throws(ControlTableError) -> [String] {
        try folder.names(in: shelf.rawValue).filter { $0.hasSuffix(LocalControlTable.suffix) }
    }

    /// Names may hold slashes.
    private func file(_ key: ControlItem.Key) -> String {
        "\(key.shelf.rawValue)/\(percentEncoded(key.name))\(LocalControlTable.suffix)"
    }

    private func text(_ item: ControlItem) -> String {
        ControlCoding.text { json in
            json.member("isOpen", item.isOpen)
            json.member("name", item.key.name)
            if let note = item.note {
                json.object("note") { json in
                    json.member("token", note.token)
                    json.key("value" as StaticString)
                    json.raw(note.value)
                }
            }
            json.member("number", item.number)
            json.member("token", item.token)
            json.key("value" as StaticString)
            json.raw(item.value)
        } + "\n"
    }

    private func item(_ key: ControlItem.Key) throws(ControlTableError) -> ControlItem? {
        try read(file(key), key.shelf)
    }

    private func items(
        _ names: [String], _ shelf: ControlItem.Shelf
    ) throws(ControlTableError) -> [ControlItem] {
        var items: [ControlItem] = []
        for name in names {
            if let item = try item(name, shelf) { items.append(item) }
        }
        return items
    }

    private func item(_ name: String, _ shelf: ControlItem.Shelf) throws(ControlTableError) -> ControlItem? {
        try read("\(shelf.rawValue)/\(name)", shelf)
    }

    private func read(_ file: String, _ shelf: ControlItem.Shelf) throws(ControlTableError) -> ControlItem? {
        guard let text = try folder.read(file) else { return nil }
        let parser = JSONParser()
        let found: ControlItem? = withExtendedLifetime(parser) {
            Array(text.utf8).withUnsafeBytes { bytes in
                guard let root = try? parser.parse(ByteView(bytes)).root, let name = root.text("name"),
                    let token = root.text("token"), let number = root.member("number")?.integer,
                    let value = root.member("value")
                else { return nil }
                var item = ControlItem(
                    key: ControlItem.Key(shelf: shelf, name: name), token: token, number: number,
                    isOpen: root.member("isOpen")?.kind == .true, value: value.bytes.text)
                if let note = root.member("note"), let token = note.text("token"), let value = note.member("value") {
                    item.note = ControlItem.Note(token: token, value: value.bytes.text)
                }
                return item
            }
        }
        guard let found else {
            throw ControlTableError(
                "\(printable(folder.path))/\(printable(file)) is not what this program writes; move it away")
        }
        return found
    }
}
