/**
 * The scales of parameters and axes: where a value lies, and which values are round.
 * The same scales as in the program (src/space/scale.h), the same ticks as in its reports.
 */
export type Scale = 'linear' | 'log' | 'reverse-log' | 'logit';

/** The strictly increasing function that a scale is. */
export function transform(scale: Scale, x: number): number {
    switch (scale) {
        case 'log':
            return Math.log(x);
        case 'reverse-log':
            return -Math.log1p(-x);
        case 'logit':
            return Math.log(x) - Math.log1p(-x);
        default:
            return x;
    }
}

export function inverse(scale: Scale, t: number): number {
    switch (scale) {
        case 'log':
            return Math.exp(t);
        case 'reverse-log':
            return -Math.expm1(-t);
        case 'logit':
            return 1 / (1 + Math.exp(-t));
        default:
            return t;
    }
}

/** True where every value of [low, high] has a place on the scale. */
export function fits(scale: Scale, low: number, high: number): boolean {
    const above = scale === 'log' || scale === 'logit' ? 0 : -Infinity;
    const below = scale === 'reverse-log' || scale === 'logit' ? 1 : Infinity;
    return low < high && low > above && high < below && Number.isFinite(high - low);
}

/** A range on a scale; words stand at whole numbers where it is of choices. */
export class Axis {
    readonly from: number;
    readonly span: number;

    constructor(
        readonly scale: Scale,
        readonly low: number,
        readonly high: number,
        readonly words: string[] = [],
        readonly whole = false, // only whole numbers have a place
    ) {
        this.from = transform(scale, low);
        this.span = transform(scale, high) - this.from || 1;
    }

    /** The share of the way from low to high at which a value lies. */
    place(value: number): number {
        return (transform(this.scale, value) - this.from) / this.span;
    }

    /** The value at a share of the way. */
    at(share: number): number {
        return inverse(this.scale, this.from + share * this.span);
    }

    /** The part of the axis between two shares of it. */
    part(from: number, to: number): Axis {
        return new Axis(this.scale, this.at(from), this.at(to), this.words, this.whole);
    }

    ticks(most: number): number[] {
        if (this.words.length > 0)
            return this.words.map((_, i) => i).filter((i) => i >= this.low && i <= this.high);
        for (const wanted of [most, 5]) {
            const found = ticks(this.scale, this.low, this.high, wanted); // of 5 there are two at least
            const kept = this.whole ? found.filter((tick) => Number.isInteger(tick)) : found;
            if (kept.length >= 2) return kept;
        }
        return [this.low, this.high];
    }

    label(value: number): string {
        return this.words.length > 0 ? (this.words[Math.round(value)] ?? '') : format(value, 10);
    }
}

/** An axis of choices: each has the same room. */
export function choices(words: string[]): Axis {
    return new Axis('linear', -0.5, words.length - 0.5, words);
}

/** An axis around values that leaves some room; on `log` where that is wanted and possible. */
export function around(low: number, high: number, log = false, room = 0.04): Axis {
    if (!(low <= high)) [low, high] = [0, 1];
    const scale: Scale = log && low > 0 ? 'log' : 'linear';
    if (low === high) {
        const half = Math.abs(low) * 0.05 || 0.5;
        [low, high] = [low - half, high + half];
    }
    const axis = new Axis(scale, low, high);
    return axis.part(-room, 1 + room);
}

// ---- Ticks ------------------------------------------------------------------------------------

const slack = 1e-9;

function linearTicks(low: number, high: number, most: number): number[] {
    let best: number[] = [];
    const magnitude = Math.floor(Math.log10(high - low)) + 1;
    for (let fineness = 0; fineness < 9; fineness++) {
        const step = [5, 2, 1][fineness % 3]! * 10 ** (magnitude - Math.floor(fineness / 3));
        const first = Math.ceil(low / step - slack);
        const last = Math.floor(high / step + slack);
        const count = last - first + 1;
        if (count > most) break;
        if (count >= 2) best = Array.from({ length: count }, (_, i) => (first + i) * step);
    }
    return best;
}

const logSets: { stride: number; between: number[] }[] = [
    { stride: 16, between: [1] },
    { stride: 8, between: [1] },
    { stride: 4, between: [1] },
    { stride: 2, between: [1] },
    { stride: 1, between: [1] },
    { stride: 1, between: [1, 3] },
    { stride: 1, between: [1, 2, 5] },
];

function logTicks(low: number, high: number, set: (typeof logSets)[number]): number[] {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
        if (power % set.stride !== 0) continue;
        for (const between of set.between) {
            const value = Number(`${between}e${power}`);
            if (value >= low * (1 - slack) && value <= high * (1 + slack)) found.push(value);
        }
    }
    return found;
}

const reversed = (values: number[]) => values.map((t) => 1 - t).reverse();

function curvedTicks(scale: Scale, low: number, high: number, set: (typeof logSets)[number]) {
    if (scale === 'log') return logTicks(low, high, set);
    if (scale === 'reverse-log') return reversed(logTicks(1 - high, 1 - low, set));
    const lower = low < 0.5 ? logTicks(low, Math.min(high, 0.4), set) : [];
    const upper = high > 0.5 ? reversed(logTicks(1 - high, Math.min(1 - low, 0.4), set)) : [];
    return [...lower, ...(low <= 0.5 && high >= 0.5 ? [0.5] : []), ...upper];
}

/** Round values in [low, high], at most so many: as many as there is room for. */
export function ticks(scale: Scale, low: number, high: number, most: number): number[] {
    if (!fits(scale, low, high)) return [];
    let best: number[] = [];
    if (scale !== 'linear')
        for (const set of logSets) {
            const found = curvedTicks(scale, low, high, set);
            if (found.length <= most && found.length >= 2 && found.length >= best.length)
                best = found;
        }
    return best.length >= 2 ? best : linearTicks(low, high, most);
}

// ---- Words ------------------------------------------------------------------------------------

/** A number for people. */
export function format(value: number | null | undefined, digits = 4): string {
    if (value === null || value === undefined || !Number.isFinite(value)) return '–';
    if (value === 0) return '0';
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return String(value);
    const text = Number(value.toPrecision(digits));
    return size >= 1e7 || size < 1e-4 ? text.toExponential().replace('e+', 'e') : String(text);
}

/** "410 MB", "1.25 GB". */
export function memory(bytes: number): string {
    const [size, unit] = bytes >= 1e9 ? [bytes / 1e9, 'GB'] : [bytes / 1e6, 'MB'];
    return `${Number(size.toPrecision(3))} ${unit}`;
}

/** "450 ms", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(ms: number): string {
    if (!(ms >= 0)) return '–';
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const s = ms / 1000;
    if (s < 10) return `${s.toFixed(1)} s`;
    if (s < 60) return `${Math.round(s)} s`;
    const pair = (big: number, small: number, words: [string, string]) =>
        small > 0 ? `${big} ${words[0]} ${small} ${words[1]}` : `${big} ${words[0]}`;
    const m = Math.floor(s / 60);
    if (m < 60) return pair(m, Math.round(s % 60) % 60, ['min', 's']);
    const h = Math.floor(m / 60);
    return h < 48 ? pair(h, m % 60, ['h', 'min']) : pair(Math.floor(h / 24), h % 24, ['d', 'h']);
}
