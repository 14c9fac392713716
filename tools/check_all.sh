#!/bin/sh
# check_all.sh: what ./check --all does beyond ./check: valgrind, clang, every fault of every verb, the
# thread sanitizer, a minute of each fuzzer, static analysis. The last line says how many passed,
# those of ./check among them.
#
#     check_all.sh ["N passed, N failed"]
#
# CAVIAR_FUZZ_SECONDS: how long each fuzzer runs (default 60).
set -eu
cd "$(dirname "$0")/.."
. tools/setup.sh

need build check all
unset CAVIAR_TEST_LONG # the slow repetitions were part of ./check

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# count "N passed, N failed": adds to both.
count() {
    passed=$((passed + ${1%% passed*}))
    left=${1##*passed, }
    failed=$((failed + ${left%% failed*}))
}

# one NAME COMMAND...: a part that passes or fails as a whole.
one() {
    name=$1
    shift
    if ("$@") >"$log" 2>&1; then # a part that exits ends only itself
        passed=$((passed + 1))
        return 0
    fi
    failed=$((failed + 1))
    printf 'FAILED %s\n' "$name"
    tail -n 40 "$log" | sed 's/^/  | /'
    return 1
}

# tests FOLDER [MESON TEST OPTIONS...]: the tests of a build.
tests() {
    folder=$1
    shift
    status=0
    meson test -C "$folder" --no-rebuild "$@" >"$folder/tests.log" 2>&1 || status=$?
    python3 tools/summary.py "$folder/meson-logs" "$status" >"$folder/summary.txt" || true
    cat "$folder/summary.txt"
    count "$(tail -n 1 "$folder/summary.txt")"
}

fuzz() {
    found=build-fuzz/found-$1
    mkdir -p "$found"
    # what is found goes to the first folder; the kept corpus is only read
    "build-fuzz/tests/fuzz_$1" -max_total_time="${CAVIAR_FUZZ_SECONDS:-60}" -max_len=4096 \
        -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$found/crash-" "$found" \
        "tests/fuzz/corpus/$1"
}

# build_with COMPILER FOLDER [MESON OPTIONS...]
build_with() {
    CC=$1
    export CC
    shift
    build "$@"
}

# Not those of its checks that do not follow codes and arenas: what an arena owns, what read(2)
# fills, a pointer that is NULL only where a code says so.
analyze() {
    flags=-fanalyzer
    for check in malloc-leak null-argument null-dereference use-of-uninitialized-value; do
        flags=$flags,-Wno-analyzer-$check
    done
    build build-analyze -Dtests=false -Dwerror=true "-Dc_args=$flags"
}

# By .clang-tidy, as the build with clang compiles them.
tidy() {
    find src trainer -name '*.c' -print0 | xargs -0 -n 20 -P 2 clang-tidy -p build-clang --quiet
}

[ $# -eq 0 ] || count "$1"

say "Valgrind"
./check --valgrind >"$log" || true
cat "$log"
count "$(tail -n 1 "$log")"

say "The same with clang"
if one "the build with clang" build_with clang build-clang -Dwerror=true; then
    tests build-clang

    say "Every fault of every verb (an hour and more)"
    CAVIAR_TEST_FAULTS=all
    export CAVIAR_TEST_FAULTS
    tests build-clang --timeout-multiplier 10 verbs verbs_postgresql
    unset CAVIAR_TEST_FAULTS
fi

say "The thread sanitizer"
if one "the build for it" build build-tsan -Db_sanitize=thread -Db_lundef=false; then
    TSAN_OPTIONS=halt_on_error=1
    export TSAN_OPTIONS
    tests build-tsan threads leases asking telling study
fi

say "Fuzzing"
if one "the build of the fuzzers" build_with clang build-fuzz -Dfuzz=true \
    -Db_sanitize=address,undefined -Db_lundef=false; then
    for folder in tests/fuzz/corpus/*; do
        one "fuzzing of ${folder##*/}" fuzz "${folder##*/}" || true
    done
fi

say "Building twice"
one "the same bytes from the same commit" tools/reproducible.sh -Dweb=enabled || true

say "Static analysis"
one "gcc -fanalyzer" analyze || true
one "clang-tidy" tidy || true
one "cppcheck" cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning \
    --inline-suppr --library=tools/cppcheck.cfg '--suppress=invalidFunctionArg:trainer/*' -j 2 -I include -I src -I . \
    -D_GNU_SOURCE src trainer || true
one "shellcheck" shellcheck -x check demo tools/*.sh examples/shell/*.sh tests/fixtures/*.sh tests/browser/*.sh || true

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
