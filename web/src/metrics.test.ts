/** Of several metrics: which one is looked at, and what is said of it; the front of all. */
import { afterEach, expect, test, vi } from 'vitest';
import { ranking } from './charts/common';
import { distributionOf } from './charts/distribution';
import { bestSoFar } from './charts/history';
import { fillsOf, frontOf, pairsOf, placeIn } from './charts/pareto';
import { kept, readRoute } from './route';
import { COMPLETE, RUNNING, Study, states } from './study';

const losses = [3, 1, 2, 0],
    gains = [0.9, 0.5, 0.7, 0.99]; // the last one has not ended
const zeros = losses.map(() => 0);

/** What the server answers, by the end of the path. */
const answers: Record<string, unknown> = {
    '/studies/two': {
        study: 'two',
        epoch: 7,
        metrics: [
            { name: 'loss', direction: 'minimize' },
            { name: 'gain', direction: 'maximize' },
        ],
        parameters: [],
    },
    '/trials': {
        epoch: 7,
        next: 4,
        end: 4,
        states: [...states],
        reasons: [''],
        makers: ['tpe'],
        number: [0, 1, 2, 3],
        state: [COMPLETE, COMPLETE, COMPLETE, RUNNING],
        reason: zeros,
        attempt: zeros,
        step: zeros,
        started_ms: zeros,
        finished_ms: zeros,
        reported_ms: zeros,
        maker: zeros,
        parent: zeros,
        nudges: zeros,
        values: [losses, gains],
        parameters: [],
    },
    '/curves': { epoch: 7, next: 0, end: 0, number: [], step: [], values: [[], []] },
    '/best': { best: { trial: 1, value: 1, noise: null } },
};

let study: Study;

/** A study that is read from these answers; the importance is of as many trials as the metric's place. */
function serve(): void {
    vi.stubGlobal('localStorage', { getItem: () => null });
    vi.stubGlobal('fetch', async (url: string) => {
        const { pathname, searchParams } = new URL(url, 'http://here');
        const end = Object.keys(answers).find((each) => pathname.endsWith(each));
        if (pathname.endsWith('/events')) return new Promise(() => undefined); // no news
        const importance = { importance: [], trials: Number(searchParams.get('metric')) };
        return Response.json(end ? answers[end] : importance);
    });
    study = new Study('two');
}

afterEach(() => {
    study.close();
    vi.unstubAllGlobals();
});

test('what is said of values is said of the metric that is looked at, in its direction', async () => {
    serve();
    await vi.waitFor(() => expect(study.importance?.trials).toBe(0));
    expect([study.metricName, study.isMaximized, study.bestTrial]).toEqual(['loss', false, 1]);
    expect(ranking(study)).toEqual([1, 2, 0]);
    study.look('gain');
    expect([study.best, study.importance]).toEqual([null, null]); // not that of the other one
    expect(ranking(study)).toEqual([0, 2, 1]);
    expect(bestSoFar(study)).toEqual({ numbers: [0], values: [0.9] });
    expect([...distributionOf(study)]).toEqual([0.5, 0.7, 0.9]);
    await vi.waitFor(() => expect(study.importance?.trials).toBe(1));
    expect(study.best).toEqual({ trial: 0, value: 0.9, noise: null });
    study.look('nothing of that name');
    expect([study.metric, study.metricName]).toEqual([0, 'loss']);
    await vi.waitFor(() => expect(study.bestTrial).toBe(1));
});

test('a metric may be chosen before the study is known', async () => {
    serve();
    study.look('gain');
    expect([study.metric, study.metricName]).toEqual([0, '']);
    await vi.waitFor(() => expect(study.importance?.trials).toBe(1));
    expect([study.metricName, study.bestTrial]).toEqual(['gain', 0]);
});

test('the front is of complete trials in all metrics, filled by how good they are in one', async () => {
    serve();
    await vi.waitFor(() => expect(study.isComplete).toBe(true));
    const front = frontOf(study);
    expect(front).toEqual([1, 2, 0]); // the better the loss, the worse the gain
    const fills = fillsOf(study, front, 1);
    expect([fills.get(0), fills.get(1)]).toEqual([1, expect.closeTo(1 / 3)]);
    expect(fills.get(2)).toBeLessThan(fills.get(0)!);
});

test('three metrics are drawn in all pairs, more of them over the one that is looked at', () => {
    expect(pairsOf(2, 1)).toEqual([[0, 1]]);
    expect(pairsOf(3, 2)).toEqual([
        [0, 1],
        [0, 2],
        [1, 2],
    ]);
    expect(pairsOf(4, 2)).toEqual([
        [2, 0],
        [2, 1],
        [2, 3],
    ]);
});

test('a trial is found among those that are drawn', () => {
    expect([2, 5, 9, 1, 6, 10].map((n) => placeIn([2, 5, 9], n))).toEqual([0, 1, 2, -1, -1, -1]);
    expect(placeIn([], 0)).toBe(-1);
});

test('the metric goes along from view to view, and nothing else', () => {
    expect(kept(readRoute('#/two/curves?metric=gain&logx=1'))).toEqual({ metric: 'gain' });
    expect(kept(readRoute('#/two/curves?logx=1'))).toEqual({});
});
