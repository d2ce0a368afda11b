import Foundation
import Images

/// Labelled images of one size, as formats have them that keep many in one file.
struct PackedImages {
    let width: Int
    let height: Int
    let classes: [String]
    let labels: [Int]
    /// Rows of red, green, blue, one image after the other.
    let pixels: [UInt8]

    /// The centred squares, of `resolution` pixels a side or else as large as they are.
    ///
    /// - Throws: `ImportError` for a side that no dataset can have.
    func dataset(resolution: Int?) throws -> Dataset {
        let side = try usable(resolution ?? min(width, height))
        var images = Data(capacity: labels.count * 3 * side * side)
        let size = 3 * width * height
        for start in stride(from: 0, to: pixels.count, by: size) {
            let image = Image(
                width: width,
                height: height,
                pixels: Array(pixels[start..<start + size])
            )
            images.append(contentsOf: image.square(side).planar)
        }
        return Dataset(resolution: side, classes: classes, labels: labels, images: images)
    }
}

/// Names for labels that have none.
///
/// - Throws: `ImportError` naming the `file` whose labels do not count from 0 to at most 255.
func numberedClasses(_ labels: [Int], of file: String) throws -> [String] {
    guard let most = labels.max(), let least = labels.min() else {
        throw ImportError("\(file) holds no label")
    }
    guard least >= 0, most <= 255 else {
        throw ImportError("\(file) has labels from \(least) to \(most); 0 to 255 are usable")
    }
    return (0...most).map(String.init)
}
