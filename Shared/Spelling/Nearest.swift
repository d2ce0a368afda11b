/// The candidate closest to `word`, at most `most` edits away: what was meant, if `word` is a slip.
public func nearest(
    _ word: String,
    in candidates: some Sequence<String>,
    within most: Int
) -> String? {
    candidates.map { ($0, edits(word, $0)) }.filter { $0.1 <= most }.min { $0.1 < $1.1 }?.0
}

/// Levenshtein distance.
private func edits(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
            diagonal = above
        }
    }
    return row[b.count]
}
