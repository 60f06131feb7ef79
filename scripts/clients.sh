#!/bin/sh
# Runs the published clients (OpenAI's, LangChain, pydantic-ai, LiteLLM, Vercel's AI SDK, mira-network) against the gateway, in one
# test run, after installing them on first use. With --install nothing is run. Where npm is missing or cannot install, the
# JavaScript ones are left out, and the run says so.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh clients

locked=tests/e2e/clients/package-lock.json
js=.venv-clients/js
if command -v npm >/dev/null 2>&1; then
    want=$(cksum <"$locked")
    if [ ! -f "$js/installed" ] || [ "$(cat "$js/installed")" != "$want" ]; then
        echo "probatum: installing locked JavaScript clients, once" >&2
        mkdir -p "$js"
        cp tests/e2e/clients/package.json "$locked" "$js"
        if npm ci --prefix "$js" --ignore-scripts --no-audit --no-fund --silent --fetch-retries 1 --fetch-timeout 60000 >&2; then
            echo "$want" >"$js/installed"
        else
            echo "probatum: npm cannot install them; the JavaScript clients are left out" >&2
            rm -rf "$js"
        fi
    fi
else
    echo "probatum: npm is not on the PATH; the JavaScript clients are left out" >&2
fi
if [ "${1:-}" = --install ]; then exit 0; fi
# One of the clients brings pytest-asyncio, which wants settings of its own.
PROBATUM_JS_CLIENTS=$PWD/$js exec .venv-clients/bin/python -m pytest -p no:asyncio tests/e2e/clients "$@"
