import ContactCenter
import Platform
import TestSupport
import Testing

@testable import EngineCore

@Suite("what writing rows has taken", .limited)
struct WriteFiguresTests {
    @Test("units are counted by kind and by why a row was written, rows by their units")
    func counts() {
        let batch = RowBatch()
        let known = Revision(writer: 1, count: 1)
        func append(_ kind: EntityKind, _ expected: Revision, isRefresh: Bool = false) {
            [kind.rawValue, UInt8(ascii: "x")].withUnsafeBytes {
                batch.append(key: $0, expected: expected, isRefresh: isRefresh)
            }
        }
        append(.agent, .none)
        append(.agent, known)
        append(.contact, known)
        append(.username, .none)
        append(.agent, known, isRefresh: true)
        append(.agent, .none, isRefresh: true)
        var figures = WriteFigures()
        for (row, units) in zip(batch, [1.0, 2, 3, 17, 4, 7]) { figures.wrote(row, units: units, isRetry: false) }
        for row in batch { figures.wrote(row, units: 5, isRetry: true) }
        #expect(
            figures.units(.agent, .first) == 8 && figures.units(.agent, .change) == 2 && figures.units(.agent, .retry) == 20)
        #expect(figures.units(.agent, .refresh) == 4 && figures.units(.contact, .refresh) == 0)
        #expect(figures.units(.contact, .change) == 3 && figures.units(.flow, .first) == 0)
        #expect(figures.unitsByKind == ["agent": 34, "contact": 8, "username": 22])
        #expect(WriteFigures.Size.allCases.map(figures.rows) == [1, 1, 2, 8])
    }
}
