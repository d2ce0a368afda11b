import CYAML
public import Foundation

extension JSON {
    /// Reads one YAML document of maps, lists and scalars; JSON is a subset.
    ///
    /// Anchors and aliases are refused, so a small text cannot grow into a large value.
    /// - Throws: `SpecError` with the line.
    public init(yaml text: Data) throws(SpecError) {
        guard text.count <= JSON.limits.bytes else {
            throw SpecError("the file is too long; at most \(JSON.limits.bytes) bytes are read")
        }
        let reader = YAMLReader(text)
        self = try reader.document()
    }
}

/// libyaml's events as a tree.
private final class YAMLReader {
    private var parser = yaml_parser_t()
    private let bytes: [UInt8]

    init(_ text: Data) {
        bytes = Array(text)
        yaml_parser_initialize(&parser)
    }

    deinit { yaml_parser_delete(&parser) }

    func document() throws(SpecError) -> JSON {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSON, SpecError> in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            do throws(SpecError) {
                _ = try next()  // stream start
                let first = try next()
                guard first.type == YAML_DOCUMENT_START_EVENT else {
                    throw SpecError("the file is empty")
                }
                let value = try node(next(), depth: 0)
                _ = try next()  // document end
                guard try next().type == YAML_STREAM_END_EVENT else {
                    throw SpecError("the file holds more than one document; one job a file")
                }
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private struct Event {
        let type: yaml_event_type_t
        let line: Int
        let scalar: String
        let plain: Bool
        let anchored: Bool
    }

    private func next() throws(SpecError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
            throw SpecError("line \(parser.problem_mark.line + 1): \(problem)")
        }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        var (scalar, plain, anchored) = ("", false, event.type == YAML_ALIAS_EVENT)
        if event.type == YAML_SCALAR_EVENT {
            let data = event.data.scalar
            let text = UnsafeBufferPointer(start: data.value, count: data.length)
            scalar = String(decoding: text, as: UTF8.self)
            plain = data.style == YAML_PLAIN_SCALAR_STYLE
            anchored = data.anchor != nil
        }
        if event.type == YAML_MAPPING_START_EVENT {
            anchored = event.data.mapping_start.anchor != nil
        }
        if event.type == YAML_SEQUENCE_START_EVENT {
            anchored = event.data.sequence_start.anchor != nil
        }
        return Event(type: event.type, line: line, scalar: scalar, plain: plain, anchored: anchored)
    }

    private func node(_ event: Event, depth: Int) throws(SpecError) -> JSON {
        guard !event.anchored else {
            throw SpecError(
                "line \(event.line): anchors and aliases are not read; write the value out"
            )
        }
        guard depth <= JSON.limits.depth else {
            throw SpecError("line \(event.line): nests deeper than \(JSON.limits.depth)")
        }
        switch event.type {
        case YAML_SCALAR_EVENT:
            return event.plain ? plainScalar(event.scalar) : .string(event.scalar)
        case YAML_SEQUENCE_START_EVENT: return try list(depth: depth)
        case YAML_MAPPING_START_EVENT: return try map(depth: depth)
        default: throw SpecError("line \(event.line): a value is missing")
        }
    }

    private func list(depth: Int) throws(SpecError) -> JSON {
        var items: [JSON] = []
        while true {
            let event = try next()
            if event.type == YAML_SEQUENCE_END_EVENT { return .array(items) }
            guard items.count < JSON.limits.items else {
                throw SpecError("line \(event.line): a list is longer than \(JSON.limits.items)")
            }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private func map(depth: Int) throws(SpecError) -> JSON {
        var members: [String: JSON] = [:]
        while true {
            let key = try next()
            if key.type == YAML_MAPPING_END_EVENT { return .object(members) }
            guard key.type == YAML_SCALAR_EVENT, members[key.scalar] == nil else {
                throw SpecError("line \(key.line): '\(key.scalar)' is not a new key")
            }
            members[key.scalar] = try node(next(), depth: depth + 1)
        }
    }
}

/// YAML 1.2's core schema: null, booleans and numbers; everything else is text.
private func plainScalar(_ text: String) -> JSON {
    switch text {
    case "", "~", "null": .null
    case "true": .bool(true)
    case "false": .bool(false)
    default: Int(text).map(JSON.int) ?? number(text) ?? .string(text)
    }
}

private func number(_ text: String) -> JSON? {
    guard text.first.map({ $0.isNumber || "-+.".contains($0) }) == true, let value = Double(text),
        value.isFinite
    else { return nil }
    return .double(value)
}
