/// One AsyncAPI 3 document about all topics; the bodies are in the JSON Schemas beside it.
enum AsyncAPI {
    static let document: JSON = [
        "asyncapi": "3.0.0",
        "info": [
            "title": "Palimpsest", "version": "1.0.0",
            "description": """
            Jobs for diffusion models, and what becomes of them. Attributes of CloudEvents 1.0 \
            are headers in binary mode; structured mode and, for jobs, a bare JSON body are \
            read too.
            """,
            "license": ["name": "Apache-2.0"],
        ],
        "defaultContentType": "application/json",
        "channels": .object(Dictionary(Topics.layout.map { ($0.name, channel($0)) }) { $1 }),
        "operations": .object(Dictionary(Topics.layout.map(operation)) { $1 }),
        "components": ["messages": .object(messages)],
    ]

    private static func channel(_ topic: Topics.Layout) -> JSON {
        let milliseconds = topic.retentionDays * 86_400_000
        return [
            "address": .string(topic.name),
            "messages": [message(on: topic.name): reference("components/messages", topic.name)],
            "bindings": [
                "kafka": [
                    "topic": .string(topic.name), "partitions": .int(topic.partitions),
                    "topicConfiguration": [
                        "cleanup.policy": .array(["delete"]), "retention.ms": .int(milliseconds),
                    ],
                    "bindingVersion": "0.5.0",
                ]
            ],
        ]
    }

    /// Workers receive jobs and control messages and send the others.
    private static func operation(_ topic: Topics.Layout) -> (String, JSON) {
        let sends = [Topics.events, Topics.deadLetters, Topics.lineage].contains(topic.name)
        let channel: JSON = ["$ref": .string("#/channels/\(topic.name)")]
        return (
            (sends ? "send." : "receive.") + topic.name,
            ["action": sends ? "send" : "receive", "channel": channel]
        )
    }

    private static func reference(_ place: String, _ topic: String) -> JSON {
        ["$ref": .string("#/\(place)/\(message(on: topic))")]
    }

    private static func message(on topic: String) -> String {
        switch topic {
        case Topics.events: "job.event.v1"
        case Topics.deadLetters: "dead-letter"
        case Topics.control: "job.cancel.v1"
        case Topics.lineage: "lineage.event"
        default: topic.replacing("jobs.", with: "job.").replacing(".v1", with: ".submit.v1")
        }
    }

    private static var messages: [String: JSON] {
        var messages: [String: JSON] = [
            "job.event.v1": [
                "headers": headers(type: ["pattern": "^job\\.[a-z_]+\\.v1$"]),
                "payload": payload("job.event.v1"), "bindings": key,
            ],
            "job.cancel.v1": [
                "headers": headers(type: ["const": "job.cancel.v1"]),
                "description": """
                Asks for the end of the job that is its subject; without the headers a bare \
                {"cancel": JOB} does too.
                """,
                "bindings": key,
            ],
            "lineage.event": [
                "description": """
                An OpenLineage run event (openlineage.io, 2-0-2): START of each attempt and one of \
                COMPLETE, FAIL and ABORT at its end, keyed by the run's id and so in order; or a \
                signed epoch of the ledger's log.
                """,
                "bindings": key,
            ],
            "dead-letter": [
                "description": """
                A message that could not become a job, its bytes and headers as they came, \
                with dlq.reason, dlq.detail and the __connect.errors.* headers added.
                """
            ],
        ]
        for kind in JobKind.allCases {
            let name = "job.\(kind.rawValue).submit.v1"
            messages[name] = [
                "headers": headers(type: ["const": .string(name)]), "payload": payload(name),
                "bindings": key,
            ]
        }
        return messages
    }

    private static let key: JSON = ["kafka": ["key": ["type": "string", "format": "uuid"]]]

    private static func payload(_ name: String) -> JSON {
        [
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": ["$ref": .string("./\(name).json")],
        ]
    }

    private static func headers(type: JSON) -> JSON {
        [
            "type": "object",
            "properties": [
                "ce_specversion": ["const": "1.0"], "ce_type": type,
                "ce_id": ["type": "string", "minLength": .int(1), "maxLength": .int(128)],
                "ce_source": ["type": "string", "minLength": .int(1)],
                "ce_subject": ["type": "string", "format": "uuid"],
                "content-type": ["const": "application/json"],
            ],
            "required": .array(["ce_specversion", "ce_type", "ce_id", "ce_source"]),
        ]
    }
}
