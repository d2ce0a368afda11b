public import Foundation

extension IncomingMessage {
    /// Reads a request to cancel from the control topic: a CloudEvent of type `job.cancel.v1` whose
    /// subject is the job, or a bare `{"cancel": JOB}`.
    ///
    /// - Throws: `SpecError` saying what is wrong.
    public func cancellation() throws(SpecError) -> UUID {
        try checkHeaders()
        let body = try value.flatMap { $0.isEmpty ? nil : $0 }.map(JSON.init(parsing:)) ?? .null
        if body["specversion"] != nil {
            return try cancelled(body["data"] ?? .null) { body[$0]?.string }
        }
        if headers["ce_specversion"] != nil { return try cancelled(body) { headers["ce_" + $0] } }
        return try id(body["cancel"]?.string, "cancel")
    }

    private func cancelled(
        _ data: JSON,
        _ attribute: (String) -> String?
    ) throws(SpecError) -> UUID {
        guard attribute("specversion") == "1.0" else {
            throw SpecError("specversion is '\(attribute("specversion") ?? "")'; it must be 1.0")
        }
        guard attribute("type") == "job.cancel.v1" else {
            throw SpecError(
                "the CloudEvent's type is '\(attribute("type") ?? "")'; here it must be job.cancel.v1"
            )
        }
        return try id(attribute("subject") ?? data["cancel"]?.string, "subject")
    }

    private func id(_ text: String?, _ field: String) throws(SpecError) -> UUID {
        guard let id = text.flatMap(UUID.init(uuidString:)) else {
            throw SpecError("\(field) is '\(text ?? "missing")'; it must be a job's id, a UUID")
        }
        return id
    }
}
