/// Any key, to tell an object from everything else.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension CodingKey {
    /// The key as a spec writes it; a place in a list is its number.
    var inSnakeCase: String {
        if let intValue { return String(intValue) }
        return stringValue.reduce(into: "") { result, character in
            result += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }
}
