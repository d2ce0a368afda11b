/// The members of a job message's body that all kinds share.
///
/// `JobRequest` reads them by hand, so they are written down again here; a test asks both about the
/// same bodies.
enum BodyFields {
    /// Those that `JobRequest` reads.
    static func known() throws(SpecError) -> [String: JSON] {
        let least: JSON = ["spec": ["method": "classifier"], "inputs": ["dataset": "any"]]
        let job = try JobRequest(least, kind: .train, fallbackID: JobEvent.example.jobId)
        let fields = numbers(job).merging(texts) { $1 }.merging(options) { $1 }
        return fields.filter { JobRequest.fields.contains($0.key) }
    }

    private static func numbers(_ unwritten: JobRequest) -> [String: JSON] {
        [
            "priority": [
                "type": "integer", "minimum": .int(0), "maximum": .int(9),
                "default": .int(unwritten.priority),
            ],
            "max_attempts": [
                "type": "integer", "minimum": .int(1), "maximum": .int(100),
                "default": .int(unwritten.maxAttempts),
            ],
        ]
    }

    private static let texts: [String: JSON] = [
        "job_id": .object(TypeSchema.uuid),
        // What `JobRequest.isName` says.
        "name": [
            "type": .array(["string", "null"]),
            "pattern": .string(
                "^(?![0-9a-fA-F]{12,}$)(?![0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$)"
                    + "[A-Za-z][A-Za-z0-9._-]{0,99}$"
            ),
        ],
    ]

    private static let options: [String: JSON] = [
        "after": [
            "type": .array(["array", "null"]), "items": .object(TypeSchema.uuid),
            "maxItems": .int(1_000),
            "description": "The jobs that must succeed first; not the job itself.",
        ],
        "not_before": time("Not claimed before this time."),
        "deadline": time("When the job fails if it is not done."),
        "max_runtime": [
            "type": .array(["number", "null"]), "exclusiveMinimum": .int(0),
            "maximum": .int(1_000_000_000), "description": "Seconds that one attempt may take.",
        ],
        "idempotency_key": [
            "type": .array(["string", "null"]), "minLength": .int(1), "maxLength": .int(200),
        ],
        "labels": [
            "type": .array(["object", "null"]), "maxProperties": .int(64),
            "additionalProperties": ["type": "string"],
            "description": "Names of at most 100 bytes, texts of at most 1000.",
        ],
        "resources": resources,
        "outputs": [
            "type": .array(["array", "null"]), "minItems": .int(1), "maxItems": .int(100),
            "items": .object(
                TypeSchema.object(
                    ["name": ["type": "string"], "kind": ["type": "string"]],
                    required: ["name", "kind"]
                )
            ),
            "description": "What the job must make; no name twice.",
        ],
    ]

    private static let resources: JSON = [
        "type": .array(["object", "null"]), "additionalProperties": .bool(false),
        "properties": [
            "device_class": [
                "type": .array(["string", "null"]), "pattern": "^[a-z][a-z0-9_-]{0,31}$",
            ],
            "memory_bytes": ["type": .array(["integer", "null"]), "minimum": .int(1)],
            "threads": [
                "type": .array(["integer", "null"]), "minimum": .int(1),
                "maximum": .int(1_000_000),
            ],
            "world_size": [
                "type": .array(["integer", "null"]), "minimum": .int(1), "maximum": .int(64),
                "description": "How many workers compute the job together.",
            ],
        ],
    ]

    private static func time(_ meaning: String) -> JSON {
        [
            "type": .array(["string", "null"]), "format": "date-time",
            "description": .string(meaning + " Such as 2026-01-31T12:00:00Z."),
        ]
    }
}
