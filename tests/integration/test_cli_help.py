#!/usr/bin/env python3
"""test_cli_help.py: help, manual and the table of verbs agree, and are fit to be read."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from harness import Skip, case, contains, equal, main  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
VERBS = ['add', 'ask', 'best', 'delete', 'doctor', 'export', 'help', 'importance', 'pause', 'pipe',
         'report', 'resume', 'run', 'show', 'stop', 'studies', 'tell', 'trials']


def verbs(box):
    return {verb['verb']: verb for verb in box.json('help')}


def rendered(page):
    """A manual page as man(1) shows it; fails for what groff warns about."""
    if not shutil.which('nroff'):
        raise Skip('there is no nroff')
    words = ['groff', '-man', '-Tutf8', '-ww', '-P-c', '-rLL=78n', '-rHY=0']
    run = subprocess.run(words, input=page, capture_output=True, text=True, check=False)
    equal((run.returncode, run.stderr), (0, ''))
    return re.sub('.\b', '', run.stdout).replace('\u2010', '-').replace('\u2212', '-')


@case
def every_verb_of_the_design_is_there(box):
    missing = [verb for verb in VERBS if verb not in verbs(box)]
    equal(missing, [])


@case
def every_verb_has_its_manual_page_installed(box):
    with open(os.path.join(ROOT, 'docs', 'meson.build'), encoding='utf-8') as file:
        listed = re.findall(r"'([\w-]+)'", file.read().split('verbs = [')[1].split(']')[0])
    equal(sorted(listed), sorted(verbs(box)))


@case
def help_of_each_verb_has_its_flags_and_an_example(box):
    for name, verb in verbs(box).items():
        text = box.caviar(name, '--help').out
        equal(box.caviar('help', name).out, text)
        contains(text, f'caviar {name}: {verb["summary"]}', 'Examples:', f'  caviar {name}')
        for flag in verb['flags']:
            contains(text, f'--{flag["name"]}', flag['help'])
        used = set(re.findall(r'(?<![\w-])--([a-z][\w-]*)', text.split('Examples:')[1]))
        known = {flag['name'] for flag in verb['flags']}
        for other in verbs(box).values():
            known |= {flag['name'] for flag in other['flags']}
        foreign = used - known - {'lr', 'momentum', 'units'}
        equal(foreign, set())


@case
def the_manual_says_what_help_says(box):
    for name, verb in verbs(box).items():
        page = rendered(box.caviar('help', '--man', name).out)
        flat = ' '.join(page.split())
        contains(flat, 'NAME', f'caviar-{name} - {verb["summary"]}', 'SYNOPSIS', 'OPTIONS',
                 'EXAMPLES', 'EXIT STATUS', 'SEE ALSO')
        for flag in verb['flags']:
            contains(flat, f'--{flag["name"]}', ' '.join(flag['help'].split()))


@case
def the_manual_of_all_lists_every_verb(box):
    page = rendered(box.caviar('help', '--man').out)
    for name, verb in verbs(box).items():
        contains(page, f'caviar-{name}')
        contains(' '.join(page.split()), verb['summary'])
    contains(page, 'CAVIAR_STORE', 'CAVIAR_STUDY', 'NO_COLOR', '130')


@case
def no_line_of_help_is_wider_than_a_terminal(box):
    pages = [box.caviar('help', name).out for name in verbs(box)]
    pages += [box.caviar('help').out] + [box.caviar('help', topic).out
                                         for topic in ('samplers', 'schedulers', 'presets')]
    wide = [line for page in pages for line in page.splitlines() if len(line) > 100]
    equal(wide, [])


@case
def topics_list_samplers_and_schedulers_with_their_options(box):
    for topic in ('samplers', 'schedulers'):
        text = ' '.join(box.caviar('help', topic).out.split())
        for entry in box.json('help', topic):
            contains(text, entry['name'], entry['summary'])
            for option in entry['options']:
                contains(text, option['name'], option['help'])
    names = [entry['name'] for entry in box.json('help', 'samplers')]
    assert {'auto', 'grid', 'random', 'sobol', 'zoom'} <= set(names), names


@case
def presets_are_study_files_spaces(box):
    text = ' '.join(box.caviar('help', 'presets').out.split())
    for entry in box.json('help', 'presets'):
        contains(text, entry['name'], entry['summary'], ' '.join(entry['space'].split()))


@case
def an_unknown_verb_is_answered_with_the_nearest(box):
    contains(box.caviar('help', 'rnu', status=2).err, "'rnu'")
    contains(box.caviar('trails', status=2).err, "'trails'", "'trials'")


main()
