"""Where does this model version come from? MLflow's registry on Postgres, beside the ledger.

Usage: mlflow_lineage.py URI VERSIONS [LEDGER], where URI is SQLAlchemy's of an empty database, such
as postgresql+psycopg2://user@/name?host=/socket/folder, and LEDGER is libpq's of a ledger that
ledger_graph.sql filled with as many artifacts, asked by the same program. Each version was made by
a run of its own from the version at half its number, which a tag of the run names: MLflow has no
edge between models.
"""

import json
import random
import sys
import time

import psycopg2
import sqlalchemy
from mlflow.tracking import MlflowClient

uri, versions = sys.argv[1], int(sys.argv[2])
client = MlflowClient(tracking_uri=uri, registry_uri=uri)
experiment = client.create_experiment("lineage")
run = client.create_run(experiment)
client.create_registered_model("model")
client.create_model_version("model", "file:///model", run.info.run_id)

# One of each through the client; the others as copies of those rows.
engine = sqlalchemy.create_engine(uri)


def copies(connection, table, changed):
    names = [
        c["name"] for c in sqlalchemy.inspect(engine).get_columns(table)
    ]
    values = ", ".join(changed.get(n, "t." + n) for n in names)
    connection.execute(
        sqlalchemy.text(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} t, "
            f"generate_series(2, {versions}) i"
        )
    )


with engine.begin() as connection:
    copies(connection, "runs", {"run_uuid": "md5(i::text)"})
    copies(connection, "model_versions", {"version": "i", "run_id": "md5(i::text)"})
    connection.execute(
        sqlalchemy.text(
            "INSERT INTO tags (key, value, run_uuid) SELECT 'parent', (i / 2)::text, md5(i::text) "
            f"FROM generate_series(2, {versions}) i"
        )
    )
with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
    connection.execute(sqlalchemy.text("ANALYZE"))


def parent(version):
    made = client.get_model_version("model", str(version))
    return client.get_run(made.run_id).data.tags.get("parent")


def root(version):
    hops = 0
    while (before := parent(version)) is not None:
        version, hops = before, hops + 1
    return hops


medians = {}


def measure(name, ask, rounds, by="mlflow"):
    random.seed(1)
    times, answers = [], []
    for round in range(rounds + 5):
        version = random.randint(2, versions)
        start = time.perf_counter()
        answers.append(ask(version))
        if round >= 5:
            times.append((time.perf_counter() - start) * 1000)
    times.sort()
    medians[name] = times[len(times) // 2]
    print(
        json.dumps(
            {
                "benchmark": "ledger",
                "by": by,
                "question": name,
                "versions": versions,
                "asked": rounds,
                "p50_ms": times[len(times) // 2],
                "p99_ms": times[len(times) * 99 // 100],
                "mean_hops": sum(a for a in answers if isinstance(a, int)) / len(answers),
            }
        )
    )


measure("parent of a model version", parent, 200)
measure("root of a model version, hop by hop", root, 50)

if len(sys.argv) > 3:
    ledger = psycopg2.connect(sys.argv[3])
    ledger.autocommit = True
    cursor = ledger.cursor()
    cursor.execute("SELECT encode(digest, 'hex') FROM lineage.artifact ORDER BY seq")
    digests = [row[0] for row in cursor.fetchall()]

    def origin(version):
        cursor.execute("SELECT * FROM lineage.original_of(%s)", (digests[version - 1],))
        return cursor.fetchone()[-1]

    measure("parent, original and root in one call", origin, 2000, by="palimpsest")
    ours = medians["parent, original and root in one call"]
    print(
        json.dumps(
            {
                "benchmark": "ledger",
                "by": "both",
                "question": "how many times as long the registry takes, medians",
                "versions": versions,
                "parent": medians["parent of a model version"] / ours,
                "root": medians["root of a model version, hop by hop"] / ours,
            }
        )
    )
