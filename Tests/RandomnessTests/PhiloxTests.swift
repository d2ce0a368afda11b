import Randomness
import Testing

struct PhiloxTests {
    /// The known answers of the authors' Random123 library, file `kat_vectors`, philox 4x32 10.
    @Test func `blocks equal the published vectors`() {
        #expect(
            Philox(key: 0).block(SIMD4<UInt32>(repeating: 0))
                == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
        )
        #expect(
            Philox(key: .max).block(SIMD4<UInt32>(repeating: .max))
                == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
        )
        #expect(
            Philox(key: 0x299F_31D0_A409_3822)
                .block(SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344))
                == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
        )
    }

    @Test func `a draw does not depend on how many are drawn`() {
        let philox = Philox(key: 7)
        #expect(philox.normals(5, stream: 3) == Array(philox.normals(1001, stream: 3).prefix(5)))
        #expect(philox.normals(8, stream: 3) != philox.normals(8, stream: 4))
    }

    /// 100 000 draws: the mean's standard error is 0.0032, the variance's 0.0045, the fourth
    /// moment's 0.031 (its variance is 96); five of each are allowed.
    @Test func `normals have the moments of N(0, 1)`() {
        let draws = Philox(key: 1).normals(100_000, stream: 0).map(Double.init)
        let moment = { (power: Int) in
            draws.reduce(0) { sum, x in sum + (0..<power).reduce(1) { p, _ in p * x } } / 100_000
        }
        #expect(abs(moment(1)) < 0.016)
        #expect(abs(moment(2) - 1) < 0.023)
        #expect(abs(moment(4) - 3) < 0.16)
    }

    /// Six faces in 60 000 throws: each count has standard deviation 91.
    @Test func `integers below six are fair`() {
        var counts = [Int](repeating: 0, count: 6)
        for throw_ in 0..<UInt64(60_000) {
            counts[Philox(key: 2).integer(below: 6, counter: throw_, stream: 0)] += 1
        }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 460 })
    }
}
