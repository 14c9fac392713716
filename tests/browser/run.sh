#!/bin/sh
# run.sh: the browser tests, with what npm fetched. Arguments are pieces of names: only those run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
CAVIAR_WEB_PACKAGES=$("$here/../../tools/build_web.sh" "$here/../../web" --packages)
export CAVIAR_WEB_PACKAGES
exec node "$here/dashboard.mjs" "$@"
