#!/usr/bin/env bash
# Makes .deps/peer-registry, the Python environment of the ledger benchmark's peer: MLflow, whose
# registry keeps model versions in Postgres. Where that cannot be done it says why in one line, and
# the benchmark goes on without the peer.
set -euo pipefail
cd "$(dirname "$0")/.."

peer=.deps/peer-registry
packages=(mlflow==3.17.2 psycopg2-binary==2.9.10)

leave_out() {
    rm -rf "$peer"
    echo "peer-registry: $*; the benchmark goes on without it" >&2
    exit 0
}

[ "$(cat "$peer/version" 2>/dev/null)" != "${packages[*]}" ] || exit 0
rm -rf "$peer"
mkdir -p .deps
python3 -m venv "$peer" >/dev/null 2>&1 ||
    leave_out "python3 cannot make a virtual environment; install python3-venv"
"$peer/bin/python" -m pip install --quiet "${packages[@]}" >/dev/null 2>&1 ||
    leave_out "pip cannot install ${packages[0]}"
echo "${packages[*]}" > "$peer/version"
