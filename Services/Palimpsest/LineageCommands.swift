import Commands
import Foundation
import Postgres

/// The questions of an auditor; a REF is a name, a digest or at least twelve digits of one, or the
/// id of a finished job.
let lineageCommands = Question.all.map(\.command) + [treeCommand, pathCommand, weightPathCommand]

let asJSON = Option("json", help: "print JSON")

extension Question {
    fileprivate var command: Command {
        Command(
            "lineage " + name,
            summary: summary,
            arguments: arguments,
            options: options.map { Option($0.name, "VALUE", help: $0.help) } + [asJSON]
        ) { invocation in
            let (call, values) = try ask(invocation)
            if invocation.flag("json") { return try print(document(call, values)) }
            let database = try Connections.find().openDatabase()
            try Answer(database.query("SELECT * FROM \(call)", values)).show()
        }
    }

    /// The call of the function, with its values as parameters.
    private func ask(_ invocation: Invocation) throws -> (call: String, values: [Value]) {
        var values = try zip(arguments, invocation.arguments).map { name, text in
            let name = name.trimmingCharacters(in: ["[", "]"])
            return try QuestionValue(argument: name).parameter(text, for: name)
        }
        var terms = values.indices.map { "$\($0 + 1)" }
        for option in options {
            guard let text = invocation.value(option.name) else { continue }
            values.append(try option.value.parameter(text, for: "--" + option.name))
            terms.append("\(option.parameter) => $\(values.count)")
        }
        // Untyped, so that each takes the type of its parameter.
        return ("lineage.\(function)(\(terms.joined(separator: ", ")))", values)
    }
}
