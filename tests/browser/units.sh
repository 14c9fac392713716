#!/bin/sh
# units.sh: the types and the unit tests of the dashboard's page. TAP.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
packages=$("$root/tools/build_web.sh" "$root/web" --packages)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/web/." "$work"
rm -rf "$work/node_modules"
ln -s "$packages/node_modules" "$work/node_modules"
cd "$work"
echo 1..2
status=0

# one NUMBER NAME COMMAND...
one() {
    number=$1 name=$2
    shift 2
    if "$@" >log 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' log
        status=1
    fi
}

one 1 "the types fit" npx --no-install tsc --noEmit
one 2 "the page's own unit tests pass" npx --no-install vitest run
exit $status
