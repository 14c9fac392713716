#!/bin/sh
# valgrind.sh: runs a test under valgrind. One that is a script starts the program under it by itself
# (CAVIAR_TEST_VALGRIND); an interpreter is not what is tested.
case $1 in
*python3* | *.sh) exec "$@" ;;
esac
exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
    --trace-children=no "$@"
