/** A study at a glance. */
import { useEffect, useState } from 'preact/hooks';
import { get, type Summary } from '../api';
import { DistributionPlot } from '../charts/distribution';
import { HistoryPlot } from '../charts/history';
import { ImportanceList } from '../charts/importance';
import { printParameter, ranking } from '../charts/common';
import { useStudies } from '../live';
import { type Route, setOptions } from '../route';
import { duration, format } from '../scale';
import {
    COMPLETE,
    FAILED,
    PAUSED,
    PRUNED,
    RUNNING,
    WAITING,
    type Study,
    countStates,
} from '../study';
import { Changes } from './changes';
import { Fronts } from './fronts';
import { Progress } from './studies';
import { Toggle } from './parts';

export function OverviewView({
    study,
    route,
    open,
}: {
    study: Study;
    route: Route;
    open: (trial: number) => void;
}) {
    const info = study.info!,
        isLog = route.options.log === '1';
    const compared = (route.options.with ?? '')
        .split(',')
        .filter((name) => /^[A-Za-z_][\w.-]*$/.test(name) && name !== study.name);
    const all = useStudies(compared);
    for (const other of all) other.look(study.metricName);
    const others = all.filter((other) => other.metricName === study.metricName);
    return (
        <main>
            <Facts study={study} open={open} />
            <div class="columns">
                <div class="main">
                    <HistoryPlot study={study} others={others} log={isLog} height={320} open={open}>
                        <Compare
                            study={study}
                            compared={compared}
                            set={(names) => setOptions(route, { with: names.join(',') })}
                        />
                        <Toggle
                            label="log"
                            on={isLog}
                            set={(on) => setOptions(route, { log: on ? '1' : '' })}
                        />
                    </HistoryPlot>
                    <DistributionPlot
                        study={study}
                        others={others}
                        log={isLog}
                        height={220}
                        open={open}
                    />
                    {info.metrics.length > 1 && (
                        <Fronts study={study} log={isLog} open={open} />
                    )}
                    <Running study={study} open={open} />
                </div>
                <aside>
                    <Best study={study} open={open} />
                    <section>
                        <h2>What mattered{info.metrics.length > 1 && ` for ${study.metricName}`}</h2>
                        <ImportanceList of={study.importance} />
                    </section>
                    <Plan study={study} />
                    <Changes info={info} />
                </aside>
            </div>
        </main>
    );
}

function Fact({ label, children }: { label: string; children: preact.ComponentChildren }) {
    return (
        <div>
            <dt>{label}</dt>
            <dd>{children}</dd>
        </div>
    );
}

function Facts({ study, open }: { study: Study; open: (trial: number) => void }) {
    const info = study.info!,
        counts = countStates(study.trials);
    const all = counts.reduce((sum, count) => sum + count, 0);
    const { best } = study;
    const stopped = counts[PRUNED]! + counts[PAUSED]!;
    const whole = Math.max(info.budget.trials, all, 1);
    return (
        <>
            <dl class="facts">
                <Fact label={`best ${study.metricName}`}>
                    {best ? (
                        <button class="link" onClick={() => open(best.trial)}>
                            {format(best.value)}
                        </button>
                    ) : (
                        '–'
                    )}
                    {best && (
                        <small>
                            trial {best.trial}
                            {best.noise && ', expected'}
                        </small>
                    )}
                </Fact>
                <Fact label="trials">
                    {all}
                    {info.budget.trials > 0 && <small>of {info.budget.trials}</small>}
                </Fact>
                <Fact label="complete">{counts[COMPLETE]}</Fact>
                <Fact label="stopped early">{stopped}</Fact>
                <Fact label="failed">{counts[FAILED]}</Fact>
                <Fact label="running">
                    {counts[RUNNING]}
                    {counts[WAITING]! > 0 && <small>{counts[WAITING]} wait</small>}
                </Fact>
                {info.steps_spent > 0 && (
                    <Fact label="steps">
                        {info.steps_spent.toLocaleString('en')}
                        {info.steps_saved > 0 && (
                            <small>
                                {Math.round(
                                    (100 * info.steps_saved) /
                                        (info.steps_saved + info.steps_spent),
                                )}{' '}
                                % saved
                            </small>
                        )}
                    </Fact>
                )}
                <Fact label="time">
                    {duration(info.busy_ms)}
                    {info.budget.time_ms > 0 && <small>of {duration(info.budget.time_ms)}</small>}
                </Fact>
            </dl>
            <Progress
                parts={[
                    ['complete', counts[COMPLETE]!],
                    ['pruned', stopped],
                    ['failed', counts[FAILED]!],
                    ['running', counts[RUNNING]!],
                ]}
                whole={whole}
            />
        </>
    );
}

function Best({ study, open }: { study: Study; open: (trial: number) => void }) {
    const best = study.bestTrial,
        noise = study.best?.noise;
    const title =
        study.info!.metrics.length > 1 ? `Best in ${study.metricName} alone` : 'Best configuration';
    if (best < 0)
        return (
            <section>
                <h2>{title}</h2>
                <p class="soft">
                    {ranking(study).length > 0
                        ? 'is being looked for …'
                        : 'No complete trial has a value yet.'}
                </p>
            </section>
        );
    const lines = study
        .info!.parameters.map((parameter, p) => ({
            name: parameter.name,
            text: printParameter(parameter, study.trials.parameters[p]!.get(best)),
        }))
        .filter((line) => line.text !== '');
    return (
        <section>
            <header>
                <h2>{title}</h2>
                <button class="quiet" onClick={() => open(best)}>
                    trial {best}
                </button>
            </header>
            <dl class="pairs">
                {lines.map((line) => (
                    <div key={line.name}>
                        <dt>{line.name}</dt>
                        <dd>{line.text}</dd>
                    </div>
                ))}
            </dl>
            {noise && (
                <p class="soft note">
                    Runs of one configuration differ, by a deviation of {format(noise.deviation, 2)}
                    . By what all trials say together, this one would give{' '}
                    {format(study.best!.value)} in the mean of many runs (90 %:{' '}
                    {format(noise.low)} to {format(noise.high)}), the best of all. The best value
                    that was seen, {format(study.values.get(noise.luckiest))}, was a lucky
                    draw:{' '}
                    <button class="link" onClick={() => open(noise.luckiest)}>
                        trial {noise.luckiest}
                    </button>
                    .
                </p>
            )}
        </section>
    );
}

function Plan({ study }: { study: Study }) {
    const info = study.info!;
    return (
        <section>
            <h2>Search</h2>
            <dl class="pairs">
                <div>
                    <dt>sampler</dt>
                    <dd>{info.sampler}</dd>
                </div>
                <div>
                    <dt>scheduler</dt>
                    <dd>{info.scheduler}</dd>
                </div>
                <div>
                    <dt>parallel</dt>
                    <dd>{info.parallel}</dd>
                </div>
                {info.step_max > 0 && (
                    <div>
                        <dt>steps</dt>
                        <dd>to {info.step_max}</dd>
                    </div>
                )}
            </dl>
            {info.command.length > 0 && (
                <p class="command">
                    <code>{info.command.join(' ')}</code>
                </p>
            )}
        </section>
    );
}

const mostShown = 12;

function Running({ study, open }: { study: Study; open: (trial: number) => void }) {
    const t = study.trials,
        info = study.info!,
        running: number[] = [];
    for (let n = t.count - 1; n >= 0; n--) if (t.state.get(n) === RUNNING) running.push(n);
    if (running.length === 0) return null;
    return (
        <section>
            <h2>Running now</h2>
            <ul class="tiles">
                {running.slice(0, mostShown).map((n) => (
                    <li key={n}>
                        <button class="tile" onClick={() => open(n)}>
                            <span>
                                <b>Trial {n}</b>{' '}
                                <span class="soft">
                                    {t.step.get(n) >= 0
                                        ? `step ${t.step.get(n)}${info.step_max > 0 ? ` of ${info.step_max}` : ''}`
                                        : 'has not reported yet'}
                                </span>
                            </span>
                            <Spark values={t.curves[study.metric]!.get(n)?.values ?? []} />
                            <span>
                                {format(t.value(study.metric, n))}{' '}
                                <span class="soft">{duration(t.took(n, info.now_ms))}</span>
                            </span>
                        </button>
                    </li>
                ))}
            </ul>
            {running.length > mostShown && (
                <p class="soft">and {running.length - mostShown} more</p>
            )}
        </section>
    );
}

function Spark({ values }: { values: number[] }) {
    const shown = values.slice(-60),
        low = Math.min(...shown),
        high = Math.max(...shown);
    const points = shown.map(
        (value, i) =>
            `${(i / Math.max(shown.length - 1, 1)) * 100},${high > low ? 23 - ((value - low) / (high - low)) * 22 : 12}`,
    );
    return (
        <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
            <polyline points={points.join(' ')} vector-effect="non-scaling-stroke" />
        </svg>
    );
}

function Compare({
    study,
    compared,
    set,
}: {
    study: Study;
    compared: string[];
    set: (names: string[]) => void;
}) {
    const [names, setNames] = useState<string[]>([]);
    const metric = study.metricName;
    useEffect(() => {
        get<{ studies: Summary[] }>('/studies')
            .then((list) =>
                setNames(
                    list.studies
                        .filter((each) => each.metrics?.includes(metric) && each.study !== study.name)
                        .map((each) => each.study),
                ),
            )
            .catch(() => setNames([]));
    }, [study.name, metric]);
    if (names.length === 0) return null;
    return (
        <select
            aria-label="Compare with another study"
            value=""
            onChange={(event) => {
                const name = event.currentTarget.value;
                set(
                    compared.includes(name)
                        ? compared.filter((each) => each !== name)
                        : [...compared, name],
                );
                event.currentTarget.value = '';
            }}
        >
            <option value="">compare …</option>
            {names.map((name) => (
                <option key={name} value={name}>
                    {compared.includes(name) ? `✓ ${name}` : name}
                </option>
            ))}
        </select>
    );
}
