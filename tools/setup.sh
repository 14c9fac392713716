# shellcheck shell=sh
# setup.sh: sourced by ./demo and ./check: installs what is missing, builds.
# POSIX sh. The list of packages is in packages.txt.

say() {
    printf '\033[1m%s\033[0m\n' "$*" >&2
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# has PROBE: is it there? See packages.txt.
has() {
    case $1 in
    cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
    pc:*) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "${1#pc:}" ;;
    file:*) [ -e "${1#file:}" ] ;;
    lib:*)
        command -v cc >/dev/null 2>&1 &&
            printf '#include <stdio.h>\nint main(void){return 0;}\n' |
            cc -x c - -l"${1#lib:}" -o /dev/null 2>/dev/null
        ;;
    *) fail "packages.txt: unknown probe $1" ;;
    esac
}

# missing GROUP...: the packages of these groups that are not there.
missing() {
    while read -r package group probe _; do
        case $package in '' | '#'*) continue ;; esac
        for wanted in "$@"; do
            if [ "$group" = "$wanted" ] && ! has "$probe"; then printf '%s ' "$package"; fi
        done
    done <packages.txt
}

# need GROUP...: installs what is missing of these groups.
need() {
    packages=$(missing "$@")
    [ -z "$packages" ] && return 0
    command -v apt-get >/dev/null 2>&1 ||
        fail "These packages are missing (Debian's names), and there is no apt-get here:
  $packages
Install them in your system's way; packages.txt says what each is for."
    root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            fail "These packages are missing; install them as root:
  apt-get install --no-install-recommends $packages"
        root=sudo
    fi
    say "Installing: $packages"
    apt_log=$(mktemp)
    $root apt-get update -q >/dev/null || fail "apt-get update failed"
    # shellcheck disable=SC2086 # a list of words
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 \
        $packages >"$apt_log" 2>&1 || {
        cat "$apt_log" >&2
        fail "apt-get install failed"
    }
    rm -f "$apt_log"
    left=$(missing "$@")
    [ -z "$left" ] || fail "still missing after the installation: $left"
}

# build FOLDER [MESON OPTIONS...]: configures if need be, and builds.
build() {
    folder=$1
    shift
    log=$folder.log
    if [ ! -e "$folder/build.ninja" ]; then
        meson setup "$folder" "$@" >"$log" 2>&1 || {
            cat "$log" >&2
            fail "meson setup failed"
        }
    fi
    ninja -C "$folder" >"$log" 2>&1 || {
        tail -n 60 "$log" >&2
        fail "the build failed"
    }
    rm -f "$log"
}
