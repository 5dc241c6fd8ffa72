import TestSupport
import Testing

@testable import converge

@Suite(.limited) struct TableTests {
    @Test("numbers are printed with grouped digits and a fixed number of decimals")
    func numbers() {
        #expect(grouped(1_234_567) == "1,234,567")
        #expect(grouped(-999) == "-999")
        #expect(fixed(1.005, 1) == "1.0")
        #expect(fixed(0.9996, 3) == "1.000")
        #expect(fixed(12.5, 0) == "13")
    }
}
