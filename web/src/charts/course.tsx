/** The learning curve of one trial, with its nudges and the branches that were given up. */
import type { Nudge } from '../api';
import { type Course, type Series } from '../course';
import { type Frame, type Hit, Plot, drawFrame, nearest, px, py, zoomed, type Zoom } from '../plot';
import type { Pen } from '../pen';
import { Axis, around, format } from '../scale';
import type { Colours } from '../theme';
import { mostOf } from './common';

const changesOf = (nudge: Nudge) =>
    nudge.kind === 'rollback'
        ? `back to ${nudge.target}`
        : nudge.kind !== 'change'
          ? nudge.kind
          : Object.entries(nudge.changes ?? {})
                .map(
                    ([name, value]) =>
                        `${name} ${typeof value === 'number' ? format(value) : String(value)}`,
                )
                .join(', ');

export { changesOf };

export function CoursePlot(props: {
    title: string;
    metric: string;
    maximize: boolean;
    course: Course;
    companions: { name: string; course: Course }[];
    nudges: Nudge[];
    log: boolean;
    height: number;
    version: string;
    children?: preact.ComponentChildren;
}) {
    const { course, companions, nudges } = props;
    const every = [course, ...companions.map((each) => each.course)].flatMap((each) => [
        each.now,
        ...each.old,
    ]);
    const steps = every.flatMap((series) => series.steps),
        values = every.flatMap((series) => series.values);
    const first = steps.reduce((a, b) => Math.min(a, b), 0),
        last = steps.reduce((a, b) => Math.max(a, b), 1);
    let places = new Float64Array();

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const [low, high] = mostOf(values, props.maximize);
        const { x, y } = zoomed(
            new Axis('linear', Math.min(0, first), last, [], true),
            around(low, high, props.log),
            zoom,
        );
        const frame = drawFrame(pen, width, height, at, x, y, { x: 'step', y: props.metric });
        const line = (series: Series) =>
            series.steps.flatMap((step, i) => [px(frame, step), py(frame, series.values[i]!)]);
        pen.clip(frame.left, frame.top, frame.width + 5, frame.height, () => {
            for (const nudge of nudges) draw_nudge(pen, frame, nudge, at);
            for (const each of companions) {
                const isLong = each.course.now.steps.length > 150;
                pen.line(
                    line(each.course.now),
                    at.other,
                    isLong ? 0.9 : 1.2,
                    isLong ? 0.55 : 0.9,
                    isLong ? [] : [4, 3],
                );
            }
            for (const series of course.old) pen.line(line(series), at.cut, 1.4, 1, [3, 3]);
            pen.line(line(course.now), at.good, 2);
            places = Float64Array.from(line(course.now));
            if (places.length > 0 && places.length < 240) pen.dots(places, 2.4, at.good);
        });
        companions.forEach((each, i) =>
            pen.text(`grey: ${each.name}`, frame.left + frame.width, 9 + 12 * i, at.soft, 'right'),
        );
        return frame;
    };
    const draw_nudge = (pen: Pen, frame: Frame, nudge: Nudge, at: Colours) => {
        if (nudge.step < 0) return;
        const x = px(frame, nudge.step),
            isOut = nudge.state === 'undone' || nudge.state === 'refused';
        const colour = isOut ? at.cut : nudge.kind === 'change' ? at.best : at.bad;
        pen.line(
            [x, frame.top, x, frame.top + frame.height],
            colour,
            1.2,
            0.9,
            isOut ? [2, 3] : [],
        );
        const onLeft = x > frame.left + frame.width * 0.7,
            row = frame.top + 8 + 13 * (nudges.indexOf(nudge) % 4);
        pen.text(changesOf(nudge), x + (onLeft ? -5 : 5), row, colour, onLeft ? 'right' : 'left');
    };
    const hit_of = (i: number): Hit => ({
        key: i,
        x: places[2 * i]!,
        y: places[2 * i + 1]!,
        lines: [
            `step ${course.now.steps[i]}`,
            `${props.metric} ${format(course.now.values[i], 6)}`,
        ],
    });
    const best =
        course.now.values.length === 0
            ? NaN
            : props.maximize
              ? course.now.values.reduce((a, b) => Math.max(a, b))
              : course.now.values.reduce((a, b) => Math.min(a, b));
    return (
        <Plot
            title={props.title}
            label={`${props.metric} over ${course.now.steps.length} steps; the best is ${format(best)}`}
            height={props.height}
            version={props.version}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(places, x, y, 24);
                return i < 0 ? null : hit_of(i);
            }}
            walk={(_, from, direction) => {
                const count = course.now.steps.length;
                if (count === 0) return null;
                return hit_of(
                    Math.min(Math.max(from === null ? count - 1 : from + direction, 0), count - 1),
                );
            }}
        >
            {props.children}
        </Plot>
    );
}
