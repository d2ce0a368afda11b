import Foundation
import Jobs
import Testing

struct CanonicalJSONTests {
    /// RFC 8785, appendix B: IEEE 754 bits and what ECMAScript writes for them.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
            (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
            (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
            (0x444B_1AE4_D6E2_EF50, "1e+21"), (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"),
            (0x3EB0_C6F7_A0B5_ED8D, "0.000001"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
        ] as [(UInt64, String)]
    )
    func `numbers are written as the RFC's table says`(bits: UInt64, text: String) {
        let json = JSON.double(Double(bitPattern: bits))
        #expect(String(decoding: json.canonical, as: UTF8.self) == text)
    }

    /// Beyond 2⁵³ an integer is a double to ECMAScript. The least one has no opposite.
    @Test(arguments: [
        (Int.min, "-9223372036854776000"), (Int.max, "9223372036854776000"),
        (-9_007_199_254_740_991, "-9007199254740991"), (1 << 53, "9007199254740992"), (-1, "-1"),
    ])
    func `integers are written as doubles are`(value: Int, text: String) {
        #expect(String(decoding: JSON.int(value).canonical, as: UTF8.self) == text)
    }

    /// RFC 8785, section 3.2.3: keys are sorted by their UTF-16 units.
    @Test func `keys are sorted by UTF-16`() {
        let json = JSON.object([
            "\u{20AC}": .string("Euro Sign"), "\r": .string("Carriage Return"),
            "\u{FB33}": .string("Hebrew Letter Dalet With Dagesh"), "1": .string("One"),
            "\u{1F600}": .string("Emoji: Grinning Face"), "\u{80}": .string("Control"),
            "\u{F6}": .string("Latin Small Letter O With Diaeresis"),
        ])
        let text = String(decoding: json.canonical, as: UTF8.self)
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
        let places = order.compactMap { text.range(of: $0)?.lowerBound }
        #expect(places.count == order.count)
        #expect(places == places.sorted())
    }

    @Test func `control characters are escaped as the RFC says`() {
        let json = JSON.string("\u{20ac}$\u{0F}\nA'B\"\\\"/")
        #expect(String(decoding: json.canonical, as: UTF8.self) == #""€$\u000f\nA'B\"\\\"/""#)
    }

    /// FIPS 180-4 examples.
    @Test func `SHA-256 of the standard's examples`() {
        #expect(
            Digest(of: Data("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            Digest(of: Data()).hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }
}
