/** Two metrics against each other, and the trials that no other one beats in all metrics. */
import {
    type Frame,
    type Hit,
    type Link,
    Plot,
    drawFrame,
    nearest,
    px,
    py,
    zoomed,
    type Zoom,
} from '../plot';
import type { Pen } from '../pen';
import { around } from '../scale';
import { COMPLETE, type Study } from '../study';
import type { Colours } from '../theme';
import { describe, drawFilled, mostOf } from './common';
import { fillOf } from './ranks';

/** Indices of the points that no other one beats in everything; losses, sorted by the first. */
export function front(points: number[][]): number[] {
    const order = points
        .map((_, i) => i)
        .sort((a, b) => {
            const differs = points[a]!.findIndex((loss, k) => loss !== points[b]![k]);
            return differs < 0 ? a - b : points[a]![differs]! - points[b]![differs]!;
        });
    const kept: number[] = [];
    const beats = (a: number[], b: number[]) =>
        a.every((loss, k) => loss <= b[k]!) && a.some((loss, k) => loss < b[k]!);
    for (const i of order) {
        let k = kept.length - 1; // the last one is the likeliest to beat it
        while (k >= 0 && !beats(points[kept[k]!]!, points[i]!)) k--;
        if (k < 0) kept.push(i);
    }
    return kept;
}

/** The numbers of the complete trials that no other one beats in all metrics. */
export function frontOf(study: Study): number[] {
    const t = study.trials,
        whole: number[] = [];
    for (let n = 0; n < t.count; n++)
        if (
            t.state.get(n) === COMPLETE &&
            t.values.every((column) => Number.isFinite(column.get(n)))
        )
            whole.push(n);
    const losses = whole.map((n) =>
        t.values.map((column, m) => (study.maximize[m] ? -1 : 1) * column.get(n)),
    );
    return front(losses).map((i) => whole[i]!);
}

/**
 * Which metrics are drawn against each other: every pair of up to three; of more, each other one
 * against the one that is looked at.
 */
export function pairsOf(count: number, metric: number): [number, number][] {
    const all = Array.from({ length: count }, (_, m) => m);
    return count <= 3
        ? all.flatMap((x) => all.slice(x + 1).map((y): [number, number] => [x, y]))
        : all.filter((m) => m !== metric).map((m) => [metric, m]);
}

/** How the trials of a front are filled by a metric: the better, the fuller. */
export function fillsOf(study: Study, numbers: number[], metric: number): Map<number, number> {
    const sign = study.maximize[metric] ? -1 : 1;
    const loss = (n: number) => sign * study.trials.values[metric]!.get(n);
    const sorted = [...numbers].sort((a, b) => loss(a) - loss(b) || a - b);
    return new Map(sorted.map((n, rank) => [n, fillOf(rank, sorted.length)]));
}

/** The place of a number among numbers that grow; -1: it is not there. */
export function placeIn(numbers: readonly number[], n: number): number {
    let [low, high] = [0, numbers.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if (numbers[middle]! < n) low = middle + 1;
        else high = middle;
    }
    return numbers[low] === n ? low : -1;
}

export function ParetoPlot(props: {
    study: Study;
    title: string;
    x: number;
    y: number;
    front: number[]; // of all metrics
    log: boolean;
    height: number;
    link?: { marked: number | null; mark: (trial: number | null) => void };
    open: (trial: number) => void;
}) {
    const { study } = props,
        t = study.trials,
        metrics = study.info!.metrics;
    const third = metrics.length === 3 ? 3 - props.x - props.y : -1;
    const of = (metric: number, n: number) => t.values[metric]!.get(n);
    const numbers: number[] = [];
    for (let n = 0; n < t.count; n++)
        if (
            t.state.get(n) === COMPLETE &&
            [props.x, props.y].every((m) => Number.isFinite(of(m, n)))
        )
            numbers.push(n);
    const best = [...props.front].sort((a, b) => of(props.x, a) - of(props.x, b) || a - b);
    const isBest = new Set(best);
    let places = new Float64Array();

    const axis = (metric: number) => {
        const [low, high] = mostOf(
            numbers.map((n) => of(metric, n)),
            study.maximize[metric] ?? false,
        );
        const fronts = best.map((n) => of(metric, n)); // all of the front is shown
        return around(Math.min(low, ...fronts), Math.max(high, ...fronts), props.log);
    };
    const title = (metric: number) =>
        `${metrics[metric]!.name}, ${study.maximize[metric] ? 'more' : 'less'} is better`;
    const drawStairs = (pen: Pen, spots: [number, number][], at: Colours) => {
        const line = spots.flatMap(([x, y], k) => [x, k > 0 ? spots[k - 1]![1] : y, x, y]);
        pen.line(line, at.best, 1.5, 0.8); // a staircase: nothing between is known
    };
    const drawFront = (pen: Pen, frame: Frame, at: Colours) => {
        const spot = (n: number): [number, number] => [
            px(frame, of(props.x, n)),
            py(frame, of(props.y, n)),
        ];
        if (metrics.length === 2) drawStairs(pen, best.map(spot), at);
        if (third < 0) return pen.dots(best.flatMap(spot), 4, at.best);
        const fills = fillsOf(study, best, third);
        for (const fill of [...new Set(fills.values())].sort((a, b) => a - b)) {
            const group = best.filter((n) => fills.get(n) === fill);
            drawFilled(pen, group.flatMap(spot), 4.2, fill, {
                edge: at.best,
                inside: at.best,
                paper: at.paper,
            });
        }
    };
    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const { x, y } = zoomed(axis(props.x), axis(props.y), zoom);
        const frame = drawFrame(pen, width, height, at, x, y, {
            x: title(props.x),
            y: title(props.y),
        });
        places = Float64Array.from(
            numbers.flatMap((n) => [px(frame, of(props.x, n)), py(frame, of(props.y, n))]),
        );
        pen.clip(frame.left - 4, frame.top - 4, frame.width + 8, frame.height + 8, () => {
            pen.dots(places, 2.4, at.other, 0.6);
            drawFront(pen, frame, at);
        });
        return frame;
    };
    const hit_of = (n: number): Hit | null => {
        const i = placeIn(numbers, n);
        if (i < 0) return null;
        const [head, ...lines] = describe(study, n);
        return {
            key: n,
            x: places[2 * i]!,
            y: places[2 * i + 1]!,
            lines: [head!, ...(isBest.has(n) ? ['beaten by none'] : []), ...lines],
            open: () => props.open(n),
        };
    };
    const link: Link | undefined = props.link && {
        key: props.link.marked,
        point: props.link.mark,
        find: hit_of,
    };
    const every = metrics.length === 2 ? 'both' : `all ${metrics.length} metrics`;
    const filled = third < 0 ? '' : `; the fuller, the better in ${metrics[third]!.name}`;
    return (
        <Plot
            title={props.title}
            label={`${metrics[props.x]!.name} against ${metrics[props.y]!.name}: ${best.length} of ${numbers.length} trials are beaten by none in ${every}${filled}`}
            height={props.height}
            version={[study.version, props.x, props.y, props.log].join()}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(places, x, y);
                return i < 0 ? null : hit_of(numbers[i]!);
            }}
            walk={(_, from, direction) => {
                if (best.length === 0) return null;
                const at = from === null ? -1 : best.indexOf(from);
                return hit_of(best[Math.min(Math.max(at + direction, 0), best.length - 1)]!);
            }}
            link={link}
        />
    );
}
