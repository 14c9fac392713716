import { expect, test } from 'vitest';
import { splitEvents, type TrialsPage } from './api';
import { courseOf } from './course';
import { readFilter, rangeOf, replaceWords } from './filter';
import { cellAt, edgesOf, strength } from './charts/contour';
import { quantile, shareUpTo } from './charts/distribution';
import { front } from './charts/pareto';
import { fillOf } from './charts/ranks';
import { effectLine } from './charts/slice';
import { pack } from './charts/timeline';
import { readRoute, writeRoute } from './route';
import { COMPLETE, countStates, Curve, PRUNED, RUNNING, states, Trials } from './study';
import { arrange, type Column, toCsv } from './views/trials';
import { wordOf } from './views/nurse';
import { companionsOf, join } from './views/trial';
import { cut, whole } from './plot';
import { SvgPen } from './pen';
import { Axis, choices } from './scale';
import type { Parameter } from './api';

function page(
    rows: { number: number; state: number; value: number | null; x: number; act: number }[],
): TrialsPage {
    const column = (value: number) => rows.map(() => value);
    return {
        epoch: 1,
        since: 0,
        next: rows.length,
        end: rows.length,
        states: [...states],
        reasons: ['', 'exit'],
        makers: ['tpe', 'user'],
        number: rows.map((row) => row.number),
        state: rows.map((row) => row.state),
        reason: column(0),
        attempt: column(1),
        step: column(3),
        started_ms: column(1000),
        finished_ms: column(3000),
        reported_ms: column(2500),
        maker: rows.map((row) => row.number % 2),
        parent: column(-1),
        nudges: column(0),
        values: [rows.map((row) => row.value)],
        parameters: [rows.map((row) => row.x), rows.map((row) => row.act)],
    };
}

const parameters: Parameter[] = [
    { name: 'x', axis: 'continuous', conditional: false, scale: 'linear', low: -1, high: 1 },
    { name: 'act', axis: 'choices', conditional: false, choices: ['relu', 'tanh', true] },
];
const metrics = [{ name: 'loss', direction: 'minimize' as const }];

function some(): Trials {
    const trials = new Trials(1, 2);
    trials.take(
        page([
            { number: 0, state: COMPLETE, value: 3, x: 0.5, act: 0 },
            { number: 1, state: COMPLETE, value: 1, x: -0.5, act: 1 },
            { number: 2, state: RUNNING, value: null, x: 0.25, act: 2 },
        ]),
    );
    return trials;
}

test('a later page replaces what it names and nothing else', () => {
    const trials = some();
    trials.take(
        page([
            { number: 2, state: COMPLETE, value: 0.5, x: 0.25, act: 2 },
            { number: 70, state: RUNNING, value: null, x: 0, act: 0 },
        ]),
    );
    expect(trials.count).toBe(71);
    expect(countStates(trials)).toEqual([0, 1, 0, 3, 0, 0]); // those between have not come yet
    expect(trials.took(0, 9000)).toBe(2000);
    trials.take(page([{ number: 0, state: PRUNED, value: null, x: 0, act: 0 }]));
    expect(trials.took(0, 9000)).toBe(1500); // up to its last report
});

test('a report at an earlier step gives up what stood there', () => {
    const curve = new Curve();
    [
        [1, 9],
        [2, 8],
        [3, 7],
        [2, 5],
    ].forEach(([step, value]) => curve.put(step!, value!));
    expect([curve.steps, curve.values, curve.last]).toEqual([[1, 2], [9, 5], 5]);
    const course = courseOf([1, 2, 3, 2, 4], [9, 8, 7, 5, null]);
    expect(course).toEqual({
        now: { steps: [1, 2], values: [9, 5] },
        old: [{ steps: [2, 3], values: [8, 7] }],
    });
});

test('a trial without a final value has the last one that it reported', () => {
    const trials = some();
    trials.takeCurves({
        epoch: 1,
        since: 0,
        next: 2,
        end: 2,
        number: [2, 2],
        step: [1, 2],
        values: [[0.9, 0.8]],
    });
    expect(trials.value(0, 2)).toBe(0.8);
    expect(trials.value(0, 1)).toBe(1);
});

test('a filter keeps what all of its words hold for', () => {
    const trials = some();
    const kept = (text: string) => {
        const { test: holds, complaint } = readFilter(text, parameters, metrics);
        return complaint || [0, 1, 2].filter((n) => !holds || holds(trials, n));
    };
    expect(kept('')).toEqual([0, 1, 2]);
    expect(kept('complete x>0')).toEqual([0]);
    expect(kept('act=tanh')).toEqual([1]);
    expect(kept('act!=relu')).toEqual([1, 2]);
    expect(kept('act=true')).toEqual([2]);
    expect(kept('loss<=1 trial<2')).toEqual([1]);
    expect(kept('by=user')).toEqual([1]);
    expect(kept('wrong')).toContain('wrong');
    expect(kept('y>1')).toContain("no parameter or metric 'y'");
    expect(kept('act=sin')).toContain('sin');
    expect(kept('x<a')).toContain('no number');
});

test('a brush replaces the words of its own axis', () => {
    expect(replaceWords('complete x>=0 xy<1', 'x', ['x>=1', 'x<=2'])).toBe(
        'complete xy<1 x>=1 x<=2',
    );
    expect(rangeOf('x>=1 complete x<=2', 'x')).toEqual([1, 2]);
    expect(rangeOf('x>=1', 'x')).toEqual([1, Infinity]);
    expect(rangeOf('x<1', 'y')).toBeNull();
});

test('a table is sorted either way, and trials without a value are last', () => {
    const trials = some();
    const study = { trials } as Parameters<typeof arrange>[0];
    const column: Column = {
        name: 'loss',
        isNumber: true,
        value: (n) => trials.value(0, n),
        text: (n) => String(trials.value(0, n)),
    };
    const all = readFilter('', parameters, metrics);
    expect(arrange(study, all, column, false)).toEqual([1, 0, 2]);
    expect(arrange(study, all, column, true)).toEqual([0, 1, 2]);
    const odd: Column = { name: 'a,b', isNumber: false, value: (n) => n, text: () => 'say "x"' };
    expect(toCsv([column, odd], [1])).toBe('loss,"a,b"\r\n1,"say ""x"""\r\n');
});

test('what a person types becomes what the server takes', () => {
    expect(wordOf(parameters[0]!, ' 0.5 ')).toBe(0.5);
    expect(wordOf(parameters[0]!, 'x0.5')).toBe('x0.5');
    expect(wordOf(parameters[0]!, '+0.1')).toBe('+0.1');
    expect(wordOf(parameters[1]!, 'true')).toBe(true);
    expect(wordOf(parameters[1]!, 'tanh')).toBe('tanh');
});

test('reports are joined, also where a metric is new', () => {
    const joined = join(
        { step: [1], attempt: [1], time_ms: [5], metrics: { a: [1] } },
        { step: [2], attempt: [1], time_ms: [6], metrics: { a: [2], b: [3] } },
    );
    expect(joined.metrics).toEqual({ a: [1, 2], b: [null, 3] });
    expect(companionsOf('val_loss', ['val_loss', 'train_loss', 'acc'])).toEqual(['train_loss']);
});

test('an address says where the page is, and back', () => {
    for (const hash of [
        '#/mnist/overview',
        '#/mnist/trial/7',
        '#/a.b-c/trials?q=lr%3C0.1&sort=loss',
    ])
        expect(writeRoute(readRoute(hash))).toBe(hash);
    expect(readRoute('').study).toBeNull();
    expect(readRoute('#/<script>/overview').study).toBeNull();
    expect(readRoute('#/m/nowhere').view).toBe('overview');
    expect(readRoute('#/m/trial/x').view).toBe('overview');
    expect(readRoute('#/%/x').study).toBeNull();
});

test('events come out of a stream in whole pieces', () => {
    const first = splitEvents('event: news\ndata: {"a":1}\n\n:\n\nevent: ne');
    expect(first.events).toEqual([{ name: 'news', data: '{"a":1}' }]);
    expect(splitEvents(`${first.rest}ws\ndata: 2\n\n`).events).toEqual([
        { name: 'news', data: '2' },
    ]);
});

test('the front has those that none beats in both', () => {
    expect(
        front([
            [1, 5],
            [2, 2],
            [3, 3],
            [0, 9],
            [2, 2],
        ]),
    ).toEqual([3, 0, 1, 4]); // equals stay both
    expect(front([])).toEqual([]);
});

test('a trial that is beaten in two of three metrics stands in the front by the third', () => {
    expect(
        front([
            [1, 1, 9],
            [2, 2, 1],
            [2, 2, 9],
            [3, 0, 9],
        ]),
    ).toEqual([0, 1, 3]);
});

test('cells of a contour meet halfway between their places, on the scale of the axis', () => {
    const close = (found: number[], expected: number[]) =>
        found.forEach((edge, i) => expect(edge).toBeCloseTo(expected[i]!, 9));
    close(edgesOf(new Axis('log', 1e-4, 1), [1e-3, 1e-1]), [0, 0.5, 1]);
    close(edgesOf(choices(['a', 'b', 'c']), [0, 1, 2]), [0, 1 / 3, 2 / 3, 1]);
    expect(edgesOf(new Axis('linear', 0, 1), [0.3])).toEqual([0, 1]);
    expect([0, 0.4, 0.5, 1, -0.1, NaN].map((place) => cellAt([0, 0.5, 1], place))).toEqual([
        0, 0, 1, 1, -1, -1,
    ]);
});

test('the best band of a contour is the strongest, and there are nine', () => {
    const strengths = Array.from({ length: 101 }, (_, i) => strength(i / 100));
    expect(new Set(strengths).size).toBe(9);
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
    expect([strength(0), strength(1)]).toEqual([0.9, 0.1]);
});

test('the mean over a parameter is a line, over choices a stroke in the room of each', () => {
    const over = (at: (number | string | boolean)[], p: number, isRoomy: boolean) =>
        effectLine(parameters[p]!, { parameter: '', at, means: [3, null] }, isRoomy);
    expect(over([0.5, 1], 0, false)).toEqual([
        [0.5, 3],
        [1, NaN],
    ]);
    const across = over(['tanh', true], 1, true).map(([raw]) => Math.round(raw * 100) / 100);
    expect(across).toEqual([
        0.68, 1.32, NaN, 1.68, 2.32, NaN,
    ]);
});

test('bars that overlap have rows of their own', () => {
    const rows = pack([
        { number: 0, from: 0, to: 10 },
        { number: 1, from: 5, to: 8 },
        { number: 2, from: 8, to: 9 },
    ]).map((bar) => bar.row);
    expect(rows).toEqual([0, 1, 1]);
});

test('a band cuts out a part of the part that is looked at', () => {
    const frame = { left: 10, top: 0, width: 100, height: 50 };
    expect(cut(whole, frame, { x: 60, y: 25 }, { x: 110, y: 0 })).toEqual({
        x0: 0.5,
        x1: 1,
        y0: 0.5,
        y1: 1,
    });
    expect(
        cut({ x0: 0.5, x1: 1, y0: 0, y1: 1 }, frame, { x: 10, y: 20 }, { x: 60, y: 20 }),
    ).toEqual({ x0: 0.5, x1: 0.75, y0: 0, y1: 1 });
});

test('a picture as SVG shows text as text', () => {
    const pen = new SvgPen();
    pen.text('<b>&"', 1, 2, '#000');
    pen.line([0, 0, NaN, NaN, 1, 1, 2, 2], '#000');
    const svg = pen.document(10, 10, '#fff', '<x>');
    expect(svg).toContain('&lt;b&gt;&amp;&quot;');
    expect(svg).toContain('<title>&lt;x&gt;</title>');
    expect(svg).toContain('M0 0M1 1L2 2');
});

test('an empirical distribution is the share of values up to one', () => {
    const values = [1, 2, 2, 5];
    expect([0.9, 1, 1.9, 2, 4.9, 5, 9].map((x) => shareUpTo(values, x))).toEqual([
        0, 0.25, 0.25, 0.75, 0.75, 1, 1,
    ]);
    expect(shareUpTo([], 1)).toBeNaN();
    expect([0, 0.25, 0.26, 0.5, 0.75, 0.76, 1].map((share) => quantile(values, share))).toEqual([
        1, 1, 2, 2, 2, 5, 5,
    ]);
    expect(quantile([], 0.5)).toBeNaN();
});

test('the best tenth of the ranks is filled, the last one empty', () => {
    expect(fillOf(0, 100)).toBe(1);
    expect(fillOf(9, 100)).toBe(1);
    expect(fillOf(10, 100)).toBeCloseTo(8 / 9);
    expect(fillOf(99, 100)).toBe(0);
    expect(fillOf(0, 1)).toBe(1);
});
