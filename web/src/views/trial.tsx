/** One trial: its curve, what it is made of, what was done to it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useReadOnly } from '../act';
import { ApiError, get, type Nudge, type TrialDetail } from '../api';
import { CoursePlot, changesOf } from '../charts/course';
import { courseOf } from '../course';
import { type Route, setOptions } from '../route';
import { duration, format, memory } from '../scale';
import { RUNNING, WAITING, PAUSED, type Study, states } from '../study';
import { Ended, Nurse } from './nurse';
import { Toggle } from './parts';

/** What the server has said of a trial; reports are added to those that are known. */
function useDetail(
    study: Study,
    number: number,
): { detail: TrialDetail | null; error: string; reload: () => void } {
    const [detail, setDetail] = useState<TrialDetail | null>(null);
    const [error, setError] = useState('');
    const [count, setCount] = useState(0);
    const known = useRef<TrialDetail | null>(null);
    const mark = `${study.trials.epoch}.${study.trials.next}.${study.trials.nextPoint}`;
    useEffect(() => {
        known.current = null;
        setDetail(null);
    }, [study.name, number]);
    useEffect(() => {
        const abort = new AbortController();
        const before = known.current?.epoch === study.trials.epoch ? known.current : null;
        get<TrialDetail>(
            `/studies/${study.name}/trials/${number}?since=${before?.next ?? 0}`,
            abort.signal,
        )
            .then((fresh) => {
                const joined = before
                    ? { ...fresh, reports: join(before.reports, fresh.reports) }
                    : fresh;
                known.current = joined;
                setDetail(joined);
                setError('');
            })
            .catch((reason: unknown) => {
                if (!abort.signal.aborted && reason instanceof ApiError) setError(reason.message);
            });
        return () => abort.abort();
    }, [study.name, number, mark, count]);
    return { detail, error, reload: () => setCount((c) => c + 1) };
}

type Reports = TrialDetail['reports'];

export function join(a: Reports, b: Reports): Reports {
    const names = new Set([...Object.keys(a.metrics), ...Object.keys(b.metrics)]);
    const fill = (reports: Reports, name: string) =>
        reports.metrics[name] ?? reports.step.map(() => null);
    return {
        step: [...a.step, ...b.step],
        attempt: [...a.attempt, ...b.attempt],
        time_ms: [...a.time_ms, ...b.time_ms],
        metrics: Object.fromEntries(
            [...names].map((name) => [name, [...fill(a, name), ...fill(b, name)]]),
        ),
    };
}

/** The training's like of a metric: train_loss beside val_loss. */
export function companionsOf(metric: string, names: string[]): string[] {
    const rest = metric.replace(/^val_/, '');
    return names.filter(
        (name) =>
            name !== metric &&
            (name === `train_${rest}` || name === `train${rest}` || name === rest),
    );
}

export function TrialView({
    study,
    route,
    open,
}: {
    study: Study;
    route: Route;
    open: (trial: number) => void;
}) {
    const number = route.trial,
        info = study.info!,
        t = study.trials;
    const { detail, error, reload } = useDetail(study, number);
    const isReadOnly = useReadOnly(study.isLive);
    const state = t.state.get(number);
    if (error && !detail)
        return (
            <main>
                <p class="complaint" role="alert">
                    {error}
                </p>
            </main>
        );
    if (state < 0 && study.isComplete)
        return (
            <main>
                <p class="empty">There is no trial {number}.</p>
            </main>
        );
    if (!detail)
        return (
            <main>
                <p class="soft">reading …</p>
            </main>
        );
    const names = Object.keys(detail.reports.metrics);
    const metric = names.includes(route.options.metric ?? '')
        ? route.options.metric!
        : study.metricName;
    const isOwn = info.metrics.findIndex((each) => each.name === metric);
    const course = courseOf(detail.reports.step, detail.reports.metrics[metric] ?? []);
    const companions = companionsOf(metric, names).map((name) => ({
        name,
        course: courseOf(detail.reports.step, detail.reports.metrics[name]!),
    }));
    const isOpen = state === RUNNING || state === WAITING || state === PAUSED;
    const reason = t.reasons[t.reason.get(number)];
    return (
        <main>
            <header class="trial">
                <h1>Trial {number}</h1>
                <span class={`badge ${states[state] ?? ''}`}>
                    {states[state]}
                    {reason ? `, ${reason}` : ''}
                </span>
                <nav aria-label="Other trials">
                    <button
                        class="quiet"
                        disabled={number <= 0}
                        onClick={() => open(number - 1)}
                        aria-label="Previous trial"
                    >
                        ←
                    </button>
                    <button
                        class="quiet"
                        disabled={number >= t.count - 1}
                        onClick={() => open(number + 1)}
                        aria-label="Next trial"
                    >
                        →
                    </button>
                </nav>
            </header>
            <dl class="facts">
                {info.metrics.map((each, m) => (
                    <div key={each.name}>
                        <dt>{each.name}</dt>
                        <dd>{format(t.value(m, number))}</dd>
                    </div>
                ))}
                <div>
                    <dt>step</dt>
                    <dd>
                        {t.step.get(number) < 0 ? '–' : t.step.get(number)}
                        {info.step_max > 0 && <small>of {info.step_max}</small>}
                    </dd>
                </div>
                <div>
                    <dt>time</dt>
                    <dd>{duration(t.took(number, info.now_ms))}</dd>
                </div>
                <Usage
                    detail={detail}
                    took={t.attempt.get(number) === 1 ? t.took(number, info.now_ms) : NaN}
                />
                <div>
                    <dt>attempt</dt>
                    <dd>{t.attempt.get(number)}</dd>
                </div>
                <div>
                    <dt>by</dt>
                    <dd>
                        {t.makers[t.maker.get(number)]}
                        {detail.parent >= 0 && (
                            <small>
                                <button class="link" onClick={() => open(detail.parent)}>
                                    trial {detail.parent}
                                </button>
                                {detail.parent_step >= 0 && ` from step ${detail.parent_step}`}
                            </small>
                        )}
                    </dd>
                </div>
            </dl>
            {detail.message && <p class="complaint">{detail.message}</p>}
            <div class="columns">
                <div class="main">
                    {names.length > 0 ? (
                        <CoursePlot
                            title="Learning curve"
                            metric={metric}
                            maximize={study.maximize[isOwn] ?? false}
                            course={course}
                            companions={companions}
                            nudges={detail.nudges}
                            log={route.options.log === '1'}
                            height={340}
                            version={`${study.version}.${metric}.${route.options.log}.${detail.next}.${detail.nudges.map((n) => n.state).join()}`}
                        >
                            {names.length > 1 && (
                                <select
                                    aria-label="Metric"
                                    value={metric}
                                    onChange={(event) =>
                                        setOptions(route, { metric: event.currentTarget.value })
                                    }
                                >
                                    {names.map((name) => (
                                        <option key={name}>{name}</option>
                                    ))}
                                </select>
                            )}
                            <Toggle
                                label="log"
                                on={route.options.log === '1'}
                                set={(on) => setOptions(route, { log: on ? '1' : '' })}
                            />
                        </CoursePlot>
                    ) : (
                        <p class="empty">It has not reported a value at a step.</p>
                    )}
                    {detail.findings.length > 0 && (
                        <section>
                            <h2>What the curve says</h2>
                            <ul class="findings">
                                {detail.findings.map((each) => (
                                    <li key={each.finding}>
                                        <b>{each.finding}</b>: {each.evidence}.{' '}
                                        <span class="soft">What usually helps: {each.advice}.</span>
                                    </li>
                                ))}
                            </ul>
                        </section>
                    )}
                    <NudgeList nudges={detail.nudges} />
                    {detail.output && (
                        <section>
                            <h2>The end of its output</h2>
                            <pre tabIndex={0}>{detail.output}</pre>
                        </section>
                    )}
                </div>
                <aside>
                    {isOpen && !isReadOnly ? (
                        <Nurse
                            study={study}
                            number={number}
                            detail={detail}
                            reload={reload}
                            open={open}
                        />
                    ) : (
                        <Ended
                            study={study}
                            number={number}
                            detail={detail}
                            open={open}
                            isReadOnly={isReadOnly}
                        />
                    )}
                </aside>
            </div>
        </main>
    );
}

/** What its processes have taken; `took` is NaN where that was not all in one go. */
function Usage({ detail, took }: { detail: TrialDetail; took: number }) {
    const { cpu_ms: cpu, memory_bytes: bytes } = detail;
    return (
        <>
            {cpu !== null && (
                <div>
                    <dt>processor time</dt>
                    <dd>
                        {duration(cpu)}
                        {took >= 1000 && <small>{(cpu / took).toFixed(1)} cores</small>}
                    </dd>
                </div>
            )}
            {bytes !== null && (
                <div>
                    <dt>memory</dt>
                    <dd>
                        {memory(bytes)} <small>at most</small>
                    </dd>
                </div>
            )}
        </>
    );
}

function NudgeList({ nudges }: { nudges: Nudge[] }) {
    if (nudges.length === 0) return null;
    return (
        <section>
            <h2>Changed while it ran</h2>
            <table class="plain">
                <thead>
                    <tr>
                        <th scope="col" class="number">
                            step
                        </th>
                        <th scope="col">what</th>
                        <th scope="col">state</th>
                        <th scope="col">who</th>
                        <th scope="col">why</th>
                    </tr>
                </thead>
                <tbody>
                    {nudges.map((nudge) => (
                        <tr key={nudge.id} class={nudge.state}>
                            <td class="number">{nudge.step < 0 ? 'next' : nudge.step}</td>
                            <td>{changesOf(nudge)}</td>
                            <td>{nudge.state}</td>
                            <td>{nudge.author}</td>
                            <td>{nudge.note}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </section>
    );
}
