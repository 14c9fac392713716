#!/usr/bin/env python3
"""
check.py: the rules of docs/architecture.md and CONTRIBUTING.md that a program can hold. Prints TAP:
one case a rule, and under a case that fails each offending file and line.

    tests/architecture/check.py [--root DIR] [--cc "COMPILER"]
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# Floors of the rooms under src/: a file may include headers of its own room and of lower floors.
FLOORS = {
    "base": 1,
    "space": 2,
    "trial": 3,
    "surrogate": 4,
    "search": 5, "schedule": 5, "store": 5, "insight": 5, "config": 5,
    "study": 6,
    "run": 7, "exchange": 7,
    "serve": 8,
    "cli": 9,
}

# Rooms, and files of other rooms, that only the program has; everything else is the library.
PROGRAM_ROOMS = {"cli", "serve", "run", "exchange"}
LIBRARY_FILES = {"src/run/client.c"}

MOST_FUNCTION_LINES = 70
MOST_FILE_LINES = 800
MOST_COLUMNS = 100

# No code may call these, nor may the library call those.
BANNED = ["strcpy", "strcat", "sprintf", "vsprintf", "gets", "atoi", "atol", "atof", "strtok",
          "system", "popen", "rand", "srand", "alloca", "setlocale"]
BANNED_IN_LIBRARY = ["getenv", "secure_getenv", "printf", "vprintf", "fprintf", "vfprintf", "puts",
                     "putchar", "perror", "exit", "_exit", "quick_exit", "abort"]

# Exceptions, and why each may be there.
CALLED = {
    ("src/cli/main.c", "setlocale"): "only for how wide characters are on the terminal",
}
STATE = {
    ("src/base/number.c", "c_locale"): "made once and never changed",
    ("src/base/number.c", "once"): "guards the making of c_locale",
    ("src/run/loop.c", "pool"): "libuv hands no context to its allocator",
    ("src/run/loop.c", "way_back"): "nor a signal to its handler; set only while a loop begins",
    ("src/study/worker.c", "count"): "tells the workers of one process apart",
}

SKIPPED_FOLDERS = re.compile(r"^(build.*|\..*|node_modules|__pycache__)$")

# Written in pieces, since no file may have them whole.
UNFINISHED = "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"])
MACHINE_PATHS = "|".join("/" + folder + "/" for folder in ["home", "root", "work", "Users", "mnt"])
REGISTRIES = "|".join(name + r"\." + top for name, top in [
    ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"), ("pypi", "org"),
    ("pythonhosted", "org"), ("crates", "io"), ("rubygems", "org"), (r"proxy\.golang", "org"),
    (r"deb\.debian", "org"), (r"archive\.ubuntu", "com")])


class Tree:
    """The files of a working copy: those that git knows, or all where there is no git."""

    def __init__(self, root, compiler):
        self.root = root
        self.compiler = compiler
        self.files = sorted(self.tracked() or self.walked())
        self.texts = {}
        self.codes = {}

    def tracked(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return []
        found = subprocess.run(["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                                "--exclude-standard"], capture_output=True, text=True)
        names = found.stdout.split("\0") if found.returncode == 0 else []
        return [name for name in names if name and os.path.isfile(self.path(name))]

    def walked(self):
        names = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if not SKIPPED_FOLDERS.match(name)]
            for name in files:
                names.append(os.path.relpath(os.path.join(folder, name), self.root))
        return names

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        """The text of a file; empty for one that is no UTF-8 text."""
        if name not in self.texts:
            try:
                with open(self.path(name), encoding="utf-8") as file:
                    self.texts[name] = file.read()
            except UnicodeDecodeError:
                self.texts[name] = ""
        return self.texts[name]

    def code(self, name):
        """The text with comments, strings and characters as blanks; lines stay where they are."""
        if name not in self.codes:
            self.codes[name] = blank(self.text(name))
        return self.codes[name]

    def c_files(self, *folders, endings=(".c", ".h")):
        return [name for name in self.files if name.endswith(endings)
                and (not folders or name.split("/")[0] in folders)]


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    return TOKENS.sub(lambda token: re.sub(r"[^\n]", " ", token.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def numbered(text):
    return enumerate(text.split("\n"), 1)


def room_of(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_library(name):
    room = room_of(name)
    return name in LIBRARY_FILES or (room is not None and room not in PROGRAM_ROOMS)


# --- includes -------------------------------------------------------------------------------------

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(tree, name):
    for number, line in numbered(tree.text(name)):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def check_floors(tree):
    """a file includes headers of its own room and of lower floors only"""
    for name in tree.c_files("src"):
        room = room_of(name)
        if room not in FLOORS:
            yield name, 1, f"the room of this file has no floor; add '{room}' to FLOORS"
            continue
        for number, _, header in includes(tree, name):
            other = header.split("/")[0] if "/" in header else None
            if other in FLOORS and other != room and FLOORS[other] >= FLOORS[room]:
                yield name, number, (f"floor {FLOORS[room]} ({room}) includes {header} of floor "
                                     f"{FLOORS[other]}")


def check_cli(tree):
    """nothing but the program itself includes headers of cli"""
    for name in tree.c_files():
        if room_of(name) == "cli" or name.startswith("tests/"):
            continue
        for number, _, header in includes(tree, name):
            if header.startswith("cli/"):
                yield name, number, f"includes {header}"


def check_trainer(tree):
    """the trainer includes caviar.h and its own headers only"""
    for name in tree.c_files("trainer"):
        for number, _, header in includes(tree, name):
            if header.split("/")[0] in FLOORS:
                yield name, number, f"includes {header}, which is not for users of the library"


def check_public_header(tree):
    """the public header includes <std...> only"""
    for name in tree.c_files("include"):
        for number, kind, header in includes(tree, name):
            if kind != "<" or not header.startswith("std"):
                yield name, number, f"includes {header}"


# --- sizes ----------------------------------------------------------------------------------------

def check_lines(tree):
    """no line is longer than the limit"""
    for name in tree.c_files() + [name for name in tree.files if name.endswith(".py")]:
        for number, line in numbered(tree.text(name)):
            if len(line) > MOST_COLUMNS:
                yield name, number, f"{len(line)} columns, more than {MOST_COLUMNS}"


def check_files(tree):
    """no file is longer than the limit"""
    for name in tree.c_files() + [name for name in tree.files if name.endswith(".py")]:
        count = tree.text(name).count("\n")
        if count > MOST_FILE_LINES:
            yield name, count, f"{count} lines, more than {MOST_FILE_LINES}"


def functions(code):
    """Name, first and last line of each function whose braces stand in the first column."""
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            head = " ".join(lines[max(0, start - 6):start - 1])
            names = re.findall(r"(\w+)\s*\(", head)
            yield names[-1] if names else "?", start, number
            start = None


def check_functions(tree):
    """no function is longer than the limit"""
    for name in tree.c_files(endings=(".c", ".h")):
        for function, first, last in functions(tree.code(name)):
            if last - first + 1 > MOST_FUNCTION_LINES:
                yield name, first, (f"{function} has {last - first + 1} lines, more than "
                                    f"{MOST_FUNCTION_LINES}")


# --- headers and openings -------------------------------------------------------------------------

def check_guards(tree):
    """every header has a guard of its own"""
    seen = {}
    for name in tree.c_files(endings=(".h",)):
        guard = re.match(r"\s*#ifndef (\w+_H)\n#define (\w+)\n", tree.code(name))
        if not guard or guard.group(1) != guard.group(2) or not closes(tree.code(name)):
            yield name, 1, "does not open with #ifndef ..._H, #define ..._H and end with #endif"
        elif guard.group(1) in seen:
            yield name, 1, f"has the guard of {seen[guard.group(1)]}, {guard.group(1)}"
        else:
            seen[guard.group(1)] = name


def closes(code):
    return code.rstrip().endswith("#endif")


def package_flags(tree):
    """What pkg-config says of the packages that the meson.build files name."""
    flags = []
    for name in tree.files:
        if os.path.basename(name) != "meson.build" or not shutil.which("pkg-config"):
            continue
        for package in re.findall(r"dependency\('([\w.+-]+)'", tree.text(name)):
            found = subprocess.run(["pkg-config", "--cflags", package], capture_output=True,
                                   text=True)
            flags += shlex.split(found.stdout) if found.returncode == 0 else []
    return flags


def compile_header(tree, name, flags):
    command = tree.compiler + ["-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall"] + flags
    command += ["-I" + tree.path(folder) for folder in ["include", "src", "tests", "."]]
    run = subprocess.run(command + ["-x", "c", "-"], capture_output=True, text=True,
                         input=f'#include "{tree.path(name)}"\n')
    errors = [line for line in run.stderr.splitlines() if "error:" in line or "warning:" in line]
    return run.returncode, errors[0] if errors else run.stderr.strip()


def check_headers_alone(tree):
    """every header compiles alone"""
    if not shutil.which(tree.compiler[0]):
        raise Skip(f"there is no {tree.compiler[0]}")
    names, flags = tree.c_files(endings=(".h",)), package_flags(tree)
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda name: compile_header(tree, name, flags), names)
        for name, (status, error) in zip(names, results):
            if status:
                yield name, 1, error


def check_openings(tree):
    """every C file opens with a comment that names it"""
    for name in tree.c_files():
        if not tree.text(name).startswith(f"/**\n * {os.path.basename(name)}: "):
            yield name, 1, f"does not open with '/**' and ' * {os.path.basename(name)}: '"


# --- what code may not do -------------------------------------------------------------------------

def calls(tree, names, words):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(words) + r")\s*\(")
    for name in names:
        code = tree.code(name)
        for found in pattern.finditer(code):
            yield name, line_of(code, found.start()), found.group(1)


def check_banned(tree):
    """nothing calls what is unsafe, depends on the locale or starts a shell"""
    for name, number, word in calls(tree, tree.c_files("src", "trainer", "include"), BANNED):
        if (name, word) not in CALLED:
            yield name, number, f"calls {word}"


def check_library(tree):
    """the library neither prints nor exits nor reads the environment"""
    names = [name for name in tree.c_files("src") if is_library(name)]
    for name, number, word in calls(tree, names, BANNED_IN_LIBRARY):
        yield name, number, f"calls {word}"


STATIC = re.compile(r"^[ \t]*static\s+(?!const\b|inline\b)[^;{}()=]*?\b(\w+)\s*"
                    r"((?:\[[^\]]*\]\s*)*)(=|;)", re.M)
GLOBAL = re.compile(r"^(?!static\b|extern\b|typedef\b|return\b|struct \w+;|enum \w+;)"
                    r"[A-Za-z_][\w\s*]*?\b(\w+)\s*((?:\[[^\]]*\]\s*)*)(=|;)", re.M)


def check_state(tree):
    """there is no state outside of objects"""
    for name in tree.c_files("src", "trainer", "include"):
        code = tree.code(name)
        for pattern in [STATIC, GLOBAL]:
            for found in pattern.finditer(code):
                declared = found.group(0)
                known = (name, found.group(1)) in STATE
                if known or re.search(r"\bconst\b", declared) or in_braces(code, pattern, found):
                    continue
                yield name, line_of(code, found.start(1)), f"{found.group(1)} is not const"


def in_braces(code, pattern, found):
    """True of what only looks like a global: it stands within a struct or a function."""
    before = code[:found.start()]
    return pattern is GLOBAL and before.count("{") != before.count("}")


def check_format(tree):
    """clang-format agrees"""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        raise Skip("there is no clang-format")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    if " 14." not in version:
        raise Skip("this is not version 14 of clang-format, whose layout is the project's")
    names = tree.c_files()
    run = subprocess.run([program, "--dry-run"] + names, cwd=tree.root, capture_output=True,
                         text=True)
    for found in re.finditer(r"^(\S+?):(\d+):\d+: warning: (.*)$", run.stderr, re.M):
        yield found.group(1), int(found.group(2)), "is laid out otherwise"


# --- what no text may have ------------------------------------------------------------------------

def mentions(tree, pattern):
    for name in tree.files:
        for number, line in numbered(tree.text(name)):
            found = re.search(pattern, line)
            if found:
                yield name, number, f"has '{found.group().strip()}'"


def check_unfinished(tree):
    """nothing is left to be done later"""
    return mentions(tree, rf"\b({UNFINISHED})\b")


def check_places(tree):
    """no path of one machine, no host of a package registry"""
    return mentions(tree, rf"(?<![\w.])(?:{MACHINE_PATHS})|\b(?:{REGISTRIES})\b")


def check_version(tree):
    """meson.build and caviar.h have the same version"""
    if "meson.build" not in tree.files or "include/caviar.h" not in tree.files:
        raise Skip("there is no meson.build or no caviar.h")
    built = re.search(r"^\s*version: '([^']+)'", tree.text("meson.build"), re.M)
    parts = [re.search(rf"#define CAVIAR_VERSION_{part} (\d+)", tree.text("include/caviar.h"))
             for part in ["MAJOR", "MINOR", "PATCH"]]
    declared = ".".join(part.group(1) if part else "?" for part in parts)
    if not built or built.group(1) != declared:
        yield "meson.build", 1, f"{built.group(1) if built else 'none'}, not {declared}"


# --- the report -----------------------------------------------------------------------------------

class Skip(Exception):
    """A rule that cannot be held here, and why."""


RULES = [check_floors, check_cli, check_trainer, check_public_header, check_lines, check_files,
         check_functions, check_guards, check_headers_alone, check_openings, check_banned,
         check_library, check_state, check_format, check_unfinished, check_places, check_version]


def run_rule(number, rule, tree):
    """Prints the case of one rule; true if it holds."""
    title = " ".join(rule.__doc__.split()) if rule.__doc__ else rule.__name__
    try:
        faults = list(rule(tree))
    except Skip as reason:
        print(f"ok {number} - {title} # SKIP {reason}")
        return True
    print(f"{'not ok' if faults else 'ok'} {number} - {title}")
    for name, line, fault in faults:
        print(f"# {name}:{line}: {fault}")
    return not faults


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Holds the rules of the architecture; prints TAP.")
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    options = parser.parse_args()
    tree = Tree(os.path.abspath(options.root), shlex.split(options.cc))
    print(f"1..{len(RULES)}")
    held = [run_rule(number, rule, tree) for number, rule in enumerate(RULES, 1)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
