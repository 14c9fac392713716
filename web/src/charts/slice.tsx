/** One parameter's values, on its own scale, against the metric. */
import type { Effects, Parameter } from '../api';
import {
    type Frame,
    type Hit,
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
import { around } from '../scale';
import { COMPLETE, type Study } from '../study';
import type { Colours } from '../theme';
import {
    bestCount,
    describe,
    hasRoom,
    mostOf,
    parameterAxis,
    ranking,
    rawOf,
    spread,
} from './common';

type Effect = Effects['effects'][number];

/** The surrogate's mean: a line, or where each value has its room, a stroke in each. */
export function effectLine(
    parameter: Parameter,
    effect: Effect,
    isRoomy: boolean,
): [number, number][] {
    return effect.at.flatMap((value, i): [number, number][] => {
        const raw = rawOf(parameter, value),
            mean = effect.means[i] ?? NaN;
        if (!isRoomy) return [[raw, mean]];
        return [
            [raw - 0.32, mean],
            [raw + 0.32, mean],
            [NaN, NaN],
        ];
    });
}

export function SlicePlot(props: {
    study: Study;
    parameter: number;
    effect: Effect | null;
    test: ((n: number) => boolean) | null;
    filter: string; // that the test is of
    height: number;
    open: (trial: number) => void;
}) {
    const { study, parameter: p, test } = props,
        { trials: t, values, metricName } = study,
        info = study.info!;
    const parameter: Parameter = info.parameters[p]!;
    let shown: { numbers: number[]; places: Float64Array } = {
        numbers: [],
        places: new Float64Array(),
    };

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const best = ranking(study),
            good = new Set(best.slice(0, bestCount(best.length)));
        const [low, high] = mostOf(
            best.map((n) => values.get(n)),
            study.isMaximized,
        );
        const { x, y } = zoomed(parameterAxis(parameter), around(low, high), zoom);
        const frame = drawFrame(pen, width, height, at, x, y, { y: metricName });
        const isRoomy = hasRoom(x);
        const plain: number[] = [],
            marked: number[] = [],
            faded: number[] = [],
            numbers: number[] = [],
            places: number[] = [];
        for (let n = 0; n < t.count; n++) {
            const raw = t.parameters[p]!.get(n),
                value = values.get(n);
            if (t.state.get(n) !== COMPLETE || Number.isNaN(raw) || Number.isNaN(value)) continue;
            const left = px(frame, isRoomy ? raw + spread(n) : raw);
            const place = py(frame, value),
                up = zoom === whole ? Math.max(place, frame.top) : place;
            (test && !test(n) ? faded : good.has(n) ? marked : plain).push(left, up);
            numbers.push(n);
            places.push(left, up);
        }
        shown = { numbers, places: Float64Array.from(places) };
        const radius = numbers.length > 2000 ? 1.5 : numbers.length > 300 ? 2 : 2.8;
        pen.clip(frame.left - 4, frame.top - 4, frame.width + 8, frame.height + 8, () => {
            pen.dots(faded, radius, at.line, 0.8);
            pen.dots(plain, radius, at.other, numbers.length > 1000 ? 0.4 : 0.65);
            pen.dots(marked, radius, at.good, 0.8);
            if (props.effect) {
                const line = effectLine(parameter, props.effect, isRoomy).flatMap(([raw, mean]) => [
                    px(frame, raw),
                    py(frame, mean),
                ]);
                pen.line(line, at.paper, 4, 0.7);
                pen.line(line, at.ink, 1.6);
            }
            const chosen = study.bestTrial;
            if (chosen >= 0 && !Number.isNaN(t.parameters[p]!.get(chosen))) {
                const raw = t.parameters[p]!.get(chosen);
                pen.dots(
                    [
                        px(frame, isRoomy ? raw + spread(chosen) : raw),
                        Math.max(py(frame, values.get(chosen)), frame.top),
                    ],
                    4.5,
                    at.best,
                );
            }
        });
        return frame;
    };
    const hit_of = (i: number): Hit => ({
        key: shown.numbers[i]!,
        x: shown.places[2 * i]!,
        y: shown.places[2 * i + 1]!,
        lines: describe(study, shown.numbers[i]!),
        open: () => props.open(shown.numbers[i]!),
    });
    return (
        <Plot
            title={parameter.name}
            label={`${metricName} by ${parameter.name}${parameter.scale && parameter.scale !== 'linear' ? `, on a ${parameter.scale} scale` : ''}`}
            height={props.height}
            version={[study.version, props.filter, p, props.effect?.means.join() ?? ''].join()}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(shown.places, x, y, 10);
                return i < 0 ? null : hit_of(i);
            }}
            walk={(_, from, direction) => {
                const order = shown.numbers
                    .map((_, i) => i)
                    .sort((a, b) => shown.places[2 * a]! - shown.places[2 * b]!);
                if (order.length === 0) return null;
                const at = from === null ? -1 : order.findIndex((i) => shown.numbers[i] === from);
                return hit_of(order[Math.min(Math.max(at + direction, 0), order.length - 1)]!);
            }}
        >
            {parameter.scale && parameter.scale !== 'linear' && (
                <span class="soft">{parameter.scale}</span>
            )}
        </Plot>
    );
}
