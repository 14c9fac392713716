#!/usr/bin/env python3
"""
test_python_library.py: what python/caviar/_library.py repeats of include/caviar.h is what stands
there: functions, structures, words; and how the library is found.
"""
import ctypes
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import preloaded  # noqa: E402
from harness import ROOT, case, contains, equal, main, read  # noqa: E402

if __name__ == '__main__':
    preloaded.begin()
else:
    sys.path.insert(0, preloaded.PACKAGE)
from caviar import _library, errors  # noqa: E402

HEADER = re.sub(r'/\*.*?\*/', '', read(os.path.join(ROOT, 'include', 'caviar.h')), flags=re.S)
SIMPLE = {
    'void': None, 'bool': ctypes.c_bool, 'double': ctypes.c_double, 'int64_t': ctypes.c_int64,
    'uint32_t': ctypes.c_uint32, 'size_t': ctypes.c_size_t, 'unsigned': ctypes.c_uint,
    'const char *': ctypes.c_char_p, 'caviar_value *': ctypes.c_void_p,
    'int64_t *': ctypes.POINTER(ctypes.c_int64), 'double *': ctypes.POINTER(ctypes.c_double),
    'size_t *': ctypes.POINTER(ctypes.c_size_t),
}


def python_type(words):
    """The type of ctypes that a type of C is."""
    plain = words.replace('const ', '')
    if words in SIMPLE or plain in SIMPLE:
        return SIMPLE.get(words, SIMPLE.get(plain))
    handle = re.fullmatch(r'caviar_(space|study|trial) (\*+)', plain)
    if handle:
        return ctypes.c_void_p if len(handle[2]) == 1 else ctypes.POINTER(ctypes.c_void_p)
    name, _, star = plain.partition(' ')
    if name in _library.STRUCTURES:
        return ctypes.POINTER(_library.STRUCTURES[name]) if star else _library.STRUCTURES[name]
    return ctypes.POINTER(ctypes.c_int) if star else ctypes.c_int  # an enumeration


def parameter_type(words):
    found = re.fullmatch(r'(.*?)(\w+)', words.strip(), flags=re.S)
    return python_type(' '.join(found[1].split()))


def prototypes():
    """The header's functions: {name: (what it returns, [what it takes])}"""
    found = {}
    pattern = r'CAVIAR_API\s+([^;()]+?)(caviar_\w+)\(([^;]*)\);'
    for result, name, taken in re.findall(pattern, HEADER):
        arguments = [] if taken.strip() == 'void' else taken.split(',')
        found[name] = (python_type(' '.join(result.split())),
                       [parameter_type(words) for words in arguments])
    return found


@case
def every_signature_is_the_headers(_):
    functions = prototypes()
    assert len(functions) > 40, sorted(functions)
    for name, signature in _library.SIGNATURES.items():
        assert name in functions, f'{name} is not in caviar.h'
        equal((name, *signature), (name, *functions[name]))


@case
def every_structure_lies_in_memory_as_the_compiler_lays_it_out(box):
    lines, expected = [], []
    for name, kind in _library.STRUCTURES.items():
        lines.append(f'printf("%zu\\n", sizeof({name}));')
        expected.append(ctypes.sizeof(kind))
        for field, *_ in kind._fields_:
            place = 'truth' if field == 'content' else field
            lines.append(f'printf("%zu\\n", offsetof({name}, {place}));')
            expected.append(getattr(kind, field).offset)
    source = box.file('layout.c', '#include "caviar.h"\n#include <stdio.h>\nint main(void) {\n' +
                      '\n'.join(lines) + '\nreturn 0; }\n')
    include = os.path.join(ROOT, 'include')
    subprocess.run(['cc', '-I', include, '-o', box.path('layout'), source], check=True)
    printed = subprocess.run([box.path('layout')], capture_output=True, text=True, check=True,
                             env={**os.environ, 'LD_PRELOAD': ''})
    equal([int(line) for line in printed.stdout.split()], expected)


@case
def structures_have_all_fields_of_the_header(_):
    for name, kind in _library.STRUCTURES.items():
        body = re.search(r'typedef struct ' + name + r' \{(.*?)\n\} ' + name + ';', HEADER,
                         flags=re.S)[1]
        body = re.sub(r'union \{.*?\};', 'union content;', body, flags=re.S)
        fields = [re.sub(r'\[.*', '', field).split()[-1].lstrip('*')
                  for line in body.split(';') if line.strip() for field in line.split(',')]
        equal((name, [field for field, *_ in kind._fields_]), (name, fields))


def words_of(table):
    body = re.search(rf'#define {table}\(X\)(.*?)\n\n', HEADER, flags=re.S)[1]
    return re.findall(r'X\((\w+), "([^"]*)"', body)


@case
def words_of_the_tables_are_the_headers(_):
    equal(list(_library.STATES), [word for _, word in words_of('CAVIAR_STATES')])
    equal(list(_library.REASONS), [word for _, word in words_of('CAVIAR_REASONS')])
    equal(list(_library.TYPES), [word for _, word in words_of('CAVIAR_TYPES')])
    equal(list(_library.SCALES), [word for _, word in words_of('CAVIAR_SCALES')])
    equal(list(_library.VERDICTS), [word for _, word in words_of('CAVIAR_VERDICTS')])
    bits = re.findall(r'X\(\w+, "(\w+)", (\d+)\)', HEADER)
    equal(_library.ABILITIES, {word: int(bit) for word, bit in bits})


@case
def there_is_an_exception_for_every_code(_):
    equal(sorted(errors.BY_CODE), sorted(word for _, word in words_of('CAVIAR_CODES')
                                         if word != 'ok'))


@case
def a_missing_library_is_an_error_that_says_what_to_install(box):
    script = ('import caviar\ntry:\n    caviar.load_study("x.db")\n'
              'except ImportError as problem:\n    print(type(problem).__name__, problem)')
    env = {**os.environ, 'CAVIAR_LIBRARY': box.path('libnone.so')}
    found = subprocess.run([sys.executable, '-c', script], env=env, capture_output=True, text=True,
                           check=True)
    contains(found.stdout, 'LibraryError', 'libnone.so', 'libcaviar1', 'CAVIAR_LIBRARY')


@case
def the_side_of_a_trial_needs_no_library_and_imports_little(box):
    script = ('import sys, caviar\ncaviar.report(1, loss=0.5)\n'
              'print([name for name in ("ctypes", "json", "socket", "typing") '
              'if name in sys.modules])')
    env = {**os.environ, 'CAVIAR_LIBRARY': box.path('libnone.so'),
           'PYTHONPATH': os.path.join(ROOT, 'python')}
    found = subprocess.run([sys.executable, '-S', '-c', script], env=env, capture_output=True,
                           text=True, check=True)  # without what is in site-packages
    equal(found.stdout, 'caviar: step=1 loss=0.5\n[]\n')


@case
def the_package_says_which_library_it_belongs_to(_):
    import caviar
    equal(_library.load().caviar_version().decode(), caviar.__version__)


if __name__ == '__main__':
    main()
