#!/usr/bin/env python3
"""Prints what failed, and as its last line "N passed, N failed", from meson's JUnit report.

    summary.py LOG-FOLDER STATUS

Each case of a test program counts by itself. A program that broke off (a time-out, a crash) counts
as one failure more than the cases it reported. Exits with 1 if anything failed.
"""
import glob
import json
import os
import sys
import xml.etree.ElementTree as tree


def newest(folder, end):
    """Meson's log: testlog.json, or testlog-WRAPPER.json under one. None: no test ran."""
    logs = glob.glob(os.path.join(glob.escape(folder), 'testlog*' + end))
    return max(logs, key=os.path.getmtime, default=None)


def cases(folder):
    """Yields (program, case, outcome, text)."""
    for suite in tree.parse(newest(folder, '.junit.xml')).getroot().iter('testsuite'):
        for case in suite.iter('testcase'):
            outcome, text = 'passed', ''
            for child in case:
                if child.tag in ('failure', 'error'):
                    outcome, text = 'failed', child.get('message') or child.text or ''
                elif child.tag == 'skipped':
                    outcome, text = 'skipped', child.get('message') or child.text or ''
            yield suite.get('name'), case.get('name'), outcome, text


def broken_programs(folder):
    """The programs that did not end well, with the end of what they printed."""
    with open(newest(folder, '.json'), encoding='utf-8') as log:
        for line in log:
            entry = json.loads(line)
            if entry['result'] not in ('OK', 'SKIP', 'EXPECTEDFAIL'):
                output = entry.get('stdout', '') + entry.get('stderr', '')
                yield entry['name'], entry['result'], output


def main():
    folder, status = sys.argv[1], int(sys.argv[2])
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    failed_programs = set()
    if newest(folder, '.junit.xml') is None:
        print('No test ran. Their names: meson test -C ' + os.path.dirname(folder) + ' --list')
        print('0 passed, 1 failed')
        return 1
    for program, case, outcome, text in cases(folder):
        counts[outcome] += 1
        if outcome == 'failed':
            failed_programs.add(program.split('.')[-1])
            print(f'FAILED {program}: {case}: {text.strip()[:400]}')
        elif outcome == 'skipped':
            print(f'skipped {program}: {case}: {text.strip()[:200]}')
    for name, result, output in broken_programs(folder):
        print(f'{result} {name}\n' + '\n'.join('  | ' + line for line in output.splitlines()[-40:]))
        if not any(name.endswith(program) for program in failed_programs):
            counts['failed'] += 1
    if status != 0 and counts['failed'] == 0:
        print('meson test failed, though no case did: see its log')
        counts['failed'] += 1
    if counts['skipped']:
        print(f"{counts['skipped']} skipped")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
