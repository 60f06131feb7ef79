#!/bin/sh
# Makes an environment on first use and whenever a lock file changed: locked dependencies with hashes, then this project.
# Usage: setup.sh run|test|clients. Says what it does on stderr; prints nothing when there is nothing to do.
set -eu
kind=$1
cd "$(dirname "$0")/.."
case $kind in
    clients) home=.venv-clients ;; # the published clients bring much that nobody else needs
    *) home=.venv ;;
esac
stamp=$home/installed-$kind
want=$(cat "requirements/$kind.txt" requirements/build.txt pyproject.toml | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0

fits() { command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
if [ ! -x "$home/bin/python" ]; then
    for python in python3 python3.13 python3.12 python3.11 none; do
        if fits "$python"; then break; fi
    done
    [ "$python" != none ] || { echo "probatum: needs Python 3.11, 3.12 or 3.13 on the PATH" >&2; exit 2; }
    echo "probatum: making $home with $("$python" --version)" >&2
    "$python" -m venv "$home"
fi
echo "probatum: installing locked dependencies ($kind), once" >&2
pip() { "$home/bin/python" -m pip --disable-pip-version-check --quiet "$@" >&2; }
pip install --require-hashes -r requirements/build.txt
pip install --require-hashes -r "requirements/$kind.txt"
pip install --no-deps --no-build-isolation --editable .
echo "$want" >"$stamp"
