#!/usr/bin/env bash
# Installs what is missing: Debian packages, and libtorch into .deps. With the word `build` only
# what the build needs, else also what tests and demo do.
set -euo pipefail
cd "$(dirname "$0")/.."

torch_version=2.13.0
packages=(libpq-dev librdkafka-dev libopenblas0 libssl-dev libyaml-dev
    libpng-dev libturbojpeg0-dev libarchive-dev libmicrohttpd-dev pkg-config)
[ "${1:-}" = build ] || packages+=(postgresql kcat docker-compose)

fail() { echo "setup: $*" >&2; exit 1; }

require_swift() {
    command -v swift >/dev/null || fail "swift is missing; install Swift 6.2 or later (swift.org/install)"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -1)
    [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -1)" = 6.2 ] ||
        fail "Swift $version is too old; install 6.2 or later (swift.org/install)"
}

missing_packages() {
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

install_packages() {
    local missing root=()
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "missing ${missing[*]}: run apt-get install as root"
        root=(sudo)
    fi
    # Debian would start a server of its own; the tests and the demo bring theirs.
    "${root[@]}" mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" | "${root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    echo "setup: installing ${missing[*]}"
    { "${root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >/dev/null; } || fail "apt-get cannot install ${missing[*]}"
}

download() {
    local folder=$1
    shift
    python3 -m pip download --quiet --no-deps --dest "$folder" "$@" ||
        fail "pip cannot download $*; set LIBTORCH to a libtorch folder"
}

# unpack FOLDER PACKAGE PREFIX…: the files of a downloaded package whose names begin so.
unpack() {
    python3 - "$@" <<'PYTHON'
import pathlib, sys, zipfile
folder, package, *prefixes = sys.argv[1:]
with zipfile.ZipFile(next(pathlib.Path(folder).glob(package + "-*.whl"))) as wheel:
    wheel.extractall(folder, [n for n in wheel.namelist() if n.startswith(tuple(prefixes))])
PYTHON
}

# PyPI's build for x86-64 is that for CUDA: its CPU library needs two small libraries of CUDA's to
# load. The kernels for a GPU are left out; with a GPU, set LIBTORCH to an installed torch.
without_cuda() {
    local work=$1
    download "$work" 'nvidia-cuda-runtime>=13.0,<13.1' 'nvidia-cuda-cupti>=13.0,<13.1'
    unpack "$work" nvidia_cuda_runtime nvidia/cu13/lib/libcudart.so
    unpack "$work" nvidia_cuda_cupti nvidia/cu13/lib/libcupti.so
    mv "$work"/nvidia/cu13/lib/* "$work/torch/lib/"
    rm "$work"/torch/lib/lib{torch_cuda,torch_cuda_linalg,c10_cuda,torch_nvshmem,caffe2_nvrtc}.so
}

# The Python package holds libtorch; pip only downloads it.
fetch_libtorch() {
    [ -z "${LIBTORCH:-}" ] || return 0
    [ "$(cat .deps/libtorch/version 2>/dev/null)" != "$torch_version" ] || return 0
    command -v python3 >/dev/null || fail "python3 is missing; install it, or set LIBTORCH"
    python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing; install python3-pip, or set LIBTORCH"
    echo "setup: fetching libtorch $torch_version"
    mkdir -p .deps
    local work
    work=$(mktemp -d .deps/fetch.XXXXXX)
    # Expanded now: the function's variable is gone when the script ends.
    trap "rm -rf '$work'" EXIT
    download "$work" "torch==$torch_version"
    unpack "$work" torch torch/lib/ torch/include/
    [ ! -e "$work/torch/lib/libtorch_cuda.so" ] || without_cuda "$work"
    rm -rf .deps/libtorch
    mv "$work/torch" .deps/libtorch
    echo "$torch_version" > .deps/libtorch/version
}

require_swift
install_packages
fetch_libtorch
