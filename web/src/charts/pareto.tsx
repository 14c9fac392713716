/** Two metrics against each other, and the trials that no other one beats in all metrics. */
import { useMemo } from 'preact/hooks';
import { type Frame, type Hit, Plot, drawFrame, nearest, px, py, zoomed, type Zoom } from '../plot';
import type { Pen } from '../pen';
import { around } from '../scale';
import { COMPLETE, type Study } from '../study';
import type { Colours } from '../theme';
import { describe, mostOf } from './common';

/** Indices of the points that no other one beats in everything; losses, sorted by the first. */
export function front(points: number[][]): number[] {
    const order = points
        .map((_, i) => i)
        .sort((a, b) => {
            const differs = points[a]!.findIndex((loss, k) => loss !== points[b]![k]);
            return differs < 0 ? a - b : points[a]![differs]! - points[b]![differs]!;
        });
    const kept: number[] = [];
    const beats = (a: number[], b: number[]) => a.every((loss, k) => loss <= b[k]!);
    for (const i of order) {
        let k = kept.length - 1; // the last one is the likeliest to beat it
        while (k >= 0 && !beats(points[kept[k]!]!, points[i]!)) k--;
        if (k < 0) kept.push(i);
    }
    return kept;
}

/** Complete trials by number, and which of them none beats in all metrics, by place among them. */
function useFront(study: Study, x: number, y: number): { numbers: number[]; best: number[] } {
    const t = study.trials;
    return useMemo(() => {
        const numbers: number[] = [];
        for (let n = 0; n < t.count; n++)
            if (
                t.state.get(n) === COMPLETE &&
                [x, y].every((m) => Number.isFinite(t.values[m]!.get(n)))
            )
                numbers.push(n);
        const whole = numbers.flatMap((n, i) =>
            t.values.every((column) => Number.isFinite(column.get(n))) ? [i] : [],
        );
        const losses = whole.map((i) =>
            t.values.map((column, m) => (study.maximize[m] ? -1 : 1) * column.get(numbers[i]!)),
        );
        const best = front(losses).map((k) => whole[k]!);
        const across = (i: number) => t.values[x]!.get(numbers[i]!);
        return { numbers, best: best.sort((a, b) => across(a) - across(b) || a - b) };
    }, [study, study.version, x, y]);
}

export function ParetoPlot(props: {
    study: Study;
    x: number;
    y: number;
    log: boolean;
    height: number;
    open: (trial: number) => void;
    children?: preact.ComponentChildren;
}) {
    const { study } = props,
        t = study.trials,
        metrics = study.info!.metrics;
    const { numbers, best } = useFront(study, props.x, props.y);
    const of = (metric: number, n: number) => t.values[metric]!.get(n);
    let places = new Float64Array();

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const axis = (metric: number) => {
            const [low, high] = mostOf(
                numbers.map((n) => of(metric, n)),
                study.maximize[metric] ?? false,
            );
            const fronts = best.map((i) => of(metric, numbers[i]!)); // all of the front is shown
            return around(Math.min(low, ...fronts), Math.max(high, ...fronts), props.log);
        };
        const { x, y } = zoomed(axis(props.x), axis(props.y), zoom);
        const frame = drawFrame(pen, width, height, at, x, y, {
            x: metrics[props.x]!.name,
            y: metrics[props.y]!.name,
        });
        places = Float64Array.from(
            numbers.flatMap((n) => [px(frame, of(props.x, n)), py(frame, of(props.y, n))]),
        );
        pen.clip(frame.left - 4, frame.top - 4, frame.width + 8, frame.height + 8, () => {
            pen.dots(places, 2.4, at.other, 0.6);
            const line: number[] = [];
            best.forEach((i, k) => {
                if (k > 0) line.push(places[2 * i]!, line[line.length - 1]!); // a staircase: nothing between is known
                line.push(places[2 * i]!, places[2 * i + 1]!);
            });
            if (metrics.length === 2) pen.line(line, at.best, 1.5, 0.8);
            pen.dots(
                best.flatMap((i) => [places[2 * i]!, places[2 * i + 1]!]),
                4,
                at.best,
            );
        });
        return frame;
    };
    const hit_of = (i: number): Hit => ({
        key: numbers[i]!,
        x: places[2 * i]!,
        y: places[2 * i + 1]!,
        lines: describe(study, numbers[i]!),
        open: () => props.open(numbers[i]!),
    });
    return (
        <Plot
            title="Pareto front"
            label={`${metrics[props.x]!.name} against ${metrics[props.y]!.name}: ${best.length} of ${numbers.length} trials are beaten by none in ${metrics.length === 2 ? 'both' : `all ${metrics.length} metrics`}`}
            height={props.height}
            version={[study.version, props.x, props.y, props.log].join()}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(places, x, y);
                return i < 0 ? null : hit_of(i);
            }}
            walk={(_, from, direction) => {
                if (best.length === 0) return null;
                const at = from === null ? -1 : best.findIndex((i) => numbers[i] === from);
                return hit_of(best[Math.min(Math.max(at + direction, 0), best.length - 1)]!);
            }}
        >
            {props.children}
        </Plot>
    );
}
