# Sourced by the benchmarks: a virtual environment of Python with packages, pinned, under .build/venv-NAME, made once.
environment() {
    local home=.build/venv-$1
    shift
    [ -f "$home/.has-$*" ] && return
    python3 -m venv "$home"
    "$home/bin/pip" install -q --disable-pip-version-check "$@" >&2
    touch "$home/.has-$*"
}
