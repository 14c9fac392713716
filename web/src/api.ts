/** The HTTP API (docs/http-api.md), and the token that changes need. */

export interface Parameter {
    name: string;
    axis: 'none' | 'continuous' | 'levels' | 'choices';
    conditional: boolean;
    choices?: (string | number | boolean)[];
    whole?: boolean;
    scale?: 'linear' | 'log' | 'reverse-log' | 'logit';
    low?: number;
    high?: number;
    special?: number[];
}

export interface Metric {
    name: string;
    direction: 'minimize' | 'maximize';
}

/** What was changed of a study after its first trials. */
export interface StudyChange {
    time: number;
    trials: number; // that there were
    author: string;
    note: string;
    what: string[]; // "space.lr.high: 1 -> 10"
}

/** The best in the metric that is looked at. */
export interface Best {
    trial: number;
    value: number; // its own; under noise what many runs of it would give in the mean
    noise: {
        deviation: number; // of a run
        low: number; // 90 % interval of the value
        high: number;
        chance: number; // that it is the best of those that may be
        luckiest: number; // the trial with the best value
    } | null;
}

export type Control = 'run' | 'pause' | 'stop' | 'cancel';

export interface StudyInfo {
    study: string;
    epoch: number;
    control: Control;
    created_ms: number;
    parameters: Parameter[];
    metrics: Metric[];
    budget: { trials: number; time_ms: number; steps: number };
    step_max: number;
    parallel: number;
    sampler: string;
    scheduler: string;
    command: string[];
    steps_spent: number;
    steps_saved: number;
    busy_ms: number;
    now_ms: number;
    definition: { changes?: StudyChange[] };
}

export interface Summary {
    study: string;
    control: Control;
    created_ms: number;
    counts: Record<string, number>;
    known: boolean;
    metric?: string;
    metrics?: string[];
    direction?: string;
    best?: number | null;
    best_trial?: number;
    budget?: number;
    changed_ms?: number;
}

export interface TrialsPage {
    epoch: number;
    since: number;
    next: number;
    end: number;
    states: string[];
    reasons: string[];
    makers: string[];
    number: number[];
    state: number[];
    reason: number[];
    attempt: number[];
    step: number[];
    started_ms: number[];
    finished_ms: number[];
    reported_ms: number[];
    maker: number[];
    parent: number[];
    nudges: number[];
    values: (number | null)[][];
    parameters: (number | null)[][];
}

export interface CurvesPage {
    epoch: number;
    since: number;
    next: number;
    end: number;
    number: number[];
    step: number[];
    values: (number | null)[][];
}

export interface Importance {
    importance: { parameter: string; share: number; low: number; high: number; chance: boolean }[];
    why_none?: string;
    trials: number;
}

/** Over a grid of two parameters; null where no trial says anything. */
export interface Contour {
    first: string;
    second: string;
    trials: number;
    explained: number;
    across: (string | number | boolean)[];
    up: (string | number | boolean)[];
    means: (number | null)[][]; // of the metric, a row for each place up
    heights: (number | null)[][]; // likewise, from 0 where it is best to 1
}

/** Over each parameter alone. */
export interface Effects {
    trials: number;
    explained: number;
    effects: {
        parameter: string;
        at: (string | number | boolean)[];
        means: (number | null)[];
    }[];
}

export interface Nudge {
    id: number;
    kind: 'change' | 'rollback' | 'stop' | 'pause' | 'resume';
    state: 'waiting' | 'active' | 'undone' | 'refused';
    step: number;
    target: number;
    changes: Record<string, unknown> | null;
    author: string;
    note: string;
    created_ms: number;
    delivered_ms: number;
}

export interface TrialDetail {
    number: number;
    epoch: number;
    parent: number;
    parent_step: number;
    message: string;
    config: Record<string, string | number | boolean>;
    now: Record<string, string | number | boolean>;
    can_change: boolean;
    can_restore: boolean;
    checkpoints: number[] | null;
    cpu_ms: number | null; // of all attempts
    memory_bytes: number | null; // the greatest of any one process
    nudges: Nudge[];
    findings: { finding: string; evidence: string; advice: string }[];
    output: string;
    next: number;
    reports: {
        step: number[];
        attempt: number[];
        time_ms: number[];
        metrics: Record<string, (number | null)[]>;
    };
}

export interface Root {
    version: string;
    store: string;
    read_only: boolean;
}

export class ApiError extends Error {
    constructor(
        message: string,
        readonly status: number,
    ) {
        super(message);
    }
}

const tokenKey = 'caviar.token';

/** Takes the token out of the address (#token=…), where it would be seen and kept. */
export function takeToken(): void {
    const found = /^#token=([\w-]+)$/.exec(location.hash);
    if (!found) return;
    localStorage.setItem(tokenKey, found[1]!);
    history.replaceState(null, '', location.pathname);
}

export function hasToken(): boolean {
    return localStorage.getItem(tokenKey) !== null;
}

export function setToken(token: string | null): void {
    if (token) localStorage.setItem(tokenKey, token.trim());
    else localStorage.removeItem(tokenKey);
}

function headers(): Record<string, string> {
    const token = localStorage.getItem(tokenKey);
    return token ? { Authorization: `Bearer ${token}` } : {};
}

async function failure(response: Response): Promise<ApiError> {
    const body = await response.json().catch(() => ({}));
    const text = typeof body.error === 'string' ? body.error : `the server says ${response.status}`;
    return new ApiError(text, response.status);
}

async function ask(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`/api/1${path}`, init).catch((reason: unknown) => {
        if (init.signal?.aborted) throw reason;
        throw new ApiError('the server does not answer', 0);
    });
    if (response.ok) return response;
    throw await failure(response);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await ask(path, { headers: headers(), signal })).json();
}

export async function post<T>(path: string, body: unknown): Promise<T> {
    const init = {
        method: 'POST',
        headers: { ...headers(), 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
    };
    return (await ask(path, init)).json();
}

/** Splits a stream of events into the data of each; what is left begins the next piece. */
export function splitEvents(buffer: string): {
    events: { name: string; data: string }[];
    rest: string;
} {
    const pieces = buffer.split('\n\n');
    const rest = pieces.pop() ?? '';
    const events = pieces
        .map((piece) => ({
            name: /^event: (.*)$/m.exec(piece)?.[1] ?? '',
            data: /^data: (.*)$/m.exec(piece)?.[1] ?? '',
        }))
        .filter((event) => event.name !== '');
    return { events, rest };
}

/**
 * Listens to the news of a study until the signal says otherwise, and begins anew when the
 * connection is lost. It is not an EventSource, which could not send the token.
 */
export async function listen(
    study: string,
    signal: AbortSignal,
    news: () => void,
    connected: (is: boolean) => void,
): Promise<void> {
    for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 5000)) {
        try {
            const response = await ask(`/studies/${study}/events`, { headers: headers(), signal });
            connected(true);
            pause = 500;
            const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
            let buffer = '';
            for (;;) {
                const { done, value } = await reader.read();
                if (done) break;
                const split = splitEvents(buffer + value);
                buffer = split.rest;
                if (split.events.some((event) => event.name === 'news')) news();
            }
        } catch {
            // it is tried again
        }
        if (signal.aborted) return;
        connected(false);
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}
