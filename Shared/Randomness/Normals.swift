import Foundation

extension Philox {
    /// `count` draws from N(0, 1), a pure function of the key and `stream`.
    ///
    /// Box & Muller 1958: each block gives two pairs of uniforms on (0, 1) and so four normals.
    public func normals(_ count: Int, stream: UInt64) -> [Float] {
        var result = [Float]()
        result.reserveCapacity(count + 3)
        for counter in 0..<UInt64((count + 3) / 4) {
            let words = block(counter, stream: stream)
            appendPair(words[0], words[1], to: &result)
            appendPair(words[2], words[3], to: &result)
        }
        result.removeLast(result.count - count)
        return result
    }

    /// A uniform draw from 0 ..< `bound`, with a bias below `bound` / 2⁶⁴.
    public func integer(below bound: Int, counter: UInt64, stream: UInt64) -> Int {
        let words = block(counter, stream: stream)
        let wide = UInt64(words[0]) << 32 | UInt64(words[1])
        return Int(wide.multipliedFullWidth(by: UInt64(bound)).high)
    }
}

private func appendPair(_ a: UInt32, _ b: UInt32, to result: inout [Float]) {
    let radius = (-2 * log(open(a))).squareRoot()
    let angle = 2 * Double.pi * open(b)
    result.append(Float(radius * cos(angle)))
    result.append(Float(radius * sin(angle)))
}

/// A word as the middle of its interval of (0, 1).
private func open(_ word: UInt32) -> Double { (Double(word) + 0.5) * 0x1p-32 }
