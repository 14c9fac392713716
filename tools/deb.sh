#!/bin/sh
# deb.sh: builds the Debian packages from the files that git has, and holds them against lintian.
#
#   tools/deb.sh [FOLDER]        where the packages go; default: build-deb
#
# Needs debhelper, dh-python, dpkg-dev and lintian (packages.txt has the rest). What npm fetched for
# the page of the dashboard is taken from .cache/web; CAVIAR_MESON_OPTIONS=-Dweb=disabled does
# without.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root/build-deb}"
out=$(cd "${1:-$root/build-deb}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/caviar"
git -C "$root" ls-files -z --cached --others --exclude-standard |
    (cd "$root" && xargs -0 ls -d 2>/dev/null) |
    tar -C "$root" -cf - -T - | tar -C "$work/caviar" -xf -
if [ -d "$root/.cache/web" ]; then
    mkdir -p "$work/caviar/.cache"
    cp -R "$root/.cache/web" "$work/caviar/.cache/web"
fi

cd "$work/caviar"
export DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-parallel=2} noautodbgsym"
dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >"$out/build.log" 2>&1 ||
    { tail -30 "$out/build.log" >&2; exit 1; }
mv "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$out"
cd "$out"
lintian --fail-on error,warning ./*.changes

# What a machine would have that installs them starts, and finds its library.
for package in ./*.deb; do
    dpkg-deb -x "$package" "$work/installed"
done
library=$(dirname "$(find "$work/installed" -name libcaviar.so.1)")
LD_LIBRARY_PATH=$library "$work/installed/usr/bin/caviar" --version
LD_LIBRARY_PATH=$library "$work/installed/usr/bin/caviar-train" --help >/dev/null
(cd "$work" && LD_LIBRARY_PATH=$library PYTHONPATH=$work/installed/usr/lib/python3/dist-packages \
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '
import caviar
study = caviar.create_study(sampler="random", seed=1)
study.optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=5)
print("python3-caviar: five trials, best", study.best_value)')
ls ./*.deb
