#!/usr/bin/env bash
# Makes the Python environments of the benchmarks' peers: .deps/peer (PyTorch), .deps/peer-queue
# (procrastinate) and .deps/peer-registry (MLflow). Where one cannot be made it says why in one line,
# and the benchmarks go on without that peer.
set -euo pipefail
cd "$(dirname "$0")/.."

torch_version=2.13.0
# What torch imports of its dependencies; its NVIDIA packages (several GB) are left out.
torch=("torch==$torch_version" typing_extensions sympy mpmath networkx jinja2 MarkupSafe filelock
    fsspec numpy)
procrastinate_version=3.10.0
mlflow_version=3.17.2

# make_peer FOLDER VERSION MODULE HINT PIP-ARGUMENT...
make_peer() {
    local folder=.deps/$1 version=$2 module=$3 hint=$4
    shift 4
    [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ] || return 0
    rm -rf "$folder"
    mkdir -p .deps
    if ! python3 -m venv "$folder" >/dev/null 2>&1; then
        hint="python3 cannot make a virtual environment; install python3-venv"
    elif ! "$folder/bin/python" -m pip install --quiet "$@" >/dev/null 2>&1; then
        hint="pip cannot install $module $version"
    elif "$folder/bin/python" -c "import $module" >/dev/null 2>&1; then
        echo "$version" > "$folder/version"
        return 0
    fi
    rm -rf "$folder"
    echo "peer: $hint; the benchmarks go on without it" >&2
}

make_peer peer "$torch_version" torch \
    "this torch wants NVIDIA's libraries; name a folder with a CPU wheel in PIP_FIND_LINKS" \
    --no-deps "${torch[@]}"
make_peer peer-queue "$procrastinate_version" procrastinate \
    "procrastinate $procrastinate_version does not start" \
    "procrastinate==$procrastinate_version" "psycopg[binary]"
make_peer peer-registry "$mlflow_version" mlflow "MLflow $mlflow_version does not start" \
    "mlflow==$mlflow_version" psycopg2-binary==2.9.10
