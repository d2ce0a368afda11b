#!/usr/bin/env bash
# Makes .deps/peer, the Python environment of the benchmarks' peer. Where that cannot be done it says
# why in one line, and the benchmarks go on without the peer.
set -euo pipefail
cd "$(dirname "$0")/.."

peer=.deps/peer
torch_version=2.13.0
# What torch imports of its dependencies; its NVIDIA packages (several GB) are left out.
packages=("torch==$torch_version" typing_extensions sympy mpmath networkx jinja2 MarkupSafe
    filelock fsspec numpy)

leave_out() {
    rm -rf "$peer"
    echo "peer: $*; the benchmarks go on without it" >&2
    exit 0
}

[ "$(cat "$peer/version" 2>/dev/null)" != "$torch_version" ] || exit 0
rm -rf "$peer"
mkdir -p .deps
python3 -m venv "$peer" >/dev/null 2>&1 ||
    leave_out "python3 cannot make a virtual environment; install python3-venv"
"$peer/bin/python" -m pip install --quiet --no-deps "${packages[@]}" >/dev/null 2>&1 ||
    leave_out "pip cannot install ${packages[0]}"
"$peer/bin/python" -c 'import torch' >/dev/null 2>&1 ||
    leave_out "this torch wants NVIDIA's libraries; name a folder with a CPU wheel in PIP_FIND_LINKS"
echo "$torch_version" > "$peer/version"
