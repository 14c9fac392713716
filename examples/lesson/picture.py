"""Small charts as SVG: panels with axes, and marks that tell apart by shape as well as by colour.

Colours are those of Okabe and Ito ("Color universal design", 2008), which colour-blind readers tell
apart; a second set takes over where the reader's system is dark.
"""
import math

STYLE = """
text{fill:#222;font:13px system-ui,'DejaVu Sans',sans-serif}
.title{font-size:15px;font-weight:600}.small{font-size:12px}.quiet{fill:#555}
.axis{stroke:#555;fill:none}.grid{stroke:#ddd;fill:none}
.rule{stroke:#555;stroke-dasharray:2 4;fill:none}
.a-line{stroke:#0072b2;fill:none;stroke-width:2}.a-mark{fill:#0072b2;stroke:none}
.a-band{fill:#0072b2;fill-opacity:.18;stroke:none}.a-text{fill:#0072b2;font-weight:600}
.b-line{stroke:#d55e00;fill:none;stroke-width:2;stroke-dasharray:6 3}
.b-mark{fill:none;stroke:#d55e00;stroke-width:1.8}.b-text{fill:#b34e00;font-weight:600}
.off-mark{fill:none;stroke:#888;stroke-width:1}
.back{fill:#fff}
@media (prefers-color-scheme:dark){
text{fill:#eee}.quiet{fill:#b5b5b5}.axis{stroke:#aaa}.grid{stroke:#383838}.rule{stroke:#aaa}
.a-line{stroke:#56b4e9}.a-mark,.a-band,.a-text{fill:#56b4e9}
.b-line,.b-mark{stroke:#f0a050}.b-text{fill:#f0a050}.off-mark{stroke:#888}.back{fill:#161616}}
"""


def linear(x):
    return x


def reverse_log(x):
    return -math.log10(1 - x)


log = math.log10


def escape(text):
    return str(text).replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')


class Picture:
    """A drawing; with it, panels."""

    def __init__(self, width, height, title, description):
        self.width, self.height, self.title, self.description = width, height, title, description
        self.parts = []

    def add(self, part):
        self.parts.append(part)

    def text(self, x, y, text, style='', anchor='start', turn=None):
        rotate = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ''
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}"{rotate}>'
                 f'{escape(text)}</text>')

    def write(self, path):
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img" '
                f'aria-label="{escape(self.title)}">\n<title>{escape(self.title)}</title>\n'
                f'<desc>{escape(self.description)}</desc>\n<style>{STYLE}</style>\n'
                f'<rect class="back" width="100%" height="100%"/>\n')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(head + '\n'.join(self.parts) + '\n</svg>\n')


class Axis:
    """From a value to a place: a scale, its ends, and the values that are written at it."""

    def __init__(self, low, high, scale=linear, ticks=(), name=''):
        self.low, self.high, self.scale, self.name = low, high, scale, name
        self.ticks = [tick if isinstance(tick, tuple) else (tick, f'{tick:g}') for tick in ticks]

    def share(self, value):
        low, high = self.scale(self.low), self.scale(self.high)
        held = min(max(value, self.low), self.high)
        return (self.scale(held) - low) / (high - low)


class Panel:
    """A rectangle of a picture with two axes; `y` may be None for a strip without one."""

    def __init__(self, picture, box, x, y, title=''):
        self.picture, self.box, self.x, self.y = picture, box, x, y
        left, top, width, height = box
        picture.text(left, top - 12, title, 'title')
        for value, label in x.ticks:
            self.line([(value, None, 0), (value, None, 1)], 'grid')
            picture.text(self.left_of(value), top + height + 17, label, 'small', 'middle')
        for value, label in y.ticks if y else ():
            at = self.top_of(value)
            picture.add(f'<path class="grid" d="M{left:.1f} {at:.1f}h{width:.1f}"/>')
            picture.text(left - 6, at + 4, label, 'small', 'end')
        picture.add(f'<rect class="axis" x="{left}" y="{top}" width="{width}" height="{height}"/>')
        picture.text(left + width / 2, top + height + 36, x.name, '', 'middle')
        if y:
            picture.text(left - 44, top + height / 2, y.name, '', 'middle', -90)

    def left_of(self, value):
        return self.box[0] + self.box[2] * self.x.share(value)

    def top_of(self, value, share=None):
        """Where a value stands; or a share of the height, from below, where there is no axis."""
        up = self.y.share(value) if share is None else share
        return self.box[1] + self.box[3] * (1 - up)

    def places(self, points):
        """Points as (x, y), or as (x, None, share of the height)."""
        return [(self.left_of(p[0]), self.top_of(*p[1:])) for p in points]

    def line(self, points, style):
        path = 'L'.join(f'{x:.1f} {y:.1f}' for x, y in self.places(points))
        self.picture.add(f'<path class="{style}" d="M{path}"/>')

    def band(self, xs, lows, highs, style):
        self.line(list(zip(xs, lows)) + list(zip(reversed(xs), reversed(highs))), style)

    def dots(self, points, style, radius=3):
        for x, y in self.places(points):
            self.picture.add(f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')

    def squares(self, points, style, size=7):
        for x, y in self.places(points):
            self.picture.add(f'<rect class="{style}" x="{x - size / 2:.1f}" '
                             f'y="{y - size / 2:.1f}" width="{size}" height="{size}"/>')

    def label(self, point, text, style, anchor='start', shift=(8, 4)):
        (x, y), = self.places([point])
        self.picture.text(x + shift[0], y + shift[1], text, style, anchor)
