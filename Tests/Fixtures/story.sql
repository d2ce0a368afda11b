-- The small fixed graph of Documentation/lineage.md.
SELECT story.data('photos'), story.data('clean');
SELECT story.train('judge', 'clean');
SELECT story.train('teacher', 'photos');
SELECT story.distill('old-student', 'teacher', 'clean');
SELECT lineage.set_gate('lab', false);
SELECT lineage.deploy('old-student', 'lab');
SELECT story.request('wish', ARRAY['photos'], clock_timestamp() + interval '1 minute');
SELECT story.unlearn('forgetful', 'teacher', 'wish');
SELECT story.evaluate('forgetful', 'teacher', 0.99, 0.1);
SELECT story.unlearn('timid', 'teacher', 'wish');
SELECT story.evaluate('timid', 'teacher', 0.4, 0.02);
SELECT lineage.correct('lineage.metric', max(m.seq), 'entered_twice') FROM lineage.metric m;
SELECT story.unlearn('twice', 'forgetful', 'wish');
SELECT story.evaluate('twice', 'forgetful', 0.99, 0.2);
SELECT story.evaluate('twice', 'teacher', 0.99, 0.3);
SELECT story.distill('new-student', 'forgetful', 'clean');
SELECT lineage.deploy('new-student', 'production');
SELECT story.distill('late-student', 'teacher', 'clean');
SELECT lineage.deploy('late-student', 'lab');
SELECT story.train('relapse', 'photos', 'forgetful');
SELECT story.seal(
    'train', 'teacher-again', '{"dataset": "photos"}', '[["dataset", "dataset"]]',
    '{"method": "diffusion", "seed": 1}', '[]', 'checkpoint', 'teacher'
);
SELECT story.unlearn('unchanged', 'teacher', 'wish', NULL, 'teacher');
