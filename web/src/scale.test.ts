import { expect, test } from 'vitest';
import {
    around,
    Axis,
    choices,
    duration,
    memory,
    fits,
    format,
    inverse,
    type Scale,
    ticks,
    transform,
} from './scale';

const scales: [Scale, number, number][] = [
    ['linear', -3, 7],
    ['log', 1e-5, 10],
    ['reverse-log', 0.9, 0.999],
    ['logit', 0.001, 0.999],
];

test('a value comes back from its place, on every scale', () => {
    for (const [scale, low, high] of scales) {
        const axis = new Axis(scale, low, high);
        expect(axis.place(low)).toBeCloseTo(0, 12);
        expect(axis.place(high)).toBeCloseTo(1, 12);
        for (let share = 0; share <= 1; share += 0.05)
            expect(axis.place(axis.at(share))).toBeCloseTo(share, 9);
    }
});

test('scales are what the study file says they are', () => {
    // the median of reverse-log on [0.9, 0.999] is 0.99, that of log on [1e-4, 1] is 0.01
    expect(new Axis('reverse-log', 0.9, 0.999).at(0.5)).toBeCloseTo(0.99, 12);
    expect(new Axis('log', 1e-4, 1).at(0.5)).toBeCloseTo(0.01, 12);
    expect(new Axis('logit', 0.01, 0.99).at(0.5)).toBeCloseTo(0.5, 12);
    expect(inverse('logit', transform('logit', 0.3))).toBeCloseTo(0.3, 12);
});

test('a range must fit its scale', () => {
    expect(fits('log', 0, 1)).toBe(false);
    expect(fits('reverse-log', 0.9, 1)).toBe(false);
    expect(fits('logit', 0.1, 0.9)).toBe(true);
    expect(fits('linear', 1, 1)).toBe(false);
});

test("ticks are those of the program's reports", () => {
    const shown = (scale: Scale, low: number, high: number, most: number) =>
        ticks(scale, low, high, most)
            .map((tick) => format(tick, 10))
            .join(' ');
    // tests/unit/test_ruler.c has the same ones
    expect(shown('linear', 0, 0.5, 6)).toBe('0 0.1 0.2 0.3 0.4 0.5');
    expect(shown('linear', -0.5, 119.5, 8)).toBe('0 20 40 60 80 100');
    expect(shown('linear', 0.021, 0.0987, 5)).toBe('0.04 0.06 0.08');
    expect(shown('linear', -3e6, 1e6, 5)).toBe('-3000000 -2000000 -1000000 0 1000000');
});

test('there are never more ticks than asked for, and all lie in the range', () => {
    for (const [scale, low, high] of scales)
        for (let most = 2; most <= 12; most++) {
            const found = ticks(scale, low, high, most);
            expect(found.length).toBeLessThanOrEqual(most);
            expect([...found].sort((a, b) => a - b)).toEqual(found);
            for (const tick of found)
                expect(tick).toBeGreaterThanOrEqual(low - 1e-9 * (high - low));
            for (const tick of found) expect(tick).toBeLessThanOrEqual(high + 1e-9 * (high - low));
        }
});

test('an axis that is too narrow for round values has them still', () => {
    const axis = new Axis('linear', 10.91, 82.92);
    expect(ticks('linear', 10.91, 82.92, 3)).toEqual([]);
    expect(axis.ticks(3).map((tick) => axis.label(tick))).toEqual(['20', '40', '60', '80']);
});

test('whole axes have whole ticks, choices have their words', () => {
    expect(new Axis('linear', 0.5, 4.5, [], true).ticks(8)).toEqual([1, 2, 3, 4]);
    const axis = choices(['relu', 'tanh']);
    expect(axis.ticks(8).map((tick) => axis.label(tick))).toEqual(['relu', 'tanh']);
    expect(axis.place(0)).toBeCloseTo(0.25);
});

test('an axis around one value, or none, is still an axis', () => {
    expect(around(3, 3).place(3)).toBeCloseTo(0.5);
    expect(around(NaN, NaN).place(0.5)).toBeCloseTo(0.5);
    expect(around(0, 1, true).scale).toBe('linear');
});

test('numbers and times are short', () => {
    expect([0, 1, 0.012345678, 1234567.891, 1e-7, NaN, null].map((x) => format(x))).toEqual([
        '0',
        '1',
        '0.01235',
        '1235000',
        '1e-7',
        '–',
        '–',
    ]);
    expect([3, 999, 9500, 61000, 3600000, 90061000, NaN].map(duration)).toEqual([
        '3 ms',
        '999 ms',
        '9.5 s',
        '1 min 1 s',
        '1 h',
        '25 h 1 min',
        '–',
    ]);
    expect([4321, 410_300_000, 999_900_000, 1_254_000_000].map(memory)).toEqual([
        '0.00432 MB',
        '410 MB',
        '1000 MB',
        '1.25 GB',
    ]);
});
