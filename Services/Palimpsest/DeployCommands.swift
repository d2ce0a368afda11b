import Commands
import Postgres

/// What those do who answer for verdicts, names and deployments.
let deployCommands = [
    Command(
        "lineage verdict",
        summary: "Judges an unlearned checkpoint again, under the policy in force.",
        arguments: ["REF", "REQUEST"],
        options: [Option("withdraw", help: "take the current verdict back instead")]
    ) { invocation in
        let values = invocation.arguments.map { Value.text($0) }
        if invocation.flag("withdraw") {
            try officer().query("SELECT lineage.withdraw_verdict($1, $2)", values)
            let (ref, request) = (invocation.arguments[0], invocation.arguments[1])
            print("the verdict on \(ref) for \(request) is withdrawn, with no other in its place")
        } else {
            try Answer(officer().query("SELECT * FROM lineage.judge($1, $2)", values)).show()
        }
    },
    Command(
        "lineage tag",
        summary: "Gives an artifact a name, which means it from now on.",
        arguments: ["REF", "NAME"]
    ) { invocation in
        let (ref, name) = (invocation.arguments[0], invocation.arguments[1])
        try officer().query("SELECT lineage.tag($1, $2)", [.text(ref), .text(name)])
        print("\(name) names \(ref)")
    },
    Command(
        "deploy",
        summary: "Says where an artifact is in use: live, drained, retired, blocked, blob_deleted.",
        arguments: ["REF", "ENVIRONMENT", "[EVENT]"]
    ) { invocation in
        let known = ["live", "drained", "retired", "blocked", "blob_deleted"]
        let (ref, place) = (invocation.arguments[0], invocation.arguments[1])
        let event = invocation.arguments.dropFirst(2).first ?? "live"
        guard known.contains(event) else {
            throw UsageError("EVENT got '\(event)'; known are \(known.joined(separator: ", "))")
        }
        guard place.wholeMatch(of: #/[A-Za-z][A-Za-z0-9._-]{0,99}/#) != nil else {
            throw UsageError(
                "ENVIRONMENT takes a letter and up to 99 letters, digits, dots, dashes and "
                    + "underscores, such as production"
            )
        }
        try officer().query(
            "SELECT lineage.deploy($1, $2, $3)",
            [.text(ref), .text(place), .text(event)]
        )
        print("\(ref) is \(event) in \(place)")
    },
]
