#!/bin/sh
# reproducible.sh: does the same commit give the same bytes? Builds what git has of HEAD in two
# folders whose names and depths differ, and compares what is installed.
#
#     tools/reproducible.sh [MESON OPTIONS...]
set -eu
cd "$(dirname "$0")/.."

export CCACHE_DISABLE=1 # what is to be shown is that the compiler does it
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in one another/place/for-it; do
    mkdir -p "$work/$place"
    git archive HEAD | tar xf - -C "$work/$place"
    (
        cd "$work/$place"
        meson setup build --buildtype=release --prefix=/usr -Dtests=false "$@"
        ninja -C build
        DESTDIR=$work/files-of-${place%%/*} meson install -C build --no-rebuild
    ) >"$work/log" 2>&1 || {
        tail -n 40 "$work/log"
        exit 1
    }
done
diff -r "$work/files-of-one" "$work/files-of-another"
count=$(find "$work/files-of-one" -type f | wc -l)
echo "$count files, the same bytes in both"
[ "$count" -gt 0 ]
