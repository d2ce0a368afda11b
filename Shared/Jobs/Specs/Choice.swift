/// One of a few words in a spec; a wrong one is refused with the words that are right.
public protocol Choice: RawRepresentable<String>, CaseIterable, Codable, Sendable {}

extension Choice {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let word = try container.decode(String.self)
        guard let choice = Self(rawValue: word) else {
            let known = Self.allCases.map(\.rawValue)
            let hint = nearest(word, in: known).map { "; did you mean '\($0)'?" } ?? ""
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "is '\(word)'; it must be one of "
                    + known.joined(separator: ", ") + hint
            )
        }
        self = choice
    }
}
