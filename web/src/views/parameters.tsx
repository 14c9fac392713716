/** Parameters: all together, and each against the metric. */
import { ParallelPlot } from '../charts/parallel';
import type { Effects } from '../api';
import { SlicePlot } from '../charts/slice';
import { readFilter, replaceWords } from '../filter';
import { leastExplained, useModel } from '../model';
import { type Route, setOptions } from '../route';
import type { Study } from '../study';
import { Pair } from './pair';
import { FilterField } from './parts';

export function ParametersView({
    study,
    route,
    open,
}: {
    study: Study;
    route: Route;
    open: (trial: number) => void;
}) {
    const info = study.info!,
        t = study.trials,
        q = route.options.q ?? '';
    const filter = readFilter(q, info.parameters, info.metrics);
    const test = filter.test ? (n: number) => filter.test!(t, n) : null;
    const model = useModel<Effects>(study, `effects?metric=${study.metric}`);
    const effects =
        model && 'effects' in model && model.explained >= leastExplained ? model : null;
    let shown = 0;
    for (let n = 0; n < t.count; n++) if (!test || test(n)) shown++;
    const varied = info.parameters
        .map((_, p) => p)
        .filter((p) => info.parameters[p]!.axis !== 'none');
    const order = study.importance?.importance.map((each) => each.parameter) ?? [];
    const rank = (p: number) =>
        (order.indexOf(info.parameters[p]!.name) + order.length + 1) % (order.length + 1);
    varied.sort((a, b) => rank(a) - rank(b));
    return (
        <main>
            <FilterField
                text={q}
                filter={filter}
                shown={shown}
                all={t.count}
                set={(text) => setOptions(route, { q: text })}
            />
            <div class="scroll">
                <div style={{ minWidth: `${(varied.length + info.metrics.length) * 76}px` }}>
                    <ParallelPlot
                        study={study}
                        test={test}
                        filter={q}
                        height={380}
                        open={open}
                        brush={(name, words) =>
                            setOptions(route, { q: replaceWords(q, name, words) })
                        }
                    >
                        <span class="soft hint">drag along an axis to choose a part of it</span>
                    </ParallelPlot>
                </div>
            </div>
            <p class="legend">
                <i class="best" /> best <i class="good" /> best tenth <i class="other" /> others;
                most important parameters first
            </p>
            <h2 class="over">Each alone</h2>
            {effects && (
                <p class="legend">
                    line: the mean of a model that explains {Math.round(100 * effects.explained)} %
                    of what trials left out differ by
                </p>
            )}
            <div class="slices">
                {varied.map((p) => (
                    <SlicePlot
                        key={p}
                        study={study}
                        parameter={p}
                        effect={
                            effects?.effects.find(
                                (each) => each.parameter === info.parameters[p]!.name,
                            ) ?? null
                        }
                        test={test}
                        filter={q}
                        height={210}
                        open={open}
                    />
                ))}
            </div>
            {varied.length > 1 && (
                <Pair
                    study={study}
                    route={route}
                    varied={varied}
                    test={test}
                    filter={q}
                    open={open}
                />
            )}
        </main>
    );
}
