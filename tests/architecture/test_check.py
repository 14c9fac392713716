#!/usr/bin/env python3
"""
test_check.py: every rule of check.py fails on a tree that breaks it, names the file and the line,
and no other rule fails with it. Prints TAP.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# A tree that keeps every rule.
GOOD = {
    "meson.build": "project('x', 'c',\n    version: '1.2.3')\n",
    "include/caviar.h": """/**
 * caviar.h: the public header.
 */
#ifndef CAVIAR_H
#define CAVIAR_H

#include <stdint.h>

#define CAVIAR_VERSION_MAJOR 1
#define CAVIAR_VERSION_MINOR 2
#define CAVIAR_VERSION_PATCH 3

int64_t caviar_one(void);

#endif
""",
    "src/base/text.h": """/**
 * text.h: a header.
 */
#ifndef CAV_BASE_TEXT_H
#define CAV_BASE_TEXT_H

struct text;

#endif
""",
    "src/base/text.c": """/**
 * text.c: a file. It may speak of sprintf (and of printf) in a comment.
 */
#include "base/text.h"

#include "caviar.h"

static const char *const words[] = {"exit(1);", "int global;"};

struct text {
    int inner;
    int (*call)(void);
};

int64_t caviar_one(void)
{
    static const int one = 1;
    int local;
    local = one;
    return local + words[0][0];
}
""",
    "src/space/point.c": """/**
 * point.c: a file of the floor above.
 */
#include "base/text.h"
""",
    "src/cli/main.c": """/**
 * main.c: the program, which may print.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    printf("%s", getenv("HOME"));
    exit(0);
}
""",
    "trainer/train.c": """/**
 * train.c: the trainer.
 */
#include "caviar.h"
""",
}


def opening(name):
    return f"/**\n * {name}: a file.\n */\n"


LONG_FUNCTION = opening("long.c") + "int f(void);\n\nint f(void)\n{\n" + "    f();\n" * 69 + "}\n"
JUST_SO = LONG_FUNCTION.replace("    f();\n", "", 1).replace("long.c", "just.c")
HEADER = ("/**\n * {0}.h: a header.\n */\n"
          "#ifndef CAV_BASE_{1}_H\n#define CAV_BASE_{1}_H\n{2}\n#endif\n")


def header(name, body="", guard=None):
    return HEADER.format(name, guard or name.upper(), body)


# What is put into the good tree; a piece of the rule's title, or None where all must hold; and
# where the fault is.
CASES = [
    ({}, None, None),
    ({"src/space/up.c": opening("up.c") + '#include "trial/state.h"\n'}, "lower floors",
     "src/space/up.c:4"),
    ({"src/store/side.c": opening("side.c") + '\n#include "search/sampler.h"\n'}, "lower floors",
     "src/store/side.c:5"),
    ({"src/study/down.c": opening("down.c") + '#include "search/sampler.h"\n'}, None, None),
    ({"src/attic/box.c": opening("box.c")}, "lower floors", "src/attic/box.c:1"),
    ({"examples/verb.c": opening("verb.c") + '#include "cli/verb.h"\n'}, "headers of cli",
     "examples/verb.c:4"),
    ({"trainer/deep.c": opening("deep.c") + '#include "base/text.h"\n'}, "the trainer includes",
     "trainer/deep.c:4"),
    ({"include/more.h": header("more", "#include <math.h>")}, "public header",
     "include/more.h:6"),
    ({"include/more.h": header("more", '#include "stdint.h"')}, "public header",
     "include/more.h:6"),
    ({"src/base/wide.c": opening("wide.c") + "// " + "x" * 98 + "\n"}, "no line is longer",
     "src/base/wide.c:4"),
    ({"src/base/wide.c": opening("wide.c") + "// " + "ü" * 97 + "\n"}, None, None),
    ({"src/base/high.c": opening("high.c") + "// x\n" * 798}, "no file is longer",
     "src/base/high.c:801"),
    ({"src/base/high.c": opening("high.c") + "// x\n" * 797}, None, None),
    ({"src/base/long.c": LONG_FUNCTION}, "no function is longer", "src/base/long.c:7"),
    ({"src/base/just.c": JUST_SO}, None, None),
    ({"src/base/bare.h": "/**\n * bare.h: a header.\n */\n#define X 1\n"}, "has a guard",
     "src/base/bare.h:1"),
    ({"src/base/other.h": header("other", guard="TEXT")}, "has a guard", "src/base/text.h:1"),
    ({"src/base/lone.h": header("lone", "size_t f(void);")}, "compiles alone", "src/base/lone.h:1"),
    ({"src/base/mute.c": "int f(void);\n"}, "comment that names it", "src/base/mute.c:1"),
    ({"src/base/mute.c": opening("other.c")}, "comment that names it", "src/base/mute.c:1"),
    ({"src/cli/shell.c": opening("shell.c") + 'int f(void)\n{\n    return system("ls");\n}\n'},
     "starts a shell", "src/cli/shell.c:6"),
    ({"trainer/old.c": opening("old.c") + "int f(char *s)\n{\n    return atoi(s);\n}\n"},
     "starts a shell", "trainer/old.c:6"),
    ({"src/base/speak.c": opening("speak.c") + 'void f(void)\n{\n    printf("x");\n}\n'},
     "neither prints", "src/base/speak.c:6"),
    ({"src/run/client.c": opening("client.c") + 'void f(void)\n{\n    getenv("X");\n}\n'},
     "neither prints", "src/run/client.c:6"),
    ({"src/run/pool.c": opening("pool.c") + 'void f(void)\n{\n    getenv("X");\n}\n'}, None, None),
    ({"src/base/safe.c": opening("safe.c") + "void f(x *y)\n{\n    y->exit(1);\n"
                                             "    my_exit(1);\n}\n"}, None, None),
    ({"src/base/state.c": opening("state.c") + "int counter;\n"}, "no state", "src/base/state.c:4"),
    ({"src/base/state.c": opening("state.c") + "static struct a b = {1};\n"}, "no state",
     "src/base/state.c:4"),
    ({"src/base/state.c": opening("state.c") + "static char buffer[10][20];\n"}, "no state",
     "src/base/state.c:4"),
    ({"src/base/state.c": opening("state.c") + "int f(void)\n{\n    static int calls;\n"
                                               "    return calls++;\n}\n"},
     "no state", "src/base/state.c:6"),
    ({"src/base/laid.c": opening("laid.c") + "int  f( void );\n"}, "clang-format",
     "src/base/laid.c:4"),
    ({"docs/later.md": "one\n" + "TO" + "DO: more\n"}, "to be done later", "docs/later.md:2"),
    ({"src/base/later.c": opening("later.c") + "// X" + "XX\n"}, "to be done later",
     "src/base/later.c:4"),
    ({"docs/name.md": "mkdtemp takes caviar-" + "X" * 6 + "\n"}, None, None),
    ({"docs/place.md": "see /ho" + "me/me/notes\n"}, "path of one machine", "docs/place.md:1"),
    ({"docs/place.md": "from registry.npm" + "js.org\n"}, "path of one machine", "docs/place.md:1"),
    ({"docs/place.md": "as in src/home/x.c and ../work/y\n"}, None, None),
    ({"meson.build": "project('x', 'c',\n    version: '1.2.4')\n"}, "same version",
     "meson.build:1"),
]


def make_tree(root, more):
    for name, text in {**GOOD, **more}.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    shutil.copy(os.path.join(HERE, "..", "..", ".clang-format"), root)


def run_check(root):
    """The titles of the rules that failed, those that were skipped, and the whole output."""
    run = subprocess.run([sys.executable, os.path.join(HERE, "check.py"), "--root", root],
                         capture_output=True, text=True)
    failed = re.findall(r"^not ok \d+ - (.*)$", run.stdout, re.M)
    skipped = re.findall(r"^ok \d+ - (.*) # SKIP", run.stdout, re.M)
    return failed, skipped, run.stdout + run.stderr, run.returncode


def fault_of(more, title, place):
    """What is wrong with check.py's answer to a tree; None if nothing is."""
    with tempfile.TemporaryDirectory() as root:
        make_tree(root, more)
        failed, skipped, output, status = run_check(root)
    if title and any(title in other for other in skipped):
        return None
    if bool(failed) != bool(status):
        return f"status {status} with {len(failed)} failures:\n{output}"
    if title is None:
        return f"a good tree fails:\n{output}" if failed else None
    if len(failed) != 1 or title not in failed[0]:
        return f"expected '{title}' alone to fail:\n{output}"
    return None if f"# {place}: " in output else f"no '# {place}: ' in:\n{output}"


def main():
    print(f"1..{len(CASES)}")
    failures = 0
    for number, (more, title, place) in enumerate(CASES, 1):
        fault = fault_of(more, title, place)
        failures += fault is not None
        names = ", ".join(more) or "nothing"
        what = f"{place} breaks '{title}'" if title else f"{names} breaks no rule"
        print(f"{'not ok' if fault else 'ok'} {number} - {what}")
        for line in (fault or "").splitlines():
            print(f"# {line}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
