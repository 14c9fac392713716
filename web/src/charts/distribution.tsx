/**
 * The empirical distribution of the metric: the share of complete trials whose value is at most x;
 * other studies' beside it. A study that was searched better has more of its trials near the best.
 */
import { useMemo } from 'preact/hooks';
import { type Frame, type Hit, Plot, drawFrame, px, py, zoomed, type Zoom } from '../plot';
import type { Pen } from '../pen';
import { Axis, around, format } from '../scale';
import { COMPLETE, type Study } from '../study';
import type { Colours } from '../theme';
import { dashes, describe, mostOfSorted } from './common';

const mostSteps = 2000; // more would be drawn within one pixel

/** The finite values of the complete trials in growing order. */
export function distributionOf(study: Study): Float64Array {
    const t = study.trials,
        column = study.values,
        values = new Float64Array(t.count);
    let count = 0;
    for (let n = 0; n < t.count; n++)
        if (t.state.get(n) === COMPLETE && Number.isFinite(column.get(n)))
            values[count++] = column.get(n);
    return values.subarray(0, count).sort();
}

/** The first complete trial with a value; -1: none. */
function trialWith(study: Study, value: number): number {
    const { trials: t, values } = study;
    let n = 0;
    while (n < t.count && !(t.state.get(n) === COMPLETE && values.get(n) === value)) n++;
    return n < t.count ? n : -1;
}

/** The share of values, which grow, that are at most x. */
export function shareUpTo(values: ArrayLike<number>, x: number): number {
    let [low, high] = [0, values.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (values[middle]! <= x) low = middle + 1;
        else high = middle;
    }
    return values.length > 0 ? low / values.length : NaN;
}

/** The value that a share of all is at most: the first one where it is reached. */
export function quantile(values: ArrayLike<number>, share: number): number {
    const place = Math.ceil(share * values.length) - 1;
    return values[Math.min(Math.max(place, 0), values.length - 1)] ?? NaN;
}

// A staircase from the left edge to the right one: each value lifts it by its share.
function stairs(frame: Frame, values: Float64Array): number[] {
    if (values.length === 0) return [];
    const stride = Math.max(1, Math.floor(values.length / mostSteps));
    const line = [frame.left, py(frame, 0)];
    for (let i = 0; i < values.length; i += stride) {
        const last = Math.min(i + stride, values.length) - 1;
        const x = px(frame, values[last]!);
        line.push(x, line[line.length - 1]!, x, py(frame, (last + 1) / values.length));
    }
    line.push(Math.max(frame.left + frame.width, line[line.length - 2]!), line[line.length - 1]!);
    return line;
}

export function DistributionPlot(props: {
    study: Study;
    others: Study[];
    log: boolean;
    height: number;
    open: (trial: number) => void;
}) {
    const { study, others, log } = props;
    const metric = study.metricName;
    const versions = [study, ...others].map((each) => `${each.name} ${each.version}`).join();
    const [own, ...theirs] = useMemo(
        () => [study, ...others].map(distributionOf) as [Float64Array, ...Float64Array[]],
        [versions],
    );

    const axes = () => {
        const ranges = [own, ...theirs]
            .filter((each) => each.length > 0)
            .map((each) => mostOfSorted(each, study.isMaximized));
        const low = Math.min(...ranges.map((range) => range[0])),
            high = Math.max(...ranges.map((range) => range[1]));
        return { x: around(low, high, log), y: new Axis('linear', 0, 1.02) };
    };

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const all = axes(),
            { x, y } = zoomed(all.x, all.y, zoom);
        const frame = drawFrame(pen, width, height, at, x, y, {
            x: metric,
            y: 'share of complete trials up to it',
        });
        pen.clip(frame.left, frame.top - 2, frame.width + 2, frame.height + 4, () => {
            theirs.forEach((each, i) =>
                pen.line(
                    stairs(frame, each),
                    at.ink,
                    1.6,
                    0.75,
                    dashes[i % dashes.length],
                ),
            );
            pen.line(stairs(frame, own), at.good, 2);
        });
        theirs.forEach((each, i) => {
            const middle = px(frame, quantile(each, 0.5)) + 5;
            if (middle < frame.left + frame.width - 20)
                pen.text(others[i]!.name, middle, py(frame, 0.5) + 9 + 14 * i, at.ink);
        });
        return frame;
    };

    const hit_of = (frame: Frame, i: number): Hit => {
        const value = own[i]!,
            number = trialWith(study, value);
        const share = (values: Float64Array) => `${Math.round(100 * shareUpTo(values, value))} %`;
        return {
            key: i,
            x: px(frame, value),
            y: py(frame, shareUpTo(own, value)),
            lines: [
                `${share(own)} up to ${metric} ${format(value)}`,
                ...theirs.map((each, k) => `${others[k]!.name}: ${share(each)}`),
                ...describe(study, number),
            ],
            open: () => props.open(number),
        };
    };
    const find = (frame: Frame, x: number): Hit | null => {
        const value = frame.x.at((x - frame.left) / frame.width);
        const i = Math.round(shareUpTo(own, value) * own.length) - 1;
        return own.length > 0 ? hit_of(frame, Math.max(i, 0)) : null;
    };
    const last = own.length - 1;
    return (
        <Plot
            title="Distribution"
            label={
                last < 0
                    ? `the empirical distribution of ${metric}; no trial is complete yet`
                    : `the empirical distribution of ${metric}: half of ${last + 1} complete trials are at most ${format(quantile(own, 0.5))}, a tenth at most ${format(quantile(own, 0.1))}`
            }
            height={props.height}
            version={`${versions} ${log}`}
            zooms
            draw={draw}
            find={find}
            walk={(frame, from, direction) =>
                last < 0
                    ? null
                    : hit_of(frame, Math.min(Math.max((from ?? -1) + direction, 0), last))
            }
        />
    );
}
