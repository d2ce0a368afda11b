extension Image {
    /// The largest centred square, resampled to `side` × `side` by averaging the area that each
    /// pixel covers.
    public func square(_ side: Int) -> Image {
        let edge = min(width, height)
        let (left, top) = ((width - edge) / 2, (height - edge) / 2)
        if edge == side, width == height { return self }
        var result = Image(width: side, height: side, filledWith: 0)
        let scale = Double(edge) / Double(side)
        for y in 0..<side {
            let rows = overlaps(Double(y) * scale, Double(y + 1) * scale, below: edge)
            for x in 0..<side {
                let columns = overlaps(Double(x) * scale, Double(x + 1) * scale, below: edge)
                for channel in 0..<3 {
                    var (sum, area) = (0.0, 0.0)
                    for (row, tall) in rows {
                        for (column, wide) in columns {
                            let place = 3 * ((top + row) * width + left + column) + channel
                            sum += tall * wide * Double(pixels[place])
                            area += tall * wide
                        }
                    }
                    result.pixels[3 * (y * side + x) + channel] = UInt8((sum / area).rounded())
                }
            }
        }
        return result
    }

    /// `images` of one size in rows of `columns`, `gap` white pixels apart, each pixel repeated
    /// `scale` × `scale` times.
    public static func grid(_ images: [Image], columns: Int, gap: Int = 2, scale: Int = 2) -> Image
    {
        guard let first = images.first else { return Image(width: 1, height: 1, filledWith: 255) }
        let (wide, tall) = (first.width * scale + gap, first.height * scale + gap)
        let rows = (images.count + columns - 1) / columns
        var sheet = Image(width: columns * wide + gap, height: rows * tall + gap, filledWith: 255)
        for (index, image) in images.enumerated() {
            let (left, top) = (gap + index % columns * wide, gap + index / columns * tall)
            for y in 0..<image.height * scale {
                for x in 0..<image.width * scale {
                    let from = 3 * (y / scale * image.width + x / scale)
                    let to = 3 * ((top + y) * sheet.width + left + x)
                    for channel in 0..<3 {
                        sheet.pixels[to + channel] = image.pixels[from + channel]
                    }
                }
            }
        }
        return sheet
    }
}

/// The pixels that the interval touches, each with the length of the overlap.
private func overlaps(_ start: Double, _ end: Double, below limit: Int) -> [(Int, Double)] {
    (Int(start)..<min(limit, Int(end.rounded(.up)))).map { pixel in
        (pixel, min(end, Double(pixel + 1)) - max(start, Double(pixel)))
    }
}
