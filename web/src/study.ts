/**
 * A study as the page has it: columns that grow, filled from the server and kept up to date.
 */
import {
    type Best,
    type Control,
    type CurvesPage,
    type Importance,
    type StudyInfo,
    type TrialsPage,
    ApiError,
    get,
    listen,
} from './api';

export const states = ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed'] as const;
export type State = (typeof states)[number];
export const WAITING = 0,
    RUNNING = 1,
    PAUSED = 2,
    COMPLETE = 3,
    PRUNED = 4,
    FAILED = 5;

const firstRows = 4000,
    pageRows = 20000; // a small first page is drawn sooner

/** Numbers that grow in number. */
export class Column {
    data: Float64Array;

    constructor(private readonly empty = NaN) {
        this.data = new Float64Array(64).fill(empty);
    }

    set(i: number, value: number): void {
        if (i >= this.data.length) {
            const grown = new Float64Array(Math.max(i + 1, this.data.length * 2)).fill(this.empty);
            grown.set(this.data);
            this.data = grown;
        }
        this.data[i] = value;
    }

    get(i: number): number {
        return i < this.data.length ? this.data[i]! : this.empty;
    }
}

/** The learning curve of one trial in one metric, by growing step. */
export class Curve {
    steps: number[] = [];
    values: number[] = [];

    /** A report at a step begins a new branch: what stood from there on was given up. */
    put(step: number, value: number): void {
        while (this.steps.length > 0 && this.steps[this.steps.length - 1]! >= step) {
            this.steps.pop();
            this.values.pop();
        }
        this.steps.push(step);
        this.values.push(value);
    }

    get last(): number {
        return this.values.length > 0 ? this.values[this.values.length - 1]! : NaN;
    }
}

export class Trials {
    count = 0; // numbers seen, from 0
    epoch = 0;
    next = 0; // place up to which trials have been read
    nextPoint = 0; // the same of curves
    makers: string[] = [];
    reasons: string[] = [];
    readonly state = new Column(-1); // -1: not here yet
    readonly reason = new Column(0);
    readonly attempt = new Column(0);
    readonly step = new Column(-1);
    readonly started = new Column(0);
    readonly finished = new Column(0);
    readonly reported = new Column(0);
    readonly maker = new Column(0);
    readonly parent = new Column(-1);
    readonly nudges = new Column(0);
    readonly values: Column[];
    readonly parameters: Column[];
    readonly curves: Map<number, Curve>[]; // of each metric, by trial

    constructor(metrics: number, parameters: number) {
        this.values = Array.from({ length: metrics }, () => new Column());
        this.parameters = Array.from({ length: parameters }, () => new Column());
        this.curves = Array.from({ length: metrics }, () => new Map<number, Curve>());
    }

    take(page: TrialsPage): void {
        this.makers = page.makers;
        this.reasons = page.reasons;
        for (let i = 0; i < page.number.length; i++) {
            const n = page.number[i]!;
            this.count = Math.max(this.count, n + 1);
            this.state.set(n, page.state[i]!);
            this.reason.set(n, page.reason[i]!);
            this.attempt.set(n, page.attempt[i]!);
            this.step.set(n, page.step[i]!);
            this.started.set(n, page.started_ms[i]!);
            this.finished.set(n, page.finished_ms[i]!);
            this.reported.set(n, page.reported_ms[i]!);
            this.maker.set(n, page.maker[i]!);
            this.parent.set(n, page.parent[i]!);
            this.nudges.set(n, page.nudges[i]!);
            this.values.forEach((column, m) => column.set(n, page.values[m]![i] ?? NaN));
            this.parameters.forEach((column, p) => column.set(n, page.parameters[p]![i] ?? NaN));
        }
        this.next = page.next;
    }

    takeCurves(page: CurvesPage): void {
        for (let i = 0; i < page.number.length; i++) {
            const n = page.number[i]!;
            this.curves.forEach((curves, m) => {
                let curve = curves.get(n);
                if (!curve) curves.set(n, (curve = new Curve()));
                curve.put(page.step[i]!, page.values[m]![i] ?? NaN);
            });
            this.step.set(n, Math.max(page.step[i]!, 0));
        }
        this.nextPoint = page.next;
    }

    /** The final value, or, of a trial without one, what it last reported. */
    value(metric: number, number: number): number {
        const final = this.values[metric]!.get(number);
        return Number.isNaN(final) ? (this.curves[metric]!.get(number)?.last ?? NaN) : final;
    }

    /**
     * Milliseconds that its last attempt took, or takes. One that was stopped early is counted up to
     * its last report: it may have been paused from then on.
     */
    took(number: number, now: number): number {
        const started = this.started.get(number),
            finished = this.finished.get(number),
            reported = this.reported.get(number);
        if (!(started > 0)) return NaN;
        const state = this.state.get(number);
        if ((state === PRUNED || state === PAUSED) && reported > started) return reported - started;
        return (finished >= started ? finished : now) - started;
    }
}

/** How many trials there are of each state. */
export function countStates(trials: Trials): number[] {
    const counts = [0, 0, 0, 0, 0, 0];
    for (let n = 0; n < trials.count; n++) {
        const state = trials.state.get(n);
        if (state >= 0) counts[state]!++;
    }
    return counts;
}

type Listener = () => void;

/** A study that is followed. What is said of values is said of the one metric that is looked at. */
export class Study {
    info: StudyInfo | null = null;
    trials = new Trials(1, 0);
    importance: Importance | null = null; // in the metric that is looked at
    best: Best | null = null; // likewise
    version = 0; // grows with everything that changes what is drawn
    isLive = false;
    isComplete = false; // all that the server had has been read
    error: ApiError | null = null;
    private metricWanted = ''; // by its name, which the link has
    private readonly listeners = new Set<Listener>();
    private readonly abort = new AbortController();
    private isReading = false;
    private mustRead = false;
    private bestOf = -1; // trials that had ended when it was looked for
    private importanceOf = -1; // complete trials that it was measured on

    constructor(readonly name: string) {
        this.wake();
        void listen(
            name,
            this.abort.signal,
            () => this.wake(),
            (is) => {
                this.isLive = is;
                this.changed();
            },
        );
    }

    get maximize(): boolean[] {
        return (this.info?.metrics ?? []).map((metric) => metric.direction === 'maximize');
    }

    /** The place of the metric that is looked at: the one of the name that was chosen, or the first. */
    get metric(): number {
        const found = this.info?.metrics.findIndex((each) => each.name === this.metricWanted);
        return Math.max(found ?? 0, 0);
    }

    get metricName(): string {
        return this.info?.metrics[this.metric]?.name ?? '';
    }

    /** True where more of the metric that is looked at is better. */
    get isMaximized(): boolean {
        return this.maximize[this.metric] ?? false;
    }

    /** The final values in the metric that is looked at. */
    get values(): Column {
        return this.trials.values[this.metric]!;
    }

    /** The trial that is the best, in the first metric as `caviar best` says; -1: none. */
    get bestTrial(): number {
        return this.best?.trial ?? -1;
    }

    /** Looks at a metric by its name; one that there is not stands for the first. */
    look(metric: string): void {
        if (metric === this.metricWanted) return;
        const before = this.metric;
        this.metricWanted = metric;
        if (this.metric !== before) this.forget();
    }

    // What was known of another metric; it is asked for anew.
    private forget(): void {
        this.best = this.importance = null;
        this.bestOf = this.importanceOf = -1;
        this.version++;
        this.wake();
    }

    subscribe(listener: Listener): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    close(): void {
        this.abort.abort();
    }

    setControl(control: Control): void {
        if (this.info) this.info = { ...this.info, control };
        this.changed();
    }

    /** Reads what is new; once more where news come meanwhile. */
    wake(): void {
        this.mustRead = true;
        if (!this.isReading) void this.readAll();
    }

    private changed(): void {
        this.version++;
        for (const listener of this.listeners) listener();
    }

    private async readAll(): Promise<void> {
        this.isReading = true;
        while (this.mustRead && !this.abort.signal.aborted) {
            this.mustRead = false;
            try {
                await this.read();
                this.error = null;
            } catch (reason) {
                if (this.abort.signal.aborted) break;
                this.error = reason instanceof ApiError ? reason : new ApiError(String(reason), 0);
            }
            this.changed();
            await new Promise((resolve) => setTimeout(resolve, 250)); // four times a second are enough
        }
        this.isReading = false;
    }

    private async read(): Promise<void> {
        const path = `/studies/${this.name}`,
            signal = this.abort.signal;
        this.info = await get<StudyInfo>(path, signal);
        if (this.info.epoch !== this.trials.epoch) {
            this.trials = new Trials(this.info.metrics.length, this.info.parameters.length);
            this.trials.epoch = this.info.epoch;
            this.bestOf = -1;
        }
        let drawn = 0; // in between it is drawn only where much has come
        for (let isMore = true; isMore;) {
            const t = this.trials;
            const query = `?epoch=${t.epoch}&since=${t.next}&limit=${t.next === 0 ? firstRows : pageRows}`;
            const page = await get<TrialsPage>(`${path}/trials${query}`, signal);
            if (page.epoch !== t.epoch) return this.wake(); // the server began anew
            t.take(page);
            isMore = page.next < page.end;
            if (isMore && t.next >= 4 * drawn) {
                drawn = t.next;
                this.changed();
            }
        }
        drawn = 0;
        for (let isMore = true; isMore;) {
            const t = this.trials;
            const query = `?epoch=${t.epoch}&since=${t.nextPoint}&limit=${pageRows}`;
            const page = await get<CurvesPage>(`${path}/curves${query}`, signal);
            if (page.epoch !== t.epoch) return this.wake();
            t.takeCurves(page);
            isMore = page.next < page.end;
            if (isMore && t.nextPoint >= 4 * drawn) {
                drawn = t.nextPoint;
                this.changed();
            }
        }
        this.isComplete = true;
        await this.choose();
        await this.measure();
    }

    // Whenever a trial has ended.
    private async choose(): Promise<void> {
        const counts = countStates(this.trials);
        const ended = counts[COMPLETE]! + counts[PRUNED]! + counts[FAILED]!;
        if (ended === this.bestOf) return;
        this.changed();
        const metric = this.metric,
            found = metric === 0 ? await this.askBest() : bestOf(this);
        if (metric !== this.metric) return;
        this.best = found;
        this.bestOf = ended;
    }

    private async askBest(): Promise<Best | null> {
        const path = `/studies/${this.name}/best`;
        return (await get<{ best: Best | null }>(path, this.abort.signal)).best;
    }

    // Once a twentieth more trials are complete: it is no news after each of them.
    private async measure(): Promise<void> {
        const complete = countStates(this.trials)[COMPLETE]!;
        if (complete === this.importanceOf || complete < this.importanceOf * 1.05) return;
        this.changed();
        const metric = this.metric,
            path = `/studies/${this.name}/importance?metric=${metric}`;
        const found = await get<Importance>(path, this.abort.signal);
        if (metric !== this.metric) return;
        this.importance = found;
        this.importanceOf = complete;
    }
}

/** The numbers of complete trials with a value in the metric that is looked at, best first. */
export function rank(study: Study): number[] {
    const { trials, values } = study,
        sign = study.isMaximized ? -1 : 1;
    const numbers: number[] = [];
    for (let n = 0; n < trials.count; n++)
        if (trials.state.get(n) === COMPLETE && !Number.isNaN(values.get(n))) numbers.push(n);
    return numbers.sort((a, b) => sign * (values.get(a) - values.get(b)) || a - b);
}

/** The trial with the best value: what the server says of the first metric alone may be another. */
function bestOf(study: Study): Best | null {
    const [trial] = rank(study);
    return trial === undefined ? null : { trial, value: study.values.get(trial), noise: null };
}
