import Foundation
import Randomness

/// Images of one shape each, drawn from a seed: a dataset for machines without data or network.
///
/// The class is the kind of shape; colour, size, place, angle and background vary.
public enum Shapes {
    public static let classes = Kind.allCases.map(\.rawValue)

    enum Kind: String, CaseIterable {
        case circle, square, triangle, cross, ring, star, bar, dome
    }

    /// `count` images, classes in turn; image i depends on the seed and i alone.
    public static func dataset(count: Int, resolution: Int, seed: Int) -> Dataset {
        let philox = Philox(key: UInt64(bitPattern: Int64(seed)))
        var images = Data(capacity: count * 3 * resolution * resolution)
        for index in 0..<count {
            let kind = Kind.allCases[index % Kind.allCases.count]
            let drawing = Drawing(philox, index: UInt64(index))
            images.append(contentsOf: drawing.pixels(kind, resolution: resolution))
        }
        return Dataset(
            resolution: resolution,
            classes: classes,
            labels: (0..<count).map { $0 % Kind.allCases.count },
            images: images
        )
    }
}

/// What varies between images of one class.
private struct Drawing {
    let colour: SIMD3<Double>
    let ground: Double
    let slope: SIMD2<Double>
    let centre: SIMD2<Double>
    let radius: Double
    let angle: Double

    init(_ philox: Philox, index: UInt64) {
        let draws = (0..<3).flatMap { counter -> [Double] in
            let words = philox.block(UInt64(counter), stream: index)
            return (0..<4).map { Double(words[$0]) / 0x1p32 }
        }
        colour = hue(draws[0], value: 0.75 + 0.25 * draws[1])
        ground = 0.05 + 0.3 * draws[2]
        slope = SIMD2(draws[3] - 0.5, draws[4] - 0.5) * 0.2
        centre = SIMD2(draws[5] - 0.5, draws[6] - 0.5) * 0.36
        radius = 0.22 + 0.13 * draws[7]
        angle = (draws[8] - 0.5) * 0.9
    }

    /// `[3, resolution, resolution]`; edges are one pixel soft.
    func pixels(_ kind: Shapes.Kind, resolution: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 3 * resolution * resolution)
        for y in 0..<resolution {
            for x in 0..<resolution {
                let place = (SIMD2(Double(x), Double(y)) + 0.5) / Double(resolution) - 0.5
                let inside = cover(kind, place, resolution)
                let back = ground + (slope * place).sum()
                for channel in 0..<3 {
                    let value = back + inside * (colour[channel] - back)
                    result[(channel * resolution + y) * resolution + x] =
                        UInt8((255 * min(1, max(0, value))).rounded())
                }
            }
        }
        return result
    }

    /// The share of the pixel at `place` that the shape covers.
    private func cover(_ kind: Shapes.Kind, _ place: SIMD2<Double>, _ resolution: Int) -> Double {
        let moved = (place - centre) / radius
        let turned = SIMD2(
            cos(angle) * moved.x + sin(angle) * moved.y,
            cos(angle) * moved.y - sin(angle) * moved.x
        )
        let distance = signedDistance(kind, turned) * radius * Double(resolution)
        return min(1, max(0, 0.5 - distance))
    }
}

/// The distance of `p` to the outline, negative inside; the shape's radius is 1.
private func signedDistance(_ kind: Shapes.Kind, _ p: SIMD2<Double>) -> Double {
    switch kind {
    case .circle: length(p) - 1
    case .square: box(p, SIMD2(0.8, 0.8))
    case .triangle: polygon(p, regular(3, inner: nil))
    case .cross: min(box(p, SIMD2(1, 0.3)), box(p, SIMD2(0.3, 1)))
    case .ring: abs(length(p) - 0.75) - 0.25
    case .star: polygon(p, regular(5, inner: 0.42))
    case .bar: box(p, SIMD2(1.1, 0.32))
    case .dome: max(length(p - SIMD2(0, 0.4)) - 1, p.y - 0.4)
    }
}

private func length(_ p: SIMD2<Double>) -> Double { (p * p).sum().squareRoot() }

private func box(_ p: SIMD2<Double>, _ half: SIMD2<Double>) -> Double {
    let outside = SIMD2(abs(p.x), abs(p.y)) - half
    let corner = SIMD2(max(outside.x, 0), max(outside.y, 0))
    return length(corner) + min(max(outside.x, outside.y), 0)
}

/// The corners of a regular polygon, or of a star whose inner corners have radius `inner`.
private func regular(_ points: Int, inner: Double?) -> [SIMD2<Double>] {
    let count = inner == nil ? points : 2 * points
    return (0..<count).map { index in
        let angle = 2 * Double.pi * Double(index) / Double(count)
        let radius = index % 2 == 1 ? inner ?? 1 : 1
        return SIMD2(sin(angle), -cos(angle)) * radius
    }
}

/// The distance to the nearest edge, signed by the parity of crossings.
private func polygon(_ p: SIMD2<Double>, _ corners: [SIMD2<Double>]) -> Double {
    var (nearest, inside) = (Double.infinity, false)
    for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1)) {
        let (edge, offset) = (b - a, p - a)
        let along = min(1, max(0, (offset * edge).sum() / (edge * edge).sum()))
        nearest = min(nearest, length(offset - edge * along))
        if (a.y > p.y) != (b.y > p.y), p.x < a.x + edge.x * (p.y - a.y) / edge.y { inside.toggle() }
    }
    return inside ? -nearest : nearest
}

/// A saturated colour; `turn` in [0, 1) goes once around the wheel.
private func hue(_ turn: Double, value: Double) -> SIMD3<Double> {
    let channel = { (shift: Double) in
        let place = (turn * 6 + shift).truncatingRemainder(dividingBy: 6)
        return value * (1 - 0.85 * max(0, min(1, min(place, 4 - place))))
    }
    return SIMD3(channel(5), channel(3), channel(1))
}
