import Foundation
import Postgres
import Testing

/// The state machine in Postgres against `StateModel`, on random events.
@Suite(.timeLimit(.minutes(8)))
struct StateMachineProperties {
    /// Plays events on one job and answers `code state epoch` for each; one call is one transaction
    /// of many.
    private static let player = """
        CREATE FUNCTION pg_temp.play(job uuid, parent uuid, request jsonb, events text[])
        RETURNS text[] LANGUAGE plpgsql AS $play$
        #variable_conflict use_variable
        DECLARE
            event text;
            step text;
            now_epoch bigint;
            failure text;
            code text;
            answers text[] := '{}';
            manifest text := '{"content":"' || encode(sha256('x'), 'hex') || '","job":"' || job
                || '","output":"model"}';
            outputs jsonb := jsonb_build_array(jsonb_build_object(
                'name', 'model', 'kind', 'checkpoint', 'content', encode(sha256('x'), 'hex'),
                'bytes', 1, 'info', '{}'::jsonb, 'manifest', manifest
            ));
        BEGIN
            FOREACH event IN ARRAY events LOOP
                step := split_part(event, ':', 1);
                failure := split_part(event, ':', 3);
                now_epoch := coalesce((SELECT epoch FROM queue.job WHERE id = job), 0)
                    - split_part(event, ':', 2)::bigint;
                code := 'ok';
                BEGIN
                    CASE step
                    WHEN 'submit' THEN PERFORM queue.submit('t', 'm', job, 'x', request);
                    WHEN 'claim' THEN PERFORM queue.claim('{train}', gen_random_uuid(), 60);
                    WHEN 'renew' THEN PERFORM queue.renew(job, now_epoch, 60);
                    WHEN 'progress' THEN PERFORM queue.progress(job, now_epoch, 1, 9, '{}');
                    WHEN 'fail' THEN PERFORM queue.fail(job, now_epoch, failure, 'message', 0);
                    WHEN 'release' THEN PERFORM queue.release(job, now_epoch);
                    WHEN 'cancel' THEN PERFORM queue.cancel(job);
                    WHEN 'cancelled' THEN PERFORM queue.cancelled(job, now_epoch);
                    WHEN 'complete' THEN PERFORM queue.complete(
                        job, now_epoch, outputs,
                        '[{"output": "model", "input": "dataset", "role": "dataset"}]', '[]'
                    );
                    WHEN 'expire' THEN
                        UPDATE queue.job SET lease_expires_at = '-infinity'
                        WHERE id = job AND state IN ('running', 'cancelling');
                    WHEN 'reap' THEN PERFORM queue.reap();
                    WHEN 'parentFails' THEN PERFORM queue.cancel(parent);
                    WHEN 'parentSucceeds' THEN
                        UPDATE queue.job SET
                            state = 'running', epoch = epoch + 1, lease_owner = id,
                            lease_expires_at = 'infinity', started_at = now()
                        WHERE id = parent AND state = 'queued';
                        UPDATE queue.job SET
                            state = 'succeeded', lease_owner = NULL, lease_expires_at = NULL,
                            finished_at = now()
                        WHERE id = parent AND state = 'running';
                    END CASE;
                EXCEPTION WHEN OTHERS THEN code := SQLSTATE;
                END;
                answers := answers || (
                    code || ' ' || coalesce(
                        (SELECT state || ' ' || epoch FROM queue.job WHERE id = job), 'nil 0'
                    )
                );
            END LOOP;
            RETURN answers;
        END $play$
        """

    private static let failures = ["transient", "resource", "diverged", "lost", "permanent"]

    @Test func `fault 34: 10,000 random runs of the state machine do what the model does`() throws {
        let desk = try FaultDesk()
        let connection = desk.connection
        try connection.query(StateMachineProperties.player)
        let seed = UInt64.random(in: 0...UInt64.max)
        print("state machine: seed \(seed)")
        var random = SplitMix(state: seed)
        var (seen, terminal): (Set<String>, Int) = ([], 0)
        for run in 0..<10_000 {
            let hasParent = Bool.random(using: &random)
            let events = StateMachineProperties.events(&random)
            let answers = try play(events, hasParent: hasParent, connection)
            var model = StateModel(parent: hasParent ? .waiting : .none)
            for (index, event) in events.enumerated() {
                let code = model.follow(event)
                let expected = "\(code) \(model.state ?? "nil") \(model.epoch)"
                seen.insert(model.state ?? "nil")
                guard answers[index] == expected else {
                    let story = events.prefix(index + 1).map(\.text).joined(separator: " ")
                    Issue.record("run \(run): \(story) gave \(answers[index]), not \(expected)")
                    return
                }
            }
            if ["succeeded", "failed", "cancelled"].contains(model.state) { terminal += 1 }
        }
        #expect(seen.count == 9)
        #expect(terminal > 1_000)
    }

    private static func events(_ random: inout SplitMix) -> [StateModel.Event] {
        // Half of the events are those that lead on, so that runs get far.
        let leading: [StateModel.Step] = [.submit, .claim, .claim, .fail, .expire, .reap, .release]
        return (0..<Int.random(in: 4...24, using: &random)).map { _ in
            let isLeading = Bool.random(using: &random)
            let steps = isLeading ? leading : StateModel.Step.allCases
            return StateModel.Event(
                step: steps[Int.random(in: 0..<steps.count, using: &random)],
                isStale: Int.random(in: 0..<8, using: &random) == 0,
                failure: failures[Int.random(in: 0..<failures.count, using: &random)]
            )
        }
    }

    /// Each run leaves nothing, so that the next has the queue for itself.
    private func play(
        _ events: [StateModel.Event],
        hasParent: Bool,
        _ connection: Connection
    ) throws -> [String] {
        let (job, parent) = (UUID(), UUID())
        try connection.query("BEGIN")
        if hasParent {
            try connection.query(
                """
                SELECT queue.submit('t', 'p', $1::uuid, 'p', '{"kind": "distill", "spec": {}}')
                """,
                [.uuid(parent)]
            )
        }
        let after = hasParent ? #"["\#(parent.uuidString)"]"# : "[]"
        let rows = try connection.query(
            """
            SELECT array_to_json(pg_temp.play($1::uuid, $2::uuid, jsonb_build_object(
                'kind', 'train', 'spec', '{}'::jsonb, 'wanted', '{"dataset": "shapes"}'::jsonb,
                'inputs', queue.pin('{"dataset": "shapes"}'), 'after', $3::jsonb
            ), $4::text[])) AS answers
            """,
            [.uuid(job), .uuid(parent), .text(after), .array(events.map(\.text))]
        )
        let answers = try JSONDecoder().decode(
            [String].self,
            from: Data(rows[0].text("answers").utf8)
        )
        try connection.query("ROLLBACK")
        return answers
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): a failing run can be played again from its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
