/**
 * Parallel coordinates: an axis for each parameter, on its own scale, and one for the metric; a line
 * for each trial. A part of an axis that is brushed becomes words of the filter.
 */
import { useRef } from 'preact/hooks';
import { type Frame, type Hit, Plot, type Zoom } from '../plot';
import type { Pen } from '../pen';
import { around } from '../scale';
import { COMPLETE, type Study } from '../study';
import type { Colours } from '../theme';
import { rangeOf } from '../filter';
import { Brushed, type Column, useBrush } from './brush';
import { bestCount, describe, mostOf, parameterAxis, ranking } from './common';

const top = 34,
    margins = { bottom: 14, absent: 20 }, // below the axes; more where trials may lack a parameter
    together = 200,
    mostLines = 6000;

function columnsOf(study: Study): Column[] {
    const t = study.trials,
        info = study.info!;
    const order = study.importance?.importance.map((each) => each.parameter) ?? [];
    const columns = info.parameters
        .map((parameter, p): Column & { isVaried: boolean } => ({
            name: parameter.name,
            axis: parameterAxis(parameter),
            value: (n) => t.parameters[p]!.get(n),
            mayLack: parameter.conditional,
            isVaried: parameter.axis !== 'none',
        }))
        .filter((column) => column.isVaried);
    const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    columns.sort((a, b) => rank(a.name) - rank(b.name));
    const metrics = info.metrics.map((metric, m): Column => {
        const values: number[] = [];
        for (let n = 0; n < t.count; n++)
            if (t.state.get(n) === COMPLETE) values.push(t.values[m]!.get(n));
        const [low, high] = mostOf(values, study.maximize[m] ?? false);
        return {
            name: metric.name,
            axis: around(low, high, false, 0),
            value: (n) => t.value(m, n),
            mayLack: false,
        };
    });
    return [...columns, ...metrics];
}

export function ParallelPlot(props: {
    study: Study;
    test: ((n: number) => boolean) | null;
    filter: string;
    height: number;
    brush: (name: string, words: string[]) => void;
    open: (trial: number) => void;
    children?: preact.ComponentChildren;
}) {
    const { study, test } = props,
        { trials: t, values } = study;
    const columns = columnsOf(study);
    const bottom = margins.bottom + (columns.some((each) => each.mayLack) ? margins.absent : 0);
    const places = useRef<number[]>([]);
    const best = ranking(study),
        good = new Set(best.slice(0, bestCount(best.length)));
    const chosen: number[] = [],
        others: number[] = [],
        marked: number[] = [];
    for (let n = 0; n < t.count; n++) {
        if (t.state.get(n) !== COMPLETE || Number.isNaN(values.get(n))) continue;
        if (test && !test(n)) others.push(n);
        else if (good.has(n)) marked.push(n);
        else chosen.push(n);
    }

    const at_of = (column: Column, height: number, n: number): number => {
        const value = column.value(n);
        if (Number.isNaN(value) && column.mayLack) return height - margins.bottom + 4;
        const share = column.axis.place(value);
        return top + (1 - Math.min(Math.max(share, 0), 1)) * (height - top - bottom);
    };
    const line_of = (n: number, height: number, line: number[]) => {
        line.push(NaN, NaN);
        columns.forEach((column, c) => line.push(places.current[c]!, at_of(column, height, n)));
    };
    const draw_lines = (
        pen: Pen,
        numbers: number[],
        height: number,
        colour: string,
        width: number,
        alpha: number,
    ) => {
        const stride = Math.ceil(numbers.length / mostLines); // more would be one grey
        const kept = stride > 1 ? numbers.filter((_, i) => i % stride === 0) : numbers;
        for (let i = 0; i < kept.length; i += together) {
            const line: number[] = [];
            for (const n of kept.slice(i, i + together)) line_of(n, height, line);
            pen.line(line, colour, width, alpha);
        }
    };

    const draw = (pen: Pen, width: number, height: number, at: Colours, _: Zoom): Frame => {
        const margin = Math.min(56, width / 8);
        const gap = (width - 2 * margin) / Math.max(columns.length - 1, 1);
        places.current = columns.map((_, c) => margin + c * gap);
        const alpha = chosen.length > 1000 ? 0.12 : chosen.length > 200 ? 0.3 : 0.55;
        draw_lines(pen, others, height, at.line, 0.7, 0.5);
        draw_lines(pen, chosen, height, at.other, 1, alpha);
        draw_lines(pen, marked, height, at.good, 1.2, marked.length > 200 ? 0.35 : 0.7);
        const first = study.bestTrial;
        if (first >= 0 && (!test || test(first)))
            draw_lines(pen, [first], height, at.best, 2.4, 1);
        columns.forEach((column, c) =>
            draw_axis(pen, column, places.current[c]!, height, at, gap, c),
        );
        return {
            left: 0,
            top,
            width,
            height: height - top - bottom,
            x: around(0, 1),
            y: around(0, 1),
        };
    };
    const draw_axis = (
        pen: Pen,
        column: Column,
        x: number,
        height: number,
        at: Colours,
        gap: number,
        c: number,
    ) => {
        const room = height - top - bottom;
        pen.line([x, top, x, top + room], at.soft, 1);
        const most = Math.max(3, Math.floor(room / 45)),
            letters = Math.max(4, Math.floor(gap / 6.5));
        for (const tick of column.axis.ticks(Math.min(most, 8))) {
            const y = top + (1 - column.axis.place(tick)) * room;
            const label = column.axis.label(tick);
            pen.line([x - 3, y, x, y], at.soft, 1);
            pen.box(x - 6 - label.length * 6, y - 7, label.length * 6 + 2, 14, at.paper, 0.75);
            pen.text(label, x - 6, y, at.soft, 'right');
        }
        if (column.mayLack) pen.text('–', x, height - margins.bottom + 4, at.soft, 'center');
        const name =
            column.name.length > letters ? `${column.name.slice(0, letters - 1)}…` : column.name;
        pen.text(name, x, 10 + (gap < 70 && c % 2 === 1 ? 12 : 0), at.ink, 'center', true);
        const range = rangeOf(props.filter, column.name);
        if (range) {
            const [low, high] = range.map((value) =>
                Math.min(
                    Math.max(
                        Number.isFinite(value) ? column.axis.place(value) : value > 0 ? 1 : 0,
                        0,
                    ),
                    1,
                ),
            ) as [number, number];
            pen.box(
                x - 6,
                top + (1 - high) * room,
                12,
                Math.max((high - low) * room, 3),
                at.best,
                0.35,
            );
        }
    };

    const hit_of = (n: number, height: number, x: number, y: number): Hit => ({
        key: n,
        x,
        y,
        lines: describe(study, n),
        open: () => props.open(n),
        highlight: (pen, at) => {
            const line: number[] = [];
            line_of(n, height, line);
            pen.line(line, at.paper, 5, 0.8);
            pen.line(line, at.ink, 2.2);
        },
    });
    const find = (frame: Frame, x: number, y: number): Hit | null => {
        const after = places.current.findIndex((place) => place >= x);
        const c = Math.max(after, 1);
        if (columns.length < 2 || after === 0 || after < 0) return null;
        const from = places.current[c - 1]!,
            share = (x - from) / (places.current[c]! - from || 1);
        let found = -1,
            least = 9;
        for (const n of test ? [...chosen, ...marked] : [...marked, ...chosen]) {
            const a = at_of(columns[c - 1]!, props.height, n),
                b = at_of(columns[c]!, props.height, n);
            const distance = Math.abs(a + (b - a) * share - y);
            if (distance < least) [least, found] = [distance, n];
        }
        return found < 0 ? null : hit_of(found, frame.height + top + bottom, x, y);
    };

    const { bar, drag, handlers } = useBrush(
        columns,
        places,
        top,
        props.height - top - bottom,
        props.brush,
    );

    return (
        <div ref={bar} class="brushes" {...handlers}>
            <Plot
                title="Parallel coordinates"
                label={`Parallel coordinates of ${columns.length} axes; ${chosen.length + marked.length} trials are chosen`}
                height={props.height}
                version={[study.version, props.filter].join()}
                draw={draw}
                find={find}
                walk={(frame, from, direction) => {
                    const sorted = ranking(study).filter((n) => !test || test(n));
                    if (sorted.length === 0) return null;
                    const at = from === null ? -1 : sorted.indexOf(from);
                    const n = sorted[Math.min(Math.max(at + direction, 0), sorted.length - 1)]!;
                    const last = columns.length - 1;
                    return hit_of(
                        n,
                        frame.height + top + bottom,
                        places.current[last]!,
                        at_of(columns[last]!, props.height, n),
                    );
                }}
            >
                {props.children}
            </Plot>
            {drag && <Brushed drag={drag} column={columns[drag.column]!} />}
        </div>
    );
}
