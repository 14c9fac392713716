/** Every trial's value by its number, and the best so far; other studies' beside it. */
import {
    type Hit,
    type Frame,
    Plot,
    drawFrame,
    nearest,
    px,
    py,
    whole,
    zoomed,
    type Zoom,
} from '../plot';
import type { Pen } from '../pen';
import { Axis, around, format } from '../scale';
import { COMPLETE, FAILED, type Study } from '../study';
import type { Colours } from '../theme';
import { changesOfStudy } from '../views/changes';
import { dashes, describe, mostOf } from './common';

interface Points {
    numbers: number[];
    places: Float64Array; // x and y of each
}

/** Numbers and values at which the best so far changes. */
export function bestSoFar(study: Study): { numbers: number[]; values: number[] } {
    const numbers: number[] = [],
        values: number[] = [];
    const { values: column, isMaximized } = study;
    for (let n = 0; n < study.trials.count; n++) {
        if (study.trials.state.get(n) !== COMPLETE) continue;
        const value = column.get(n),
            last = values[values.length - 1];
        if (Number.isNaN(value)) continue;
        if (last !== undefined && (isMaximized ? value <= last : value >= last)) continue;
        numbers.push(n);
        values.push(value);
    }
    return { numbers, values };
}

function stair(frame: Frame, best: { numbers: number[]; values: number[] }, end: number): number[] {
    const line: number[] = [];
    best.numbers.forEach((n, i) => {
        const y = py(frame, best.values[i]!);
        line.push(px(frame, n), y, px(frame, best.numbers[i + 1] ?? end), y);
    });
    return line;
}

// A line where the study was changed: before it the search was another one.
function drawChanges(pen: Pen, frame: Frame, study: Study, at: Colours): void {
    for (const change of changesOfStudy(study.info!)) {
        const place = px(frame, change.trials - 0.5);
        if (place < frame.left || place > frame.left + frame.width) continue;
        pen.line([place, frame.top, place, frame.top + frame.height], at.soft, 1, 0.8, [2, 3]);
        pen.text('changed', place, frame.top - 7, at.soft, 'center');
    }
}

export function HistoryPlot(props: {
    study: Study;
    others: Study[];
    log: boolean;
    height: number;
    open: (trial: number) => void;
    children?: preact.ComponentChildren;
}) {
    const { study, others, log } = props;
    const { trials: t, values, metric, metricName: name } = study,
        best = bestSoFar(study);
    let shown: Points = { numbers: [], places: new Float64Array() };

    const axes = () => {
        const complete: number[] = [],
            others_too: number[] = [];
        for (let n = 0; n < t.count; n++) {
            if (t.state.get(n) === COMPLETE) complete.push(values.get(n));
            else others_too.push(t.value(metric, n));
        }
        let [low, high] = mostOf(complete.length > 0 ? complete : others_too, study.isMaximized);
        let end = Math.max(t.count - 1, 1);
        for (const other of others) {
            const theirs = bestSoFar(other).values;
            const last = theirs[theirs.length - 1] ?? low;
            [low, high] = [Math.min(low, last), Math.max(high, last)];
            end = Math.max(end, other.trials.count - 1);
        }
        return {
            x: new Axis('linear', -0.02 * end, end * 1.02, [], true),
            y: around(low, high, log),
        };
    };

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const all = axes(),
            { x, y } = zoomed(all.x, all.y, zoom);
        const frame = drawFrame(pen, width, height, at, x, y, { x: 'trial', y: name });
        const groups: Record<string, number[]> = { complete: [], cut: [], failed: [] };
        const numbers: number[] = [],
            places: number[] = [];
        for (let n = 0; n < t.count; n++) {
            const state = t.state.get(n),
                value = t.value(metric, n);
            const isFailed = state === FAILED,
                isWhole = state === COMPLETE;
            if (Number.isNaN(value) && !isFailed) continue;
            if (!isFailed && !isWhole && all.y.place(value) > 1) continue; // what it said on the way
            const place = isFailed ? frame.top + frame.height : py(frame, value);
            const left = px(frame, n),
                top = zoom === whole ? Math.max(place, frame.top) : place;
            groups[isFailed ? 'failed' : isWhole ? 'complete' : 'cut']!.push(left, top);
            numbers.push(n);
            places.push(left, top);
        }
        shown = { numbers, places: Float64Array.from(places) };
        const radius = numbers.length > 3000 ? 1.6 : numbers.length > 300 ? 2.2 : 3;
        drawChanges(pen, frame, study, at);
        pen.clip(frame.left - 4, frame.top - 4, frame.width + 8, frame.height + 8, () => {
            pen.dots(groups.cut!, radius * 0.9, at.cut, 0.8);
            pen.dots(groups.complete!, radius, at.good, numbers.length > 1000 ? 0.45 : 0.7);
            pen.dots(groups.failed!, radius, at.bad, 0.8);
            others.forEach((other, i) => {
                const line = stair(frame, bestSoFar(other), other.trials.count - 1);
                pen.line(line, at.ink, 1.6, 0.75, dashes[i % dashes.length]);
                if (line.length > 0)
                    pen.text(
                        other.name,
                        line[line.length - 2]! - 4,
                        line[line.length - 1]! - 9,
                        at.ink,
                        'right',
                    );
            });
            pen.line(stair(frame, best, t.count - 1), at.best, 2);
            best.numbers.forEach((n, i) =>
                pen.dots([px(frame, n), py(frame, best.values[i]!)], 3.2, at.best),
            );
            const chosen = study.bestTrial; // under noise another one than the luckiest
            if (chosen >= 0 && study.best?.noise)
                pen.ring(
                    px(frame, chosen),
                    Math.max(py(frame, values.get(chosen)), frame.top),
                    5.5,
                    at.best,
                    'transparent',
                );
        });
        return frame;
    };

    const hit_of = (i: number): Hit => {
        const number = shown.numbers[i]!;
        return {
            key: number,
            x: shown.places[2 * i]!,
            y: shown.places[2 * i + 1]!,
            lines: describe(study, number),
            open: () => props.open(number),
        };
    };
    const walk = (_: Frame, from: number | null, direction: 1 | -1): Hit | null => {
        if (shown.numbers.length === 0) return null;
        const at = from === null ? -1 : shown.numbers.indexOf(from);
        const next = at < 0 ? shown.numbers.length - 1 : at + direction;
        return hit_of(Math.min(Math.max(next, 0), shown.numbers.length - 1));
    };
    const last = best.numbers.length - 1;
    return (
        <Plot
            title="History"
            label={
                last < 0
                    ? `${name} of ${t.count} trials; none is complete yet`
                    : `${name} of ${t.count} trials; the best, ${format(best.values[last])}, is of trial ${best.numbers[last]}`
            }
            height={props.height}
            version={[study.version, ...others.map((other) => other.version), log].join()}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(shown.places, x, y);
                return i < 0 ? null : hit_of(i);
            }}
            walk={walk}
        >
            {props.children}
        </Plot>
    );
}
