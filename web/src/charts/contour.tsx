/**
 * What the metric does over two parameters: the surrogate's mean in bands, strong where it is good,
 * and the trials that it was learnt from.
 */
import type { Contour } from '../api';
import {
    type Frame,
    type Hit,
    Plot,
    drawFrame,
    nearest,
    px,
    py,
    zoomed,
    type Zoom,
} from '../plot';
import type { Pen } from '../pen';
import { type Axis, format } from '../scale';
import type { Study } from '../study';
import type { Colours } from '../theme';
import { describe, markBest, parameterAxis, printParameter, ranking, rawOf, spotsOf } from './common';

const bands = 9; // whose edges are the contours; as in the program's reports
const mostDots = 1500; // of trials over it: the best ones

/** Where cells begin and end, as shares of the axis: halfway between places, and as far beyond. */
export function edgesOf(axis: Axis, values: number[]): number[] {
    const places = values.map((value) => axis.place(value));
    const last = places.length - 1;
    if (last === 0) return [0, 1];
    const between = places.slice(1).map((place, i) => (place + places[i]!) / 2);
    const inside = (share: number) => Math.min(Math.max(share, 0), 1);
    return [
        inside(2 * places[0]! - between[0]!),
        ...between,
        inside(2 * places[last]! - between[last - 1]!),
    ];
}

/** How strongly a height in [0, 1] is drawn: the best band the most. */
export function strength(height: number): number {
    return (bands - Math.floor(Math.min(height, 0.999) * bands)) / (bands + 1);
}

/** The cell of edges that a place lies in; -1: none. */
export function cellAt(edges: number[], place: number): number {
    if (!(place >= edges[0]! && place <= edges[edges.length - 1]!)) return -1;
    const beyond = edges.findIndex((edge, i) => i > 0 && place < edge);
    return (beyond < 0 ? edges.length - 1 : beyond) - 1;
}

export function ContourPlot(props: {
    study: Study;
    contour: Contour;
    test: ((n: number) => boolean) | null;
    filter: string; // that the test is of
    height: number;
    open: (trial: number) => void;
    children?: preact.ComponentChildren;
}) {
    const { study, contour } = props,
        info = study.info!,
        t = study.trials,
        metric = study.metricName;
    const [p, q] = [contour.first, contour.second].map((name) =>
        info.parameters.findIndex((parameter) => parameter.name === name),
    ) as [number, number];
    const [first, second] = [info.parameters[p]!, info.parameters[q]!];
    const axes = { x: parameterAxis(first), y: parameterAxis(second) };
    const raw = {
        x: contour.across.map((value) => rawOf(first, value)),
        y: contour.up.map((value) => rawOf(second, value)),
    };
    const edges = { x: edgesOf(axes.x, raw.x), y: edgesOf(axes.y, raw.y) };
    const order = ranking(study)
        .filter((n) => !props.test || props.test(n))
        .filter((n) => ![p, q].some((each) => Number.isNaN(t.parameters[each]!.get(n))))
        .slice(0, mostDots);
    let places: Float64Array = new Float64Array();

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const { x, y } = zoomed(axes.x, axes.y, zoom);
        const frame = drawFrame(pen, width, height, at, x, y, { x: first.name, y: second.name });
        const left = edges.x.map((edge) => Math.round(px(frame, axes.x.at(edge))));
        const top = edges.y.map((edge) => Math.round(py(frame, axes.y.at(edge))));
        places = spotsOf(study, frame, [p, q], axes, order);
        pen.clip(frame.left, frame.top, frame.width, frame.height, () => {
            contour.heights.forEach((row, v) =>
                row.forEach((height, u) => {
                    if (height === null) return;
                    const [x0, x1, y1, y0] = [left[u]!, left[u + 1]!, top[v]!, top[v + 1]!];
                    pen.box(x0, y0, x1 - x0, y1 - y0, at.good, strength(height));
                }),
            );
        });
        pen.clip(frame.left - 5, frame.top - 5, frame.width + 10, frame.height + 10, () => {
            pen.dots(places, 2.6, at.paper, 0.9);
            pen.dots(places, 1.7, at.ink, 0.8);
            markBest(pen, places, order.indexOf(study.bestTrial), 4.5, at);
        });
        return frame;
    };
    const trial = (i: number): Hit => ({
        key: order[i]!,
        x: places[2 * i]!,
        y: places[2 * i + 1]!,
        lines: describe(study, order[i]!),
        open: () => props.open(order[i]!),
    });
    const cell = (frame: Frame, x: number, y: number): Hit | null => {
        const share = (value: Axis, at: number, of: Axis) => of.place(value.at(at));
        const u = cellAt(edges.x, share(frame.x, (x - frame.left) / frame.width, axes.x));
        const v = cellAt(edges.y, share(frame.y, 1 - (y - frame.top) / frame.height, axes.y));
        const mean = contour.means[v]?.[u];
        if (mean === null || mean === undefined) return null;
        const lines = [
            `${metric} ${format(mean)} by the model`,
            `${first.name} ${printParameter(first, raw.x[u]!)}`,
            `${second.name} ${printParameter(second, raw.y[v]!)}`,
        ];
        return { key: -1 - (v * raw.x.length + u), x, y, lines, highlight: () => undefined };
    };
    return (
        <Plot
            title={`${first.name} and ${second.name}`}
            label={`${metric} over ${first.name} and ${second.name}: the surrogate's mean, and ${order.length} trials`}
            height={props.height}
            version={[study.version, p, q, contour.trials, props.filter].join()}
            zooms
            draw={draw}
            find={(frame, x, y) => {
                const i = nearest(places, x, y, 7);
                return i < 0 ? cell(frame, x, y) : trial(i);
            }}
            walk={(_, from, direction) => {
                if (order.length === 0) return null;
                const at = from === null ? -1 : order.indexOf(from);
                return trial(Math.min(Math.max(at + direction, 0), order.length - 1));
            }}
        >
            {props.children}
        </Plot>
    );
}
