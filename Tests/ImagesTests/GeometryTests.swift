import Images
import Testing

/// An image of one row or more whose channels all have the values given.
private func grey(width: Int, _ values: [UInt8]) -> Image {
    Image(
        width: width,
        height: values.count / width,
        pixels: values.flatMap { [$0, $0, $0] }
    )
}

/// The first channel of each pixel.
private func values(_ image: Image) -> [UInt8] {
    stride(from: 0, to: image.pixels.count, by: 3).map { image.pixels[$0] }
}

struct GeometryTests {
    /// Halving 2 × 2 blocks is their mean.
    @Test func `a smaller image has the means of the areas`() {
        let image = grey(width: 4, [0, 4, 8, 8, 8, 12, 8, 8, 1, 1, 0, 0, 1, 1, 0, 200])
        #expect(values(image.square(2)) == [6, 8, 1, 50])
    }

    /// 3 pixels on 2: each takes one and a half.
    @Test func `areas that split a pixel share it`() {
        let image = grey(width: 3, [0, 90, 180, 0, 90, 180, 0, 90, 180])
        #expect(values(image.square(2)) == [30, 150, 30, 150])
    }

    @Test func `the square is cut from the middle`() {
        let image = grey(width: 4, [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(values(image.square(2)) == [2, 3, 6, 7])
    }

    @Test func `a larger image repeats its pixels`() {
        let image = grey(width: 2, [1, 2, 3, 4])
        #expect(values(image.square(4)) == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    }

    @Test(arguments: [1, 2, 3, 5, 7, 31, 64, 100])
    func `one colour stays that colour at every size`(side: Int) {
        let square = Image(width: 33, height: 47, filledWith: 201).square(side)
        #expect(square.pixels.count == 3 * side * side)
        #expect(square.pixels.allSatisfy { $0 == 201 })
    }

    /// Two images of 1 × 1 side by side with 2 white pixels around and between, doubled.
    @Test func `a grid has a place for each image`() {
        let sheet = Image.grid([grey(width: 1, [10]), grey(width: 1, [20])], columns: 2)
        #expect(sheet.width == 10 && sheet.height == 6)
        let line = values(sheet)[20..<30]
        #expect(Array(line) == [255, 255, 10, 10, 255, 255, 20, 20, 255, 255])
    }
}
