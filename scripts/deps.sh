#!/bin/bash
# Installs the Debian packages that the build and its tests need and that are missing, and checks for Swift 6.
# Does and asks nothing when all are there.
set -euo pipefail

packages=(
    libsimdjson-dev librocksdb-dev libssl-dev zlib1g-dev libzstd-dev libyaml-dev libmicrohttpd-dev libcurl4-openssl-dev librdkafka-dev python3-venv
    curl jq openssl kcat valgrind g++ openjdk-17-jdk-headless nodejs chromium
    zsh fish mandoc
)
pkg_config_names=(simdjson rocksdb libcrypto zlib libzstd yaml-0.1 libmicrohttpd libcurl rdkafka)
swift_major_min=6

fail() {
    printf 'deps: %s\n' "$@" >&2
    exit 1
}

check_swift() {
    local advice="install Swift $swift_major_min.0 or newer from https://www.swift.org/install/linux/ and put its usr/bin on the PATH"
    command -v swift >/dev/null || fail "swift is not on the PATH" "$advice"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $version ]] || fail "swift --version says nothing that can be read" "$advice"
    ((${version%%.*} >= swift_major_min)) || fail "Swift $version is too old" "$advice"
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Where there is no dpkg, the libraries may still be there under other package names.
check_without_dpkg() {
    local name absent=()
    for name in "${pkg_config_names[@]}"; do
        pkg-config --exists "$name" 2>/dev/null || absent+=("$name")
    done
    ((${#absent[@]} == 0)) || fail "no dpkg here, and pkg-config does not find: ${absent[*]}" \
        "install the development packages of these libraries (Debian calls them: ${packages[*]})"
}

install_packages() {
    local command="apt-get install -y --no-install-recommends $*" as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "missing packages: $*" "run this as root: apt-get update && $command"
        as_root=(sudo)
        # Without a terminal nobody can type a password.
        if [[ ! -t 0 ]]; then
            sudo -n true 2>/dev/null || fail "missing packages: $*" "run: sudo apt-get update && sudo $command"
        fi
    fi
    echo "deps: installing $*"
    "${as_root[@]}" apt-get update -q </dev/null || echo "deps: apt-get update failed; trying with the lists that are there" >&2
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command </dev/null
}

check_swift
if command -v dpkg-query >/dev/null; then
    missing=()
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi
else
    check_without_dpkg
fi
