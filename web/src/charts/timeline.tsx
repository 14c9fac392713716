/** When each trial ran: a bar from its start to its end, as many rows as ran at a time. */
import { type Frame, type Hit, Plot, drawFrame, px, zoomed, type Zoom } from '../plot';
import type { Pen } from '../pen';
import { Axis, duration } from '../scale';
import { type Study } from '../study';
import type { Colours } from '../theme';
import { describe } from './common';

export interface Bar {
    number: number;
    from: number;
    to: number;
    row: number;
}

/** Puts bars into the first row that is free when they begin. */
export function pack(bars: Omit<Bar, 'row'>[]): Bar[] {
    const free: number[] = [];
    return [...bars]
        .sort((a, b) => a.from - b.from || a.number - b.number)
        .map((bar) => {
            let row = free.findIndex((until) => until <= bar.from);
            if (row < 0) row = free.length;
            free[row] = bar.to;
            return { ...bar, row };
        });
}

export function TimelinePlot(props: {
    study: Study;
    height: number;
    open: (trial: number) => void;
}) {
    const { study } = props,
        t = study.trials,
        now = study.info!.now_ms;
    const bars: Omit<Bar, 'row'>[] = [];
    for (let n = 0; n < t.count; n++) {
        const from = t.started.get(n),
            took = t.took(n, now);
        if (!Number.isNaN(took)) bars.push({ number: n, from, to: from + took });
    }
    const packed = pack(bars);
    const rows = packed.reduce((most, bar) => Math.max(most, bar.row + 1), 1);
    const begin = packed.reduce((least, bar) => Math.min(least, bar.from), Infinity);
    const end = packed.reduce((most, bar) => Math.max(most, bar.to), -Infinity);

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const seconds = Math.max((end - begin) / 1000, 1),
            unit = seconds > 7200 ? 3600 : seconds > 120 ? 60 : 1;
        const lanes = new Axis(
            'linear',
            -0.5,
            rows - 0.5,
            Array.from({ length: rows }, (_, i) => (rows <= 40 ? String(rows - i) : '')),
        );
        const { x, y } = zoomed(
            new Axis('linear', 0, packed.length > 0 ? seconds / unit : 1),
            lanes,
            { ...zoom, y0: 0, y1: 1 },
        );
        const frame = drawFrame(pen, width, height, at, x, y, {
            x: unit === 1 ? 'seconds' : unit === 60 ? 'minutes' : 'hours',
        });
        const tall = Math.min(Math.max(frame.height / rows - 3, 1), 22);
        pen.clip(frame.left, frame.top, frame.width, frame.height, () => {
            for (const bar of packed) {
                const left = px(frame, (bar.from - begin) / 1000 / unit),
                    right = px(frame, (bar.to - begin) / 1000 / unit);
                pen.box(
                    left,
                    row_top(frame, bar.row, tall),
                    Math.max(right - left - 0.5, 1),
                    tall,
                    colour_of(t.state.get(bar.number), at),
                    0.85,
                );
            }
        });
        return frame;
    };
    const row_top = (frame: Frame, row: number, tall: number) =>
        frame.top + ((row + 0.5) * frame.height) / rows - tall / 2;
    const colour_of = (state: number, at: Colours) =>
        [at.line, at.best, at.cut, at.good, at.other, at.bad][state] ?? at.line;
    const find = (frame: Frame, x: number, y: number): Hit | null => {
        const seconds = Math.max((end - begin) / 1000, 1),
            unit = seconds > 7200 ? 3600 : seconds > 120 ? 60 : 1;
        const when = begin + frame.x.at((x - frame.left) / frame.width) * unit * 1000;
        const row = Math.floor(((y - frame.top) / frame.height) * rows);
        const bar = packed.find((each) => each.row === row && each.from <= when && each.to >= when);
        return bar
            ? {
                  key: bar.number,
                  x,
                  y,
                  lines: describe(study, bar.number),
                  open: () => props.open(bar.number),
                  highlight: () => undefined,
              }
            : null;
    };
    return (
        <Plot
            title="Timeline"
            label={`${packed.length} trials ran in ${rows} rows over ${duration(end - begin)}`}
            height={Math.max(props.height, Math.min(rows * 12 + 60, 700))}
            version={study.version}
            zooms
            draw={draw}
            find={find}
        >
            <span class="legend">
                <i class="good" /> complete <i class="other" /> stopped early <i class="bad" />{' '}
                failed <i class="best" /> running
            </span>
        </Plot>
    );
}
