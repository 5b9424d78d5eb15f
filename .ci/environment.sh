# Functions that ./run and ./test share. POSIX sh; sourced from the repository's first folder.

say() { printf '%s\n' "$*" >&2; }

debian_root() { [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# debian_install PACKAGE... : install on Debian as root; return 1 elsewhere.
debian_install() {
    debian_root || return 1
    say "Installing $* with apt-get ..."
    if [ -z "${apt_is_fresh:-}" ]; then
        apt-get update -qq || return 1
        apt_is_fresh=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# find_python : print the first Python that is 3.11 or newer.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

make_venv() {
    if ! python=$(find_python); then
        debian_install python3 python3-venv || true
        python=$(find_python) || {
            say "Porchlight needs Python 3.11 or newer, and there is none here."
            say "Install it (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv; macOS: brew install python)."
            exit 1
        }
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        debian_install python3-venv || {
            say "$python has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv)."
            exit 1
        }
    fi
    say "Making .venv with $("$python" --version) ..."
    "$python" -m venv .venv
}

# What the installed package is made from: when none of it changed, nothing has to be installed again.
inputs_of() {
    {
        cat "$@" pyproject.toml hatch_build.py .venv/pyvenv.cfg
        find porchlight/places porchlight/site/locale -type f ! -name '*.pyc' ! -name '*.bin' ! -name '*.mo' |
            LC_ALL=C sort | xargs cat
    } | cksum
}

# environment NAME LOCK... : have .venv hold exactly what the locks say, and this package.
environment() {
    stamp=.venv/porchlight-$1
    shift
    if ! new_enough .venv/bin/python; then
        rm -rf .venv
        make_venv || return 1
    fi
    made_from=$(inputs_of "$@")
    [ "$(cat "$stamp" 2>/dev/null)" != "$made_from" ] || return 0
    say "Installing what $* names into .venv ..."
    files=
    for lock in "$@"; do files="$files -r $lock"; done
    pip="python -m pip install --quiet --disable-pip-version-check"
    # The tests use a part of it, which Python compiles as it goes: sooner done than all of it ahead.
    [ "$stamp" != .venv/porchlight-test ] || pip="$pip --no-compile"
    # shellcheck disable=SC2086 # the names hold no spaces
    .venv/bin/$pip --require-hashes $files || return 1
    # shellcheck disable=SC2086
    .venv/bin/$pip --no-deps --no-build-isolation --editable . || return 1
    printf '%s\n' "$made_from" >"$stamp"
}
