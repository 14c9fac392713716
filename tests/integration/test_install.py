#!/usr/bin/env python3
"""
test_install.py: what is installed, in a folder of the case's own: the program, its pages and
completions, and a library that programs of others find by pkg-config and by CMake.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import PATIENCE, ROOT, Skip, case, contains, equal, main  # noqa: E402

BUILD = os.environ['CAVIAR_BUILD']
SANITIZERS = os.environ.get('CAVIAR_SANITIZE', 'none')  # b_sanitize of the build
FLAGS = [] if SANITIZERS == 'none' else [f'-fsanitize={SANITIZERS}']

CONSUMER = """
#include <caviar.h>
#include <stdio.h>

int main(void)
{
    caviar_space *space = caviar_space_new();
    caviar_space_add(space, &(caviar_parameter){.name = "x", .low = 0, .high = 1});
    caviar_study *study;
    caviar_study_open(&(caviar_study_options){.space = space, .trial_budget = 3}, &study);
    caviar_trial *trial;
    while (caviar_study_ask(study, &trial) == CAVIAR_OK) {
        caviar_trial_tell_value(trial, caviar_trial_real(trial, "x"));
        caviar_trial_free(trial);
    }
    printf("%s %lld\\n", caviar_version(), (long long)caviar_study_trial_count(study));
    caviar_study_close(study);
    caviar_space_free(space);
}
"""

CMAKE = """
cmake_minimum_required(VERSION 3.18)
project(consumer C)
find_package(Caviar 0.1 REQUIRED)
add_executable(consumer consumer.c)
target_link_libraries(consumer Caviar::caviar)
"""


def run(box, *words, **env):
    done = subprocess.run(words, cwd=box.folder, env={**os.environ, **env}, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f'{words}:\n{done.stdout}\n{done.stderr}'
    return done.stdout


def tool(name):
    if not shutil.which(name):
        raise Skip(f'no {name} here')
    return name


STAGE = tempfile.TemporaryDirectory(prefix='caviar-test-')


def installed(box):
    """Installs into a folder that all cases share; answers the folder that the prefix is there."""
    if not os.listdir(STAGE.name):
        run(box, 'meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', STAGE.name)
    headers = glob.glob(os.path.join(STAGE.name, '**', 'include', 'caviar.h'), recursive=True)
    equal(len(headers), 1)
    return os.path.dirname(os.path.dirname(headers[0]))


def one(prefix, *names):
    found = glob.glob(os.path.join(prefix, '**', *names), recursive=True)
    assert found, f'nothing is installed as {names}'
    return found[0]


def is_fine(box, prefix, program):
    library = os.path.dirname(one(prefix, 'libcaviar.so'))
    equal(run(box, program, LD_LIBRARY_PATH=library), '0.1.0 3\n')


@case
def everything_has_its_place(box):
    prefix = installed(box)
    for names in (('bin', 'caviar'), ('bin', 'caviar-train'), ('man1', 'caviar.1'),
                  ('man1', 'caviar-import.1'), ('bash-completion', 'completions', 'caviar'),
                  ('site-functions', '_caviar'), ('vendor_completions.d', 'caviar.fish'),
                  ('pkgconfig', 'caviar.pc'), ('cmake', 'Caviar', 'CaviarConfig.cmake'),
                  ('libcaviar.so',), ('libcaviar.a',)):
        one(prefix, *names)
    contains(run(box, one(prefix, 'bin', 'caviar'), '--version'), 'caviar 0.1.0')


@case
def a_program_finds_the_library_by_pkg_config(box):
    tool('pkg-config')
    prefix = installed(box)
    box.file('consumer.c', CONSUMER)
    path = os.path.dirname(one(prefix, 'caviar.pc'))
    words = run(box, 'pkg-config', f'--define-variable=prefix={prefix}', '--cflags', '--libs',
                'caviar', PKG_CONFIG_PATH=path).split()
    assert f'-I{prefix}/include' in words, words
    run(box, 'cc', *FLAGS, '-o', 'consumer', 'consumer.c', *words)
    is_fine(box, prefix, './consumer')


@case
def a_program_finds_the_library_by_cmake(box):
    tool('cmake')
    prefix = installed(box)
    box.file('consumer.c', CONSUMER)
    box.file('CMakeLists.txt', CMAKE)
    run(box, 'cmake', '-S', '.', '-B', 'out', f'-DCMAKE_PREFIX_PATH={prefix}',
        f'-DCMAKE_C_FLAGS={" ".join(FLAGS)}')
    run(box, 'cmake', '--build', 'out')
    is_fine(box, prefix, './out/consumer')
    box.file('CMakeLists.txt', CMAKE.replace('0.1', '9.9'))
    done = subprocess.run(['cmake', '-S', '.', '-B', 'newer', f'-DCMAKE_PREFIX_PATH={prefix}'],
                          cwd=box.folder, capture_output=True, text=True, timeout=PATIENCE,
                          check=False)
    assert done.returncode != 0, done.stdout
    contains(done.stderr, '9.9', '0.1.0')


@case
def what_was_installed_can_be_moved(box):
    tool('cmake')
    prefix = installed(box)
    moved = box.path('elsewhere')
    shutil.copytree(prefix, moved, symlinks=True)
    box.file('consumer.c', CONSUMER)
    box.file('CMakeLists.txt', CMAKE)
    run(box, 'cmake', '-S', '.', '-B', 'out', f'-DCMAKE_PREFIX_PATH={moved}',
        f'-DCMAKE_C_FLAGS={" ".join(FLAGS)}')
    run(box, 'cmake', '--build', 'out')
    is_fine(box, moved, './out/consumer')


def links(box, name, folders, left_out):
    """A folder of links to all that is in some folders, but for these names."""
    made = box.path(name)
    os.mkdir(made)
    for folder in filter(os.path.isdir, folders):
        for entry in os.listdir(folder):
            link = os.path.join(made, entry)
            if entry not in left_out and not os.path.lexists(link):
                os.symlink(os.path.join(folder, entry), link)
    return made


@case
def what_is_listed_for_building_is_enough_to_configure(box):
    """As on a machine for ./demo, which has nothing of what is listed for other ends."""
    groups = {}
    with open(os.path.join(ROOT, 'packages.txt'), encoding='utf-8') as lines:
        for line in lines:
            words = line.split()
            if words and not line.startswith('#'):
                groups.setdefault(words[2], set()).add(words[1])
    others = [probe.split(':', 1) for probe, names in groups.items() if 'build' not in names]
    programs = {name for kind, name in others if kind == 'cmd'} - {'python3'}  # meson's own
    modules = {name + '.pc' for kind, name in others if kind == 'pc'}
    assert 'cmake' in programs and 'cmocka.pc' in modules
    path = subprocess.run(['pkg-config', '--variable', 'pc_path', 'pkg-config'], check=True,
                          capture_output=True, text=True).stdout.strip()
    env = {'PATH': links(box, 'bin', os.get_exec_path(), programs),
           'PKG_CONFIG_LIBDIR': links(box, 'pc', path.split(':'), modules)}
    run(box, 'meson', 'setup', ROOT, 'out', '-Dtests=false', '-Dweb=disabled', **env)


main()
