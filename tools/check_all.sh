#!/bin/sh
# check_all.sh: what ./check --all does beyond ./check: valgrind, clang, the thread sanitizer, a minute
# of each fuzzer, static analysis. The last line says how many passed, those of ./check among them.
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
    if "$@" >"build-all.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$name"
        tail -n 40 build-all.log | sed 's/^/  | /'
    fi
    rm -f build-all.log
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

analyze() {
    build build-analyze -Dtests=false -Dwerror=true -Dc_args=-fanalyzer
}

[ $# -eq 0 ] || count "$1"

say "Valgrind"
./check --valgrind >build-all.log || true
cat build-all.log
count "$(tail -n 1 build-all.log)"

say "The same with clang"
CC=clang build build-clang -Dwerror=true
tests build-clang

say "The thread sanitizer"
build build-tsan -Db_sanitize=thread -Db_lundef=false
TSAN_OPTIONS=halt_on_error=1 tests build-tsan threads leases asking telling study

say "Fuzzing"
CC=clang build build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
for folder in tests/fuzz/corpus/*; do
    one "fuzzing of ${folder##*/}" fuzz "${folder##*/}"
done

say "Static analysis"
one "gcc -fanalyzer" analyze
one "cppcheck" cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning \
    --inline-suppr -j 2 -I include -I src -I . \
    -D_GNU_SOURCE src trainer
one "shellcheck" shellcheck -x check demo tools/*.sh examples/shell/*.sh tests/fixtures/*.sh

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
