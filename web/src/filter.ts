/**
 * A filter of trials, as a person types it: words that must all hold.
 *
 *     complete            a state
 *     lr<0.01  lr>=1e-4   a parameter or a metric against a number
 *     act=relu  act!=tanh a choice
 *     trial<100  step>5   the number, the last step
 *     by=tpe              who made it
 */
import type { Metric, Parameter } from './api';
import { states, type Trials } from './study';

export type Test = (trials: Trials, number: number) => boolean;

export interface Filter {
    test: Test | null; // null: everything
    complaint: string; // of the first word that means nothing
}

const operators: Record<string, (a: number, b: number) => boolean> = {
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
    '=': (a, b) => a === b,
    '!=': (a, b) => a !== b && !Number.isNaN(a),
};

function number_of(
    name: string,
    parameters: Parameter[],
    metrics: Metric[],
): ((t: Trials, n: number) => number) | null {
    const parameter = parameters.findIndex((each) => each.name === name);
    if (parameter >= 0) return (t, n) => t.parameters[parameter]!.get(n);
    const metric = metrics.findIndex((each) => each.name === name);
    if (metric >= 0) return (t, n) => t.value(metric, n);
    if (name === 'trial') return (_, n) => n;
    if (name === 'step') return (t, n) => t.step.get(n);
    return null;
}

function read_word(word: string, parameters: Parameter[], metrics: Metric[]): Test | string {
    const state = (states as readonly string[]).indexOf(word);
    if (state >= 0) return (t, n) => t.state.get(n) === state;
    const parts = /^([\w.-]+?)(<=|>=|!=|<|>|=)(.+)$/.exec(word);
    if (!parts) return `'${word}' is no state, and has no comparison such as lr<0.01`;
    const [, name, operator, text] = parts as unknown as [string, string, string, string];
    if (name === 'by' && operator === '=') return (t, n) => t.makers[t.maker.get(n)] === text;
    const value = number_of(name, parameters, metrics);
    if (!value) return `there is no parameter or metric '${name}'`;
    const choices = parameters.find((each) => each.name === name)?.choices;
    const wanted = choices ? choices.findIndex((choice) => String(choice) === text) : Number(text);
    if (choices && wanted < 0) return `'${name}' has no choice '${text}'`;
    if (Number.isNaN(wanted)) return `'${text}' is no number`;
    const holds = operators[operator]!;
    return (t, n) => holds(value(t, n), wanted);
}

export function readFilter(text: string, parameters: Parameter[], metrics: Metric[]): Filter {
    const tests: Test[] = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
        const test = read_word(word, parameters, metrics);
        if (typeof test === 'string') return { test: null, complaint: test };
        tests.push(test);
    }
    if (tests.length === 0) return { test: null, complaint: '' };
    return { test: (t, n) => tests.every((test) => test(t, n)), complaint: '' };
}

/** The filter with the words of one name replaced: how a brush on an axis writes it. */
export function replaceWords(text: string, name: string, words: string[]): string {
    const others = text
        .split(/\s+/)
        .filter(
            (word) =>
                word && !new RegExp(`^${name.replace(/[.]/g, '\\.')}(<=|>=|!=|<|>|=)`).test(word),
        );
    return [...others, ...words].join(' ');
}

/** The range that a filter holds a name to; null: none. */
export function rangeOf(text: string, name: string): [number, number] | null {
    let low = -Infinity,
        high = Infinity;
    for (const word of text.split(/\s+/)) {
        const parts = /^([\w.-]+?)(<=|>=)(.+)$/.exec(word);
        if (!parts || parts[1] !== name) continue;
        if (parts[2] === '>=') low = Number(parts[3]);
        else high = Number(parts[3]);
    }
    return low > -Infinity || high < Infinity ? [low, high] : null;
}
