#!/bin/sh
# pictures.sh: pictures.mjs with the programs of the folder build (or $BUILD), and what npm fetched.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build}
CAVIAR_WEB_PACKAGES=$("$root/tools/build_web.sh" "$root/web" --packages)
CAVIAR=$build/src/caviar CAVIAR_TRAIN=$build/trainer/caviar-train
export CAVIAR_WEB_PACKAGES CAVIAR CAVIAR_TRAIN
exec node "$root/bench/dashboard/pictures.mjs" "$@"
