/** Two parameters together: which ones is chosen, and stands in the link. */
import type { Contour } from '../api';
import { ContourPlot } from '../charts/contour';
import { RankPlot } from '../charts/ranks';
import { leastExplained, useModel } from '../model';
import { type Route, setOptions } from '../route';
import type { Study } from '../study';

export function Pair({
    study,
    route,
    varied,
    test,
    filter,
    open,
}: {
    study: Study;
    route: Route;
    varied: number[]; // parameters, the most important first
    test: ((n: number) => boolean) | null;
    filter: string;
    open: (trial: number) => void;
}) {
    const names = varied.map((p) => study.info!.parameters[p]!.name);
    const wanted = (route.options.pair ?? '').split(',');
    const first = names.includes(wanted[0]!) ? wanted[0]! : names[0]!;
    const second =
        names.includes(wanted[1]!) && wanted[1] !== first
            ? wanted[1]!
            : names.find((name) => name !== first)!;
    const query = `first=${encodeURIComponent(first)}&second=${encodeURIComponent(second)}`;
    const answer = useModel<Contour>(study, `contour?${query}&metric=${study.metric}`);
    const choose = (pair: string[]) => setOptions(route, { pair: pair.join() });
    const pick = (label: string, value: string, set: (name: string) => void) => (
        <select
            aria-label={label}
            value={value}
            onChange={(event) => set(event.currentTarget.value)}
        >
            {names.map((name) => (
                <option key={name} value={name}>
                    {name}
                </option>
            ))}
        </select>
    );
    const choice = (
        <>
            {pick('across', first, (name) => choose([name, name === second ? first : second]))}
            {pick('up', second, (name) => choose([name === first ? second : first, name]))}
        </>
    );
    const at = (name: string) => study.info!.parameters.findIndex((each) => each.name === name);
    return (
        <div class="together">
            {!answer || 'why_none' in answer ? (
                <section class="pair">
                    <header>
                        <h2>
                            {first} and {second}
                        </h2>
                        <div class="tools">{choice}</div>
                    </header>
                    <p class="soft">
                        {answer ? `${answer.why_none}.` : 'a model is being made …'}
                    </p>
                </section>
            ) : (
                <div class="pair">
                    <ContourPlot
                        study={study}
                        contour={answer}
                        test={test}
                        filter={filter}
                        height={360}
                        open={open}
                    >
                        {choice}
                    </ContourPlot>
                    <p class={answer.explained < leastExplained ? 'complaint' : 'legend'}>
                        <Trust of={answer} />
                    </p>
                </div>
            )}
            <div class="ranks">
                <RankPlot
                    study={study}
                    first={at(first)}
                    second={at(second)}
                    test={test}
                    filter={filter}
                    height={360}
                    open={open}
                />
                <p class="legend">
                    The fuller, the better the trial ranks, by tenths; <Mark kind="best" />.
                </p>
            </div>
        </div>
    );
}

function Mark({ kind }: { kind: 'best' | 'other' }) {
    return (
        <span class="mark-of">
            <i class={kind === 'best' ? 'best' : 'over'} /> {kind}
        </span>
    );
}

function Trust({ of }: { of: Contour }) {
    const share = Math.round(100 * Math.max(of.explained, 0));
    const trials = of.trials.toLocaleString('en');
    return of.explained < leastExplained ? (
        <>
            The model explains {share} % of what trials left out differ by, of {trials}: this may be
            noise.
        </>
    ) : (
        <>
            The stronger, the better, by a model of {trials} trials that explains {share} % of what
            trials left out differ by; <Mark kind="best" /> <Mark kind="other" />.
        </>
    );
}
