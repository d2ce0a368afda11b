-- What passed and would not pass by the rules of today is decided anew.
SELECT lineage.decide(v.artifact, v.request, v.evidence, 'policy')
FROM lineage.verdict v
JOIN lineage.evidence e ON e.seq = v.evidence
CROSS JOIN LATERAL lineage.judgement(v.evidence, lineage.policy_of(v.request, 'infinity')) due
WHERE v.result = 'pass' AND due.result <> 'pass'
    AND NOT EXISTS (SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq)
    AND NOT lineage.revoked(e.evaluator, 'infinity');
