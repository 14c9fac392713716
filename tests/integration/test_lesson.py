#!/usr/bin/env python3
"""
test_lesson.py: the study behind docs/lesson.md runs to its end and draws, with few trials on small
images.
"""
import argparse
import contextlib
import os
import sys
import xml.etree.ElementTree

import panda

sys.path.insert(0, os.path.join(os.environ["CAVIAR_SOURCE"], "examples", "lesson"))
import lesson as script  # noqa: E402

FEWER, RANDOM = 9, 20  # trials of a study, but for the grid of 27 that is drawn; of random ones
VALIDATION = 10000  # what its study files hold out


class Lesson(script.Lesson):
    """Searches that may have hundreds of trials have a few."""

    def run(self, name, file, trials=None, replace=None, **settings):
        if trials != RANDOM and name != "search-grid-3":
            trials = FEWER
        return super().run(name, file, trials, replace, **settings)


def test_lesson(place):
    """every study of the lesson runs, and its four pictures are drawn"""
    place.images(VALIDATION + 300)
    os.environ["PATH"] = place.environment["PATH"]
    options = argparse.Namespace(data=place.folder, output=os.path.join(place.folder, "pictures"),
                                 store=place.store, jobs=2, samples=200, trials=RANDOM)
    os.makedirs(options.output)
    lesson, lines = Lesson(options), {}
    script.GRIDS = [2, 3]
    for study in (script.study_range, script.study_search, script.study_scales,
                  script.study_importance):
        with contextlib.redirect_stdout(sys.stderr):  # what it says on its way is no TAP
            found = study(lesson)
        assert found, study.__name__
        lines.update(found)
    shares = {key: value for key, value in lines.items() if key.startswith("importance of ")}
    assert len(shares) == 8 and all(value.endswith(" %") for value in shares.values()), shares
    assert "importance of lr, presumed most" in shares, shares
    assert "best of 27 trials: grid, random (median)" in lines, lines
    assert sum(key.startswith("lr drawn on ") for key in lines) == 3, lines
    for name in ("range", "search", "scales", "importance"):
        picture = xml.etree.ElementTree.parse(os.path.join(options.output, name + ".svg"))
        assert picture.getroot().tag.endswith("svg"), name


if __name__ == "__main__":
    panda.main([test_lesson])
