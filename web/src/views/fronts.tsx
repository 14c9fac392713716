/** The Pareto front of a study of several metrics: pictures that mark together, and the trials of it. */
import { useMemo, useState } from 'preact/hooks';
import { frontOf, pairsOf, ParetoPlot } from '../charts/pareto';
import { format } from '../scale';
import type { Study } from '../study';

const mostRows = 12;

type Mark = (trial: number | null) => void;

export function Fronts({
    study,
    log,
    open,
}: {
    study: Study;
    log: boolean;
    open: (trial: number) => void;
}) {
    const metrics = study.info!.metrics;
    const [marked, mark] = useState<number | null>(null);
    const front = useMemo(() => frontOf(study), [study, study.version]);
    const pairs = pairsOf(metrics.length, study.metric);
    const isAlone = pairs.length === 1;
    return (
        <section class="fronts">
            {!isAlone && <h2>Pareto front</h2>}
            <div class={isAlone ? '' : 'panels'}>
                {pairs.map(([x, y]) => (
                    <ParetoPlot
                        key={`${x},${y}`}
                        study={study}
                        title={
                            isAlone
                                ? 'Pareto front'
                                : `${metrics[x]!.name} and ${metrics[y]!.name}`
                        }
                        x={x}
                        y={y}
                        front={front}
                        log={log}
                        height={isAlone ? 320 : 270}
                        link={{ marked, mark }}
                        open={open}
                    />
                ))}
            </div>
            {front.length > 0 && <p class="legend">{wordsOn(metrics.length)}</p>}
            <FrontTable study={study} front={front} marked={marked} mark={mark} open={open} />
        </section>
    );
}

function wordsOn(metrics: number): preact.ComponentChildren {
    const mark = (
        <span class="mark-of">
            <i class="best" /> beaten by none
        </span>
    );
    if (metrics === 2) return <>{mark} in both metrics</>;
    return (
        <>
            {mark} in all {metrics} metrics together
            {metrics === 3
                ? '; the fuller, the better in the metric that is no axis'
                : '; drawn over the metric that is looked at'}
            . What is pointed at is marked in each picture.
        </>
    );
}

/** The front in words: the best in the metric that is looked at first. */
function FrontTable({
    study,
    front,
    marked,
    mark,
    open,
}: {
    study: Study;
    front: number[];
    marked: number | null;
    mark: Mark;
    open: (trial: number) => void;
}) {
    const t = study.trials,
        sign = study.isMaximized ? -1 : 1;
    const rows = [...front].sort(
        (a, b) => sign * (study.values.get(a) - study.values.get(b)) || a - b,
    );
    if (rows.length === 0) return <p class="soft">No trial with a value of each is complete yet.</p>;
    return (
        <div class="scroll">
            <table class="plain front">
                <caption class="unseen">The Pareto front: trials that are beaten by none</caption>
                <thead>
                    <tr>
                        <th scope="col">trial</th>
                        {study.info!.metrics.map((metric) => (
                            <th key={metric.name} scope="col" class="number">
                                {metric.name}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.slice(0, mostRows).map((n) => (
                        <tr
                            key={n}
                            class={n === marked ? 'marked' : ''}
                            onPointerEnter={() => mark(n)}
                            onPointerLeave={() => mark(null)}
                        >
                            <th scope="row">
                                <button
                                    class="link"
                                    onFocus={() => mark(n)}
                                    onBlur={() => mark(null)}
                                    onClick={() => open(n)}
                                >
                                    {n}
                                </button>
                            </th>
                            {t.values.map((column, m) => (
                                <td key={m} class="number">
                                    {format(column.get(n))}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
            {rows.length > mostRows && <p class="soft">and {rows.length - mostRows} more</p>}
        </div>
    );
}
