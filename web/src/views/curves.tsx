/** The learning curves of all trials. */
import { CurvesPlot } from '../charts/curves';
import { readFilter } from '../filter';
import { type Route, setOptions } from '../route';
import type { Study } from '../study';
import { FilterField, Toggle } from './parts';

export function CurvesView({
    study,
    route,
    open,
}: {
    study: Study;
    route: Route;
    open: (trial: number) => void;
}) {
    const info = study.info!,
        { options } = route,
        t = study.trials;
    const filter = readFilter(options.q ?? '', info.parameters, info.metrics);
    const test = filter.test ? (n: number) => filter.test!(t, n) : null;
    const numbers = [...t.curves[study.metric]!.keys()];
    const flag = (name: string) => ({
        on: options[name] === '1',
        set: (on: boolean) => setOptions(route, { [name]: on ? '1' : '' }),
    });
    if (numbers.length === 0 && study.isComplete)
        return (
            <main>
                <p class="empty">
                    No trial has reported a value at a step yet. A program that prints{' '}
                    <code>caviar: step=3 loss=0.5</code> has a learning curve.
                </p>
            </main>
        );
    return (
        <main>
            <FilterField
                text={options.q ?? ''}
                filter={filter}
                shown={test ? numbers.filter(test).length : numbers.length}
                all={numbers.length}
                set={(q) => setOptions(route, { q })}
            />
            <CurvesPlot
                study={study}
                logX={options.logx === '1'}
                logY={options.logy === '1'}
                hidesCut={options.whole === '1'}
                test={test}
                height={Math.max(360, Math.min(innerHeight - 250, 720))}
                open={open}
            >
                <Toggle label="log steps" {...flag('logx')} />
                <Toggle label="log values" {...flag('logy')} />
                <Toggle label="hide stopped" {...flag('whole')} />
            </CurvesPlot>
            <p class="legend">
                <i class="best" /> best <i class="good" /> best tenth <i class="other" /> complete{' '}
                <i class="cut" /> stopped early · dashed: running
            </p>
        </main>
    );
}
