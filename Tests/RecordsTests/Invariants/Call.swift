/// Calls of the functions that workers and publishers have, as SQL.
enum Call {
    /// Seals the job to do `kind`. `edges`: [[input, role], …] of the output `model`.
    static func complete(
        _ kind: String = "train",
        edges: String = #"[["dataset", "dataset"]]"#,
        epoch: Int = 1,
        outputs: String? = nil,
        metrics: String = "[]"
    ) -> String {
        """
        SELECT FROM queue.complete(story.job('\(kind)'), \(epoch),
            \(outputs ?? "story.outputs('\(kind)', 'model')"), story.edges('\(edges)'),
            '\(metrics)')
        """
    }

    /// Asks for a new job to do `kind` with `inputs`, an SQL expression each.
    static func submit(_ kind: String, _ inputs: String...) -> String {
        """
        SELECT queue.submit('test', 'm', gen_random_uuid(), '{}', jsonb_build_object(
            'kind', '\(kind)', 'spec', '{}'::jsonb,
            'inputs', jsonb_build_array(\(inputs.joined(separator: ", ")))))
        """
    }

    /// Asks for a new job that forgets a class for `request`.
    static func unlearn(for request: String, forgetting item: String) -> String {
        """
        SELECT queue.submit('test', 'm', gen_random_uuid(), '{}', '{"kind": "unlearn",
            "spec": {"method": "saddle", "forget": ["\(item)"]},
            "wanted": {"forget_request": "\(request)"}}')
        """
    }
}
