import TestSupport
import Testing

@testable import Worker

@Suite("durations and sizes", .limited)
struct QuantityTests {
    @Test(
        "a printed duration or size is read back as the same value",
        arguments: [0, 1, 999, 1000, 60_000, 90_000, 3_600_000, 86_400_000, 12_345_678])
    func roundTrip(value: Int) {
        #expect(Quantity.duration(Quantity.text(milliseconds: Int64(value))) == Int64(value))
        #expect(Quantity.size(Quantity.text(bytes: value)) == value)
        #expect(Quantity.size(Quantity.text(bytes: value << 10)) == value << 10)
    }

    @Test("a duration or size is printed in its shortest form")
    func shortest() {
        #expect(Quantity.text(milliseconds: 300_000) == "5m")
        #expect(Quantity.text(milliseconds: 2_592_000_000) == "30d")
        #expect(Quantity.text(milliseconds: 0) == "0ms")
        #expect(Quantity.text(bytes: 256 << 20) == "256m")
        #expect(Quantity.text(bytes: 1000) == "1000")
    }

    @Test("a number of days that overflows is refused without a trap")
    func overflow() {
        #expect(Quantity.duration("999999999999d") == nil)
        #expect(Quantity.duration("68719476735d") != nil)
        #expect(Quantity.size("99999999999999g") == nil)
    }
}
