#!/bin/sh
# Locks every dependency with hashes again, for Python 3.11 to 3.13. Needs uv and npm.
set -eu
cd "$(dirname "$0")/.."
lock() {
    out=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url "$@" -o "requirements/$out.txt"
}
lock build requirements/build.in
lock run pyproject.toml
lock test pyproject.toml requirements/test.in -c requirements/run.txt
lock clients pyproject.toml requirements/clients.in -c requirements/run.txt
npm install --prefix tests/e2e/clients --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --silent
