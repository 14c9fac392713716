/** The learning curves of all trials: the best above the others, those that were stopped in grey. */
import { type Frame, type Hit, Plot, type Zoom, drawFrame, px, py, zoomed } from '../plot';
import type { Pen } from '../pen';
import { Axis, around, format } from '../scale';
import { COMPLETE, RUNNING, type Curve, type Study } from '../study';
import type { Colours } from '../theme';
import { bestCount, describe, mostOf, ranking } from './common';

const together = 150; // curves that are drawn in one stroke

/** Groups of curves, drawn from the first to the last. */
interface Layer {
    numbers: number[];
    colour: (at: Colours) => string;
    width: number;
    alpha: number;
    dash?: number[];
}

function layersOf(
    study: Study,
    hidesCut: boolean,
    test: ((n: number) => boolean) | null,
): Layer[] {
    const best = ranking(study),
        curves = study.trials.curves[study.metric]!,
        top = new Set(best.slice(0, bestCount(best.length)));
    const first = [study.bestTrial, ...best].find(
        (n) => curves.has(n) && (!test || test(n)),
    );
    const cut: number[] = [],
        complete: number[] = [],
        good: number[] = [],
        running: number[] = [];
    for (const n of curves.keys()) {
        if (test && !test(n)) continue;
        const state = study.trials.state.get(n);
        if (n === first) continue;
        if (state === RUNNING) running.push(n);
        else if (top.has(n)) good.push(n);
        else if (state === COMPLETE) complete.push(n);
        else if (!hidesCut) cut.push(n);
    }
    const many = cut.length + complete.length > 300;
    return [
        { numbers: cut, colour: (at) => at.cut, width: 1, alpha: many ? 0.45 : 0.8 },
        { numbers: complete, colour: (at) => at.other, width: 1, alpha: many ? 0.5 : 0.8 },
        { numbers: good, colour: (at) => at.good, width: 1.2, alpha: good.length > 60 ? 0.6 : 0.9 },
        { numbers: running, colour: (at) => at.good, width: 1.6, alpha: 1, dash: [5, 3] },
        {
            numbers: first === undefined ? [] : [first],
            colour: (at) => at.best,
            width: 2.4,
            alpha: 1,
        },
    ];
}

function path(frame: Frame, curve: Curve, line: number[]): void {
    line.push(NaN, NaN);
    for (let i = 0; i < curve.steps.length; i++)
        line.push(px(frame, curve.steps[i]!), py(frame, curve.values[i]!));
}

function drawLayer(
    pen: Pen,
    frame: Frame,
    layer: Layer,
    curves: Map<number, Curve>,
    at: Colours,
): void {
    const colour = layer.colour(at);
    for (let i = 0; i < layer.numbers.length; i += together) {
        const line: number[] = [],
            dots: number[] = [];
        for (const n of layer.numbers.slice(i, i + together)) {
            const curve = curves.get(n)!;
            path(frame, curve, line);
            if (curve.steps.length === 1)
                dots.push(px(frame, curve.steps[0]!), py(frame, curve.values[0]!));
        }
        pen.line(line, colour, layer.width, layer.alpha, layer.dash);
        if (dots.length > 0) pen.dots(dots, 1.5, colour, layer.alpha);
    }
}

function range(study: Study): { steps: [number, number]; values: [number, number] } {
    let first = Infinity,
        last = -Infinity;
    const values: number[] = [];
    for (const curve of study.trials.curves[study.metric]!.values()) {
        if (curve.steps.length === 0) continue;
        first = Math.min(first, curve.steps[0]!);
        last = Math.max(last, curve.steps[curve.steps.length - 1]!);
        for (const value of curve.values) values.push(value);
    }
    return { steps: [first, last], values: mostOf(values, study.isMaximized) };
}

/** The curve that passes nearest to a place, with the place on it. */
function nearestCurve(
    frame: Frame,
    curves: Map<number, Curve>,
    numbers: number[],
    x: number,
    y: number,
) {
    let best = -1,
        point = -1,
        least = 18 * 18;
    for (const n of numbers) {
        const curve = curves.get(n)!;
        for (let i = 0; i < curve.steps.length; i++) {
            const dx = px(frame, curve.steps[i]!) - x;
            if (dx > 18) break;
            const dy = py(frame, curve.values[i]!) - y,
                distance = dx * dx + dy * dy;
            if (distance < least) [least, best, point] = [distance, n, i];
        }
    }
    return { number: best, point };
}

export function CurvesPlot(props: {
    study: Study;
    logX: boolean;
    logY: boolean;
    hidesCut: boolean;
    test: ((n: number) => boolean) | null;
    height: number;
    open: (trial: number) => void;
    children?: preact.ComponentChildren;
}) {
    const { study } = props;
    const curves = study.trials.curves[study.metric]!,
        name = study.metricName;
    const all = layersOf(study, props.hidesCut, props.test);
    const numbers = all.flatMap((layer) => layer.numbers);

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const { steps, values } = range(study);
        const flat = steps[0] >= steps[1];
        const wide =
            props.logX && steps[0] > 0 && !flat
                ? new Axis('log', steps[0], steps[1], [], true)
                : flat
                  ? around(steps[0], steps[1])
                  : new Axis('linear', Math.min(steps[0], 0), steps[1], [], true);
        const { x, y } = zoomed(wide, around(values[0], values[1], props.logY), zoom);
        const frame = drawFrame(pen, width, height, at, x, y, { x: 'step', y: name });
        pen.clip(frame.left, frame.top, frame.width + 4, frame.height, () => {
            for (const layer of all) drawLayer(pen, frame, layer, curves, at);
        });
        return frame;
    };

    const hit_of = (frame: Frame, number: number, point: number): Hit => {
        const curve = curves.get(number)!,
            i = Math.min(point, curve.steps.length - 1);
        return {
            key: number,
            x: px(frame, curve.steps[i]!),
            y: py(frame, curve.values[i]!),
            lines: [
                ...describe(study, number).slice(0, 1),
                `step ${curve.steps[i]}: ${format(curve.values[i])}`,
                ...describe(study, number).slice(1),
            ],
            open: () => props.open(number),
            highlight: (pen, at) => {
                const line: number[] = [];
                path(frame, curve, line);
                pen.clip(frame.left, frame.top, frame.width + 4, frame.height, () => {
                    pen.line(line, at.paper, 5, 0.8);
                    pen.line(line, at.ink, 2.2);
                    pen.ring(
                        px(frame, curve.steps[i]!),
                        py(frame, curve.values[i]!),
                        4,
                        at.ink,
                        at.paper,
                    );
                });
            },
        };
    };

    return (
        <Plot
            title="Learning curves"
            label={`Learning curves of ${numbers.length} trials: ${name} by step`}
            height={props.height}
            version={[
                study.version,
                props.logX,
                props.logY,
                props.hidesCut,
                numbers.length,
            ].join()}
            zooms
            draw={draw}
            find={(frame, x, y) => {
                const found = nearestCurve(frame, curves, numbers, x, y);
                return found.number < 0 ? null : hit_of(frame, found.number, found.point);
            }}
            walk={(frame, from, direction) => {
                const sorted = [...numbers].sort((a, b) => a - b);
                if (sorted.length === 0) return null;
                const at =
                    from === null ? (direction > 0 ? -1 : sorted.length) : sorted.indexOf(from);
                const next = Math.min(Math.max(at + direction, 0), sorted.length - 1);
                return hit_of(frame, sorted[next]!, Infinity);
            }}
        >
            {props.children}
        </Plot>
    );
}
