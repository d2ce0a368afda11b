-- A ledger as the seventh migration could fill it: data, training, distillation, unlearning twice
-- and an evaluation, each by a job that was submitted, claimed and completed.
CREATE SCHEMA old;

CREATE FUNCTION old.job(kind text, job_name text, spec jsonb, wanted jsonb, edges jsonb)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    id uuid := md5(kind || job_name)::uuid;
    body bytea := convert_to(spec::text || job_name, 'UTF8');
    content text := encode(sha256(convert_to(job_name, 'UTF8')), 'hex');
    inputs jsonb;
    held record;
BEGIN
    SELECT jsonb_agg(jsonb_build_object(
        'role', w.role, 'artifact', encode(a.digest, 'hex'),
        'content', encode(a.content_digest, 'hex'), 'kind', a.kind
    )) INTO inputs
    FROM jsonb_each_text(wanted) w (role, name)
    JOIN lineage.artifact a ON a.seq = lineage.resolve(w.name);
    PERFORM queue.submit(
        'old', job_name, id, kind, job_name, spec, body, sha256(body), inputs, 0, 3, 10
    );
    SELECT c.job, c.epoch INTO held FROM queue.claim(ARRAY[kind], gen_random_uuid(), 60) c;
    PERFORM queue.complete(
        held.job, held.epoch,
        jsonb_build_array(jsonb_build_object(
            'name', 'model', 'kind', CASE kind WHEN 'evaluate' THEN 'report' ELSE 'checkpoint' END,
            'content', content, 'bytes', 1, 'info', '{}'::jsonb, 'manifest',
            '{"content":"' || content || '","job":"' || id || '","output":"model"}'
        )),
        (SELECT jsonb_agg(jsonb_build_object(
            'output', 'model', 'input', e ->> 0, 'role', e ->> 1
        )) FROM jsonb_array_elements(edges) e),
        CASE kind WHEN 'evaluate' THEN
            '[{"name": "unlearning_accuracy", "value": 0.9, "subject": "subject"}]'
        ELSE '[]' END::jsonb
    );
END $$;

SELECT lineage.register_import(
    m, c, 'dataset', 'dataset', 1, '{}', 'folder', 'CC0', 'old-photos'
)
FROM sha256('old-photos') c
CROSS JOIN LATERAL convert_to(
    '{"content":"' || encode(c, 'hex') || '","import":"folder","output":"dataset"}', 'UTF8'
) m;
SELECT old.job('train', 'old-teacher', '{"method": "diffusion", "seed": 1}',
    '{"dataset": "old-photos"}', '[["dataset", "dataset"]]');
SELECT old.job('distill', 'old-student', '{}',
    '{"teacher": "old-teacher", "dataset": "old-photos"}',
    '[["teacher", "teacher"], ["teacher", "init"], ["dataset", "dataset"]]');
SELECT old.job('unlearn', 'old-forgetful', '{"method": "saddle", "forget": ["star"]}',
    '{"original": "old-student"}', '[["original", "init"], ["original", "anchor"]]');
SELECT old.job('unlearn', 'old-twice', '{"method": "saddle", "forget": ["ring"]}',
    '{"original": "old-forgetful"}', '[["original", "init"], ["original", "anchor"]]');
SELECT old.job('evaluate', 'old-report', '{"metrics": ["forgetting"]}',
    '{"subject": "old-forgetful", "original": "old-student"}',
    '[["subject", "eval_subject"], ["original", "reference"]]');
