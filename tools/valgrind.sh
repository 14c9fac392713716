#!/bin/sh
# valgrind.sh: runs a test under valgrind. What is tested are caviar and caviar-train, too, where it
# is these that the test starts: it finds in CAVIAR and CAVIAR_TRAIN scripts of the same name, in a
# folder under-valgrind beside the programs, that start them under valgrind. An interpreter that
# runs a test is left alone.
set -eu
options="-q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
    --show-leak-kinds=definite --trace-children=no --child-silent-after-fork=yes"

# Prints the script's path.
wrap() {
    folder=$(dirname "$1")/under-valgrind
    script=$folder/$(basename "$1")
    mkdir -p "$folder"
    # shellcheck disable=SC2086 # these are words
    {
        echo '#!/bin/sh'
        echo exec valgrind $options "'$1'" '"$@"'
    } >"$script.$$"
    chmod +x "$script.$$"
    mv "$script.$$" "$script" # another test may be starting it
    echo "$script"
}

if [ -n "${CAVIAR:-}" ]; then
    CAVIAR=$(wrap "$CAVIAR")
    export CAVIAR
fi
if [ -n "${CAVIAR_TRAIN:-}" ]; then
    CAVIAR_TRAIN=$(wrap "$CAVIAR_TRAIN")
    export CAVIAR_TRAIN
fi
case $1 in
*python3* | *.sh) exec "$@" ;;
esac
# shellcheck disable=SC2086
exec valgrind $options "$@"
