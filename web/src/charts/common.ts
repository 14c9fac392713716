/** What the pictures share: axes of parameters and metrics, and what a trial is in a few lines. */
import type { Parameter } from '../api';
import { Axis, around, choices, duration, fits, format } from '../scale';
import type { Pen } from '../pen';
import { type Frame, px, py } from '../plot';
import {
    COMPLETE,
    type Column,
    FAILED,
    PAUSED,
    PRUNED,
    RUNNING,
    type Study,
    rank,
    states,
} from '../study';
import type { Colours } from '../theme';

/** The axis of a parameter, on its own scale. */
export function parameterAxis(parameter: Parameter): Axis {
    if (parameter.choices) return choices(parameter.choices.map(String));
    let { low = 0, high = 1 } = parameter;
    for (const special of parameter.special ?? []) {
        low = Math.min(low, special);
        high = Math.max(high, special);
    }
    const scale = parameter.scale ?? 'linear';
    const whole = parameter.whole ?? false;
    if (whole && scale === 'linear' && high - low <= 24)
        return new Axis('linear', low - 0.5, high + 0.5, [], true); // each value has its room
    if (fits(scale, low, high)) return new Axis(scale, low, high, [], whole);
    return low < high ? new Axis('linear', low, high, [], whole) : around(low, high);
}

/** The number by which the page knows a value of a parameter: itself, or its place in the choices. */
export function rawOf(parameter: Parameter, value: string | number | boolean): number {
    return parameter.choices ? parameter.choices.indexOf(value) : Number(value);
}

/** True where each value has its room on an axis, in which its trials are spread. */
export function hasRoom(axis: Axis): boolean {
    return (
        axis.words.length > 0 ||
        (axis.whole && axis.scale === 'linear' && axis.high - axis.low < 26)
    );
}

/** A place within a value's room that is a trial's own, so that equals do not hide each other. */
export function spread(number: number): number {
    return (((number * 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.5;
}

/** Where trials lie on two parameters, as [x0, y0, x1, y1, …]; in a value's room each has its own place. */
export function spotsOf(
    study: Study,
    frame: Frame,
    parameters: [number, number],
    axes: { x: Axis; y: Axis },
    numbers: number[],
): Float64Array {
    const [p, q] = parameters.map((each) => study.trials.parameters[each]!) as [Column, Column];
    const roomy = { x: hasRoom(axes.x), y: hasRoom(axes.y) };
    const shift = (n: number, is: boolean, way: number) => (is ? spread(n * 2 + way) : 0);
    return Float64Array.from(
        numbers.flatMap((n) => [
            px(frame, p.get(n) + shift(n, roomy.x, 0)),
            py(frame, q.get(n) + shift(n, roomy.y, 1)),
        ]),
    );
}

/** Dots at [x0, y0, x1, y1, …] that are filled by a share of their colour: the fuller, the better. */
export function drawFilled(
    pen: Pen,
    places: ArrayLike<number>,
    radius: number,
    fill: number,
    colours: { edge: string; inside: string; paper: string },
): void {
    pen.dots(places, radius, colours.edge);
    pen.dots(places, radius - 0.9, colours.paper);
    pen.dots(places, radius - 0.9, colours.inside, fill);
}

/** Marks the best of trials that lie at [x0, y0, x1, y1, …]; -1: it is not among them. */
export function markBest(
    pen: Pen,
    places: Float64Array,
    index: number,
    radius: number,
    at: Colours,
): void {
    if (index < 0) return;
    const place = places.subarray(2 * index, 2 * index + 2);
    pen.dots(place, radius + 1.5, at.paper);
    pen.dots(place, radius, at.best);
}

export function printParameter(parameter: Parameter, raw: number): string {
    if (Number.isNaN(raw)) return '';
    return parameter.choices ? String(parameter.choices[raw] ?? '') : format(raw);
}

/** The range in which most of the values lie: what lies far beyond would press the rest flat. */
export function mostOf(values: number[], maximize: boolean): [number, number] {
    return mostOfSorted(Float64Array.from(values.filter(Number.isFinite)).sort(), maximize);
}

/** The same of finite values in growing order. */
export function mostOfSorted(sorted: Float64Array, maximize: boolean): [number, number] {
    const last = sorted.length - 1;
    if (last < 0) return [0, 1];
    const nth = (place: number) => sorted[maximize ? last - place : place]!; // best first
    const best = nth(0),
        worst = nth(last),
        typical = nth(Math.floor(sorted.length * 0.8));
    const limit = typical + (typical - best);
    const end =
        Math.abs(worst - best) > Math.abs(limit - best) && sorted.length >= 10 ? limit : worst;
    return [Math.min(best, end), Math.max(best, end)];
}

export function stateColour(state: number, at: Colours): string {
    if (state === RUNNING) return at.good;
    if (state === COMPLETE) return at.other;
    if (state === FAILED) return at.bad;
    return at.cut;
}

/** The facts of a trial, for what is pointed at. */
export function describe(study: Study, number: number): string[] {
    const t = study.trials,
        info = study.info!;
    const state = t.state.get(number),
        reason = t.reasons[t.reason.get(number)];
    const lines = [`Trial ${number} · ${states[state] ?? ''}${reason ? `, ${reason}` : ''}`];
    info.metrics.forEach((metric, m) => {
        const value = t.value(m, number);
        if (!Number.isNaN(value)) lines.push(`${metric.name} ${format(value)}`);
    });
    const step = t.step.get(number);
    if (step >= 0 && (state === RUNNING || state === PRUNED || state === PAUSED))
        lines.push(`step ${step}`);
    info.parameters.slice(0, 8).forEach((parameter, p) => {
        const raw = t.parameters[p]!.get(number);
        if (!Number.isNaN(raw) && parameter.axis !== 'none')
            lines.push(`${parameter.name} ${printParameter(parameter, raw)}`);
    });
    const nudges = t.nudges.get(number);
    if (nudges > 0) lines.push(nudges === 1 ? 'nudged once' : `nudged ${nudges} times`);
    const took = t.took(number, info.now_ms);
    if (!Number.isNaN(took)) lines.push(duration(took));
    return lines;
}

/** How the lines of other studies differ, in the order in which they are chosen. */
export const dashes = [
    [6, 3],
    [2, 2],
    [9, 3, 2, 3],
];

const ranked = new WeakMap<Study, { version: number; numbers: number[] }>();

/** What `rank` says, found once for what is drawn; the caller must not change it. */
export function ranking(study: Study): readonly number[] {
    const known = ranked.get(study);
    if (known?.version === study.version) return known.numbers;
    const numbers = rank(study);
    ranked.set(study, { version: study.version, numbers });
    return numbers;
}

/** The best tenth, at least 8, or a third of a few: as the report marks them. */
export function bestCount(count: number): number {
    return Math.round(count < 24 ? count / 3 : Math.max(8, count / 10));
}
