/** The page: its frame, and which view stands in it. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { act, askToken, confirm, Messages, say, useReadOnly } from './act';
import { type Control, takeToken } from './api';
import { useStudies } from './live';
import { go, kept, type Route, setOptions, useRoute, type View, views, writeRoute } from './route';
import type { Study } from './study';
import { setTheme, type Theme, theme, watchTheme } from './theme';
import { CurvesView } from './views/curves';
import { OverviewView } from './views/overview';
import { ParametersView } from './views/parameters';
import { StudiesView } from './views/studies';
import { TimelineView } from './views/timeline';
import { TrialView } from './views/trial';
import { TrialsView } from './views/trials';

const shown: Record<
    View,
    (props: { study: Study; route: Route; open: (trial: number) => void }) => preact.JSX.Element
> = {
    overview: OverviewView,
    curves: CurvesView,
    parameters: ParametersView,
    trials: TrialsView,
    timeline: TimelineView,
    trial: TrialView,
};

/** The views in which one metric is looked at; a trial has a choice of its own, of all that it reports. */
const byMetric: ReadonlySet<View> = new Set<View>(['overview', 'curves', 'parameters']);

const keys: [string, string][] = [
    ['1 … 5', 'the views'],
    ['/', 'filter'],
    ['← →', 'in a picture: from trial to trial; Enter opens it'],
    ['[ ]', 'the trial before, the next one'],
    ['Esc', 'the whole picture; back from a trial'],
    ['m', 'the next metric, of several'],
    ['p', 'pause the study, or go on; at a trial, that trial'],
    ['t', 'light, dark, as the system has it'],
    ['s', 'all studies'],
    ['?', 'these keys'],
];

function nextTheme(): void {
    const order: Theme[] = ['auto', 'light', 'dark'];
    const next = order[(order.indexOf(theme()) + 1) % 3]!;
    setTheme(next);
    say(next === 'auto' ? 'Colours as the system has them' : next === 'light' ? 'Light' : 'Dark');
}

async function setControl(study: Study, control: Control): Promise<void> {
    if (
        control === 'stop' &&
        !(await confirm(
            `End ${study.name}? Running trials finish first; 'caviar resume' goes on with it.`,
        ))
    )
        return;
    const words = {
        run: 'It goes on.',
        pause: 'Paused: nothing new is started; running trials go on.',
        stop: 'It ends when the running trials have finished.',
        cancel: '',
    };
    const done = await act<{ control: Control }>(
        `/studies/${study.name}/control`,
        { control },
        () => words[control],
    );
    if (done) study.setControl(control);
}

/** Looks at a metric by its place, after the last one at the first, which the link need not name. */
function chooseMetric(study: Study, route: Route, metric: number): void {
    const names = (study.info?.metrics ?? []).map((each) => each.name);
    setOptions(route, { metric: metric % names.length > 0 ? names[metric]! : '' });
}

function useKeys(route: Route, study: Study | undefined, help: () => void): void {
    useEffect(() => {
        const press = (event: KeyboardEvent) => {
            const target = event.target as HTMLElement;
            if (
                event.ctrlKey ||
                event.metaKey ||
                event.altKey ||
                /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) ||
                document.querySelector('dialog[open]')
            )
                return;
            const view = views[Number(event.key) - 1];
            if (event.key === 't') nextTheme();
            else if (event.key === '?') help();
            else if (event.key === 's') go({ ...route, study: null, options: {} });
            else if (!study) return;
            else if (view) go({ study: study.name, view, trial: -1, options: kept(route) });
            else if (event.key === 'm' && byMetric.has(route.view))
                chooseMetric(study, route, study.metric + 1);
            else if (event.key === 'p' && route.view === 'trial')
                document.getElementById('rest')?.click();
            else if (event.key === 'p')
                void setControl(study, study.info?.control === 'run' ? 'pause' : 'run');
            else if (event.key === '/') document.getElementById('filter')?.focus();
            else if (route.view === 'trial' && (event.key === '[' || event.key === ']'))
                go({ ...route, trial: Math.max(0, route.trial + (event.key === ']' ? 1 : -1)) });
            else if (route.view === 'trial' && event.key === 'Escape') history.back();
            else return;
            event.preventDefault();
        };
        addEventListener('keydown', press);
        return () => removeEventListener('keydown', press);
    }, [route, study]);
}

function Page() {
    const route = useRoute();
    const [study] = useStudies(route.study ? [route.study] : []);
    const [hasHelp, setHasHelp] = useState(false);
    study?.look(route.options.metric ?? '');
    useKeys(route, study, () => setHasHelp((is) => !is));
    useEffect(() => {
        document.title = route.study
            ? `${route.view === 'trial' ? `trial ${route.trial} · ` : ''}${route.study} · caviar`
            : 'caviar';
    }, [route.study, route.view, route.trial]);
    const needsToken = study?.error?.status === 401;
    useEffect(() => {
        if (needsToken) void askToken().then((given) => given && study.wake());
    }, [needsToken]);
    const open = (trial: number) =>
        go({ study: route.study, view: 'trial', trial, options: kept(route) });
    const View = shown[route.view];
    return (
        <>
            <a
                class="skip"
                href="#content"
                onClick={(event) => {
                    event.preventDefault();
                    document.querySelector<HTMLElement>('main')?.focus();
                }}
            >
                To the content
            </a>
            <header class="page">
                <a class="mark" href="#/" aria-label="caviar: all studies">
                    <svg viewBox="0 0 32 32" aria-hidden="true">
                        <circle class="a" cx="10" cy="20" r="7" />
                        <circle class="a" cx="22.5" cy="21.5" r="6" />
                        <circle class="b" cx="17" cy="9.5" r="6" />
                    </svg>
                    caviar
                </a>
                {route.study && <span class="study">{route.study}</span>}
                {route.study && (
                    <nav aria-label="Views">
                        {views.map((view) => (
                            <a
                                key={view}
                                href={writeRoute({ ...route, view, options: kept(route) })}
                                aria-current={
                                    route.view === view ||
                                    (view === 'trials' && route.view === 'trial')
                                        ? 'page'
                                        : undefined
                                }
                            >
                                {view}
                            </a>
                        ))}
                    </nav>
                )}
                {study?.info && byMetric.has(route.view) && (
                    <MetricChoice study={study} route={route} />
                )}
                <div class="row">
                    {study?.info && <Controls study={study} />}
                    <button
                        class="quiet"
                        onClick={nextTheme}
                        aria-label="Light or dark"
                        title="Light or dark (t)"
                    >
                        ◐
                    </button>
                    <button
                        class="quiet"
                        onClick={() => setHasHelp(!hasHelp)}
                        aria-expanded={hasHelp}
                        aria-label="Keys"
                        title="Keys (?)"
                    >
                        ?
                    </button>
                </div>
            </header>
            {hasHelp && (
                <dl class="keys">
                    {keys.map(([key, what]) => (
                        <div key={key}>
                            <dt>
                                <kbd>{key}</kbd>
                            </dt>
                            <dd>{what}</dd>
                        </div>
                    ))}
                </dl>
            )}
            {!route.study && <StudiesView />}
            {study?.error && (
                <p class="complaint banner" role="alert">
                    {study.error.message}
                </p>
            )}
            {study &&
                (study.info ? (
                    <View
                        key={`${route.study}/${route.view}`}
                        study={study}
                        route={route}
                        open={open}
                    />
                ) : (
                    !study.error && (
                        <main>
                            <p class="soft">reading …</p>
                        </main>
                    )
                ))}
            <Messages />
        </>
    );
}

function MetricChoice({ study, route }: { study: Study; route: Route }) {
    const { metrics } = study.info!;
    if (metrics.length < 2) return null;
    return (
        <label class="metric" title="The metric that is looked at (m)">
            metric
            <select
                value={study.metric}
                onChange={(event) =>
                    chooseMetric(study, route, Number(event.currentTarget.value))
                }
            >
                {metrics.map((each, m) => (
                    <option key={m} value={m}>
                        {each.name}
                    </option>
                ))}
            </select>
        </label>
    );
}

function Controls({ study }: { study: Study }) {
    const { control } = study.info!;
    const isReadOnly = useReadOnly(study.isLive);
    const word = { run: '', pause: 'paused', stop: 'stopping', cancel: 'cancelled' }[control];
    return (
        <>
            <span class={`live ${study.isLive ? 'on' : ''}`} role="status">
                {study.isLive ? 'live' : 'not connected'}
            </span>
            {word && <span class="badge paused">{word}</span>}
            {isReadOnly ? (
                <span class="badge">read only</span>
            ) : (
                <Switches study={study} control={control} />
            )}
        </>
    );
}

function Switches({ study, control }: { study: Study; control: Control }) {
    return (
        <>
            {control === 'run' ? (
                <button onClick={() => void setControl(study, 'pause')}>Pause</button>
            ) : (
                <button onClick={() => void setControl(study, 'run')}>Go on</button>
            )}
            {control !== 'stop' && control !== 'cancel' && (
                <button onClick={() => void setControl(study, 'stop')}>Stop</button>
            )}
        </>
    );
}

takeToken();
watchTheme();
render(<Page />, document.getElementById('app')!);
