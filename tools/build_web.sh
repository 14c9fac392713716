#!/bin/sh
# build_web.sh: builds the dashboard's page from web/ and puts it down for the linker.
#
#     build_web.sh SOURCE OUTPUT
#     build_web.sh SOURCE --packages    prints where what npm fetched is, for the tests
#
# SOURCE is the folder web/, OUTPUT gets page.S: the four files of the page, packed, each between two
# labels (src/serve/page.c). What npm fetches, and what was built from which sources, is kept in
# .cache/web beside SOURCE, so that several build folders share it.
set -eu

source=$(cd "$1" && pwd)
output=$2
cache=$(dirname "$source")/.cache/web
files='index.html app.js app.css icon.svg'

fail() {
    printf 'build_web.sh: %s\n' "$*" >&2
    exit 1
}

# hash FILE...: one name for the content of files.
hash() {
    cat "$@" | sha256sum | cut -c 1-20
}

# install FOLDER: what the lock file names, into a folder that is there only when it is complete.
install() {
    [ -d "$1/node_modules" ] && return
    rm -rf "$1.new"
    mkdir -p "$1.new"
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$1.new"
    (cd "$1.new" && npm ci --no-audit --no-fund --prefer-offline --loglevel error >npm.log 2>&1) || {
        cat "$1.new/npm.log" >&2
        fail "npm ci failed; -Dweb=disabled builds without the page"
    }
    rm -rf "$1"
    mv "$1.new" "$1"
}

# bundle WORK PAGE: the page from the sources, into the folder PAGE.
bundle() {
    [ -d "$2" ] && return
    rm -rf "$1/src" "$1/public" "$2.new"
    cp -R "$source/src" "$source/public" "$source/index.html" "$source/vite.config.ts" "$1/"
    (cd "$1" && npx --no-install vite build --logLevel warn --emptyOutDir --outDir "$2.new" >vite.log 2>&1) || {
        cat "$1/vite.log" >&2
        fail "vite could not build the page"
    }
    for file in $files; do [ -e "$2.new/$file" ] || fail "vite made no $file"; done
    mv "$2.new" "$2"
}

# label FILE: app.js -> cav_page_app_js
label() {
    printf 'cav_page_%s' "$(printf '%s' "$1" | tr . _)"
}

assemble() {
    printf '    .section .rodata\n'
    for file in $files; do
        gzip -9 -n -c "$1/$file" >"$output.$file.gz"
        name=$(label "$file")
        printf '    .global %s, %s_end, %s_tag\n' "$name" "$name" "$name"
        printf '%s:\n    .incbin "%s"\n%s_end:\n' "$name" "$output.$file.gz" "$name"
        printf '%s_tag:\n    .asciz "\\"%s\\""\n' "$name" "$(hash "$1/$file")"
    done
    printf '    .section .note.GNU-stack,"",%%progbits\n'
}

mkdir -p "$cache"
packages=$cache/packages-$(hash "$source/package.json" "$source/package-lock.json")
page=$cache/page-$(cd "$source" && find src public index.html vite.config.ts package-lock.json -type f ! -name '*.test.ts' |
    LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c 1-20)
exec 9>"$cache/lock"
flock 9 # one build at a time
if [ "$output" = --packages ]; then
    install "$packages"
    printf '%s\n' "$packages"
    exit
fi
if [ ! -d "$page" ]; then
    install "$packages"
    bundle "$packages" "$page"
fi
assemble "$page" >"$output"
