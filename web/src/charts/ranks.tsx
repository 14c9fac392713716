/**
 * Where in two parameters the good trials lie: every complete trial, filled the more the better it
 * ranks. Unlike the contour it needs no model, and shows what was tried and what was not.
 */
import { type Frame, type Hit, Plot, drawFrame, nearest, zoomed, type Zoom } from '../plot';
import type { Pen } from '../pen';
import type { Study } from '../study';
import type { Colours } from '../theme';
import { describe, drawFilled, markBest, parameterAxis, ranking, spotsOf } from './common';

const classes = 10; // tenths of the ranking, as in the program's reports

/** How strongly the trial of a rank, from 0, is filled; the best tenth wholly, the last not at all. */
export function fillOf(rank: number, count: number): number {
    return 1 - Math.floor((rank / count) * classes) / (classes - 1);
}

export function RankPlot(props: {
    study: Study;
    first: number; // parameters
    second: number;
    test: ((n: number) => boolean) | null;
    filter: string; // that the test is of
    height: number;
    open: (trial: number) => void;
}) {
    const { study } = props,
        info = study.info!,
        metric = study.metricName;
    const [first, second] = [info.parameters[props.first]!, info.parameters[props.second]!];
    const axes = { x: parameterAxis(first), y: parameterAxis(second) };
    const best = ranking(study);
    const isShown = (n: number) =>
        (!props.test || props.test(n)) &&
        [props.first, props.second].every((p) => !Number.isNaN(study.trials.parameters[p]!.get(n)));
    const order: number[] = [],
        fills: number[] = [];
    best.forEach((n, rank) => {
        if (!isShown(n)) return;
        order.push(n);
        fills.push(fillOf(rank, best.length));
    });
    let places: Float64Array = new Float64Array();

    const draw = (pen: Pen, width: number, height: number, at: Colours, zoom: Zoom): Frame => {
        const { x, y } = zoomed(axes.x, axes.y, zoom);
        const frame = drawFrame(pen, width, height, at, x, y, { x: first.name, y: second.name });
        places = spotsOf(study, frame, [props.first, props.second], axes, order);
        const radius = order.length > 2000 ? 2 : order.length > 400 ? 2.8 : 3.8;
        pen.clip(frame.left - 5, frame.top - 5, frame.width + 10, frame.height + 10, () => {
            for (let end = order.length; end > 0;) {
                let begin = end; // of a fill, the worst first: the best lie on top
                while (begin > 0 && fills[begin - 1] === fills[end - 1]) begin--;
                const group = places.subarray(2 * begin, 2 * end);
                drawFilled(pen, group, radius, fills[end - 1]!, {
                    edge: at.other,
                    inside: at.good,
                    paper: at.paper,
                });
                end = begin;
            }
            markBest(pen, places, order.indexOf(study.bestTrial), radius + 0.8, at);
        });
        return frame;
    };
    const trial = (i: number): Hit => {
        const rank = best.indexOf(order[i]!) + 1;
        return {
            key: order[i]!,
            x: places[2 * i]!,
            y: places[2 * i + 1]!,
            lines: [`Rank ${rank} of ${best.length}`, ...describe(study, order[i]!)],
            open: () => props.open(order[i]!),
        };
    };
    return (
        <Plot
            title={`Ranks over ${first.name} and ${second.name}`}
            label={`${order.length} trials over ${first.name} and ${second.name}, filled by their rank in ${metric}`}
            height={props.height}
            version={[study.version, props.first, props.second, props.filter].join()}
            zooms
            draw={draw}
            find={(_, x, y) => {
                const i = nearest(places, x, y, 9);
                return i < 0 ? null : trial(i);
            }}
            walk={(_, from, direction) => {
                if (order.length === 0) return null;
                const at = from === null ? -1 : order.indexOf(from);
                return trial(Math.min(Math.max(at + direction, 0), order.length - 1));
            }}
        />
    );
}
