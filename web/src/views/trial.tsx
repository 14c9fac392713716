/** One trial: its curve, what it is made of, and the means to nurse it while it runs. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { act, confirm } from '../act';
import { ApiError, get, type Nudge, type Parameter, type TrialDetail } from '../api';
import { CoursePlot, changesOf } from '../charts/course';
import { parameterAxis } from '../charts/common';
import { courseOf } from '../course';
import { type Route, setOptions } from '../route';
import { duration, format } from '../scale';
import { RUNNING, WAITING, PAUSED, type Study, states } from '../study';
import { Toggle } from './parts';

/** What the server has said of a trial; reports are added to those that are known. */
function useDetail(study: Study, number: number): { detail: TrialDetail | null; error: string; reload: () => void } {
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
    get<TrialDetail>(`/studies/${study.name}/trials/${number}?since=${before?.next ?? 0}`, abort.signal)
      .then((fresh) => {
        const joined = before ? { ...fresh, reports: join(before.reports, fresh.reports) } : fresh;
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
  const fill = (reports: Reports, name: string) => reports.metrics[name] ?? reports.step.map(() => null);
  return {
    step: [...a.step, ...b.step],
    attempt: [...a.attempt, ...b.attempt],
    time_ms: [...a.time_ms, ...b.time_ms],
    metrics: Object.fromEntries([...names].map((name) => [name, [...fill(a, name), ...fill(b, name)]])),
  };
}

/** The training's like of a metric: train_loss beside val_loss. */
export function companionsOf(metric: string, names: string[]): string[] {
  const rest = metric.replace(/^val_/, '');
  return names.filter((name) => name !== metric && (name === `train_${rest}` || name === `train${rest}` || name === rest));
}

export function TrialView({ study, route, open }: { study: Study; route: Route; open: (trial: number) => void }) {
  const number = route.trial, info = study.info!, t = study.trials;
  const { detail, error, reload } = useDetail(study, number);
  const state = t.state.get(number);
  if (error && !detail) return <main><p class="complaint" role="alert">{error}</p></main>;
  if (state < 0 && study.isComplete) return <main><p class="empty">There is no trial {number}.</p></main>;
  if (!detail) return <main><p class="soft">reading …</p></main>;
  const names = Object.keys(detail.reports.metrics);
  const metric = names.includes(route.options.metric ?? '') ? route.options.metric! : info.metrics[0]!.name;
  const isOwn = info.metrics.findIndex((each) => each.name === metric);
  const course = courseOf(detail.reports.step, detail.reports.metrics[metric] ?? []);
  const companions = companionsOf(metric, names).map((name) => ({ name, course: courseOf(detail.reports.step, detail.reports.metrics[name]!) }));
  const isOpen = state === RUNNING || state === WAITING || state === PAUSED;
  const reason = t.reasons[t.reason.get(number)];
  return (
    <main>
      <header class="trial">
        <h1>Trial {number}</h1>
        <span class={`badge ${states[state] ?? ''}`}>{states[state]}{reason ? `, ${reason}` : ''}</span>
        <nav aria-label="Other trials">
          <button class="quiet" disabled={number <= 0} onClick={() => open(number - 1)} aria-label="Previous trial">←</button>
          <button class="quiet" disabled={number >= t.count - 1} onClick={() => open(number + 1)} aria-label="Next trial">→</button>
        </nav>
      </header>
      <dl class="facts">
        {info.metrics.map((each, m) => <div key={each.name}><dt>{each.name}</dt><dd>{format(t.value(m, number))}</dd></div>)}
        <div><dt>step</dt><dd>{t.step.get(number) < 0 ? '–' : t.step.get(number)}{info.step_max > 0 && <small>of {info.step_max}</small>}</dd></div>
        <div><dt>time</dt><dd>{duration(t.took(number, info.now_ms))}</dd></div>
        <div><dt>attempt</dt><dd>{t.attempt.get(number)}</dd></div>
        <div><dt>by</dt><dd>{t.makers[t.maker.get(number)]}{detail.parent >= 0 && <small><button class="link" onClick={() => open(detail.parent)}>trial {detail.parent}</button>{detail.parent_step >= 0 && ` from step ${detail.parent_step}`}</small>}</dd></div>
      </dl>
      {detail.message && <p class="complaint">{detail.message}</p>}
      <div class="columns">
        <div class="main">
          {names.length > 0 ? (
            <CoursePlot title="Learning curve" metric={metric} maximize={study.maximize[isOwn] ?? false} course={course} companions={companions} nudges={detail.nudges} log={route.options.log === '1'} height={340} version={`${study.version}.${metric}.${route.options.log}.${detail.next}.${detail.nudges.map((n) => n.state).join()}`}>
              {names.length > 1 && (
                <select aria-label="Metric" value={metric} onChange={(event) => setOptions(route, { metric: event.currentTarget.value })}>
                  {names.map((name) => <option key={name}>{name}</option>)}
                </select>
              )}
              <Toggle label="log" on={route.options.log === '1'} set={(on) => setOptions(route, { log: on ? '1' : '' })} />
            </CoursePlot>
          ) : (
            <p class="empty">It has not reported a value at a step.</p>
          )}
          {detail.findings.length > 0 && (
            <section>
              <h2>What the curve says</h2>
              <ul class="findings">{detail.findings.map((each) => <li key={each.finding}><b>{each.finding}</b>: {each.evidence}. <span class="soft">What usually helps: {each.advice}.</span></li>)}</ul>
            </section>
          )}
          <NudgeList nudges={detail.nudges} />
          {detail.output && <section><h2>The end of its output</h2><pre tabIndex={0}>{detail.output}</pre></section>}
        </div>
        <aside>{isOpen ? <Nurse study={study} number={number} detail={detail} reload={reload} open={open} /> : <Ended study={study} number={number} detail={detail} open={open} />}</aside>
      </div>
    </main>
  );
}

function NudgeList({ nudges }: { nudges: Nudge[] }) {
  if (nudges.length === 0) return null;
  return (
    <section>
      <h2>Changed while it ran</h2>
      <table class="plain">
        <thead><tr><th scope="col" class="number">step</th><th scope="col">what</th><th scope="col">state</th><th scope="col">who</th><th scope="col">why</th></tr></thead>
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

interface Place {
  study: Study;
  number: number;
  detail: TrialDetail;
}

const path = (at: Place, what: string) => `/studies/${at.study.name}/trials/${at.number}/${what}`;

function Ended(at: Place & { open: (trial: number) => void }) {
  const lines = Object.entries(at.detail.config);
  return (
    <>
      <section>
        <h2>Parameters</h2>
        <dl class="pairs">{lines.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{typeof value === 'number' ? format(value, 6) : String(value)}</dd></div>)}</dl>
      </section>
      {at.detail.can_restore && <ForkForm {...at} draft={{}} note="" />}
    </>
  );
}

function Nurse(at: Place & { reload: () => void; open: (trial: number) => void }) {
  const { study, number, detail } = at;
  const [draft, setDraft] = useState<Record<string, string>>({});
  const [note, setNote] = useState('');
  useEffect(() => {
    setDraft({});
    setNote('');
  }, [study.name, number]);
  const parameters = study.info!.parameters.filter((each) => each.name in detail.now);
  const changed = Object.entries(draft).filter(([name, text]) => text.trim() !== '' && text !== String(detail.now[name]));
  const changes = Object.fromEntries(changed.map(([name, text]) => [name, wordOf(parameters.find((each) => each.name === name)!, text)]));
  const isWaiting = detail.nudges.some((nudge) => nudge.state === 'waiting');
  const send = async (event: Event) => {
    event.preventDefault();
    if (changed.length === 0) return;
    const done = await act(path(at, 'nudge'), { changes, note }, () => 'Sent; it arrives at the next report.');
    if (!done) return;
    setDraft({});
    setNote('');
    at.reload();
  };
  const lastNudge = [...detail.nudges].reverse().find((nudge) => nudge.kind === 'change' && nudge.state === 'active');
  return (
    <section class="nurse">
      <h2>Nurse it</h2>
      {!detail.can_change && <p class="soft">It reports by printing, so nothing can be answered to it: it can be stopped, not changed.</p>}
      <form onSubmit={send}>
        <fieldset disabled={!detail.can_change}>
          <legend class="unseen">Change parameters</legend>
          {parameters.map((parameter) => (
            <Knob key={parameter.name} parameter={parameter} now={detail.now[parameter.name]!} text={draft[parameter.name] ?? ''} set={(text) => setDraft({ ...draft, [parameter.name]: text })} />
          ))}
        </fieldset>
        <input class="note" value={note} maxLength={300} placeholder="why (kept with it)" aria-label="Why" onInput={(event) => setNote(event.currentTarget.value)} />
        <div class="row">
          <button class="strong" disabled={changed.length === 0 || !detail.can_change}>Nudge</button>
          <button type="button" disabled={changed.length === 0} onClick={() => setDraft({})}>Forget</button>
        </div>
        {isWaiting && <p class="soft" role="status">Something waits for its next report.</p>}
      </form>
      <RollbackForm {...at} lastStep={lastNudge?.step ?? -1} note={note} />
      <ForkForm {...at} draft={changes} note={note} />
      <div class="row">
        <button
          class="danger"
          onClick={async () => {
            if (!(await confirm(`End trial ${number} early? What it has reported is kept.`))) return;
            if (await act(path(at, 'stop'), { note }, () => 'It ends at its next report.')) at.reload();
          }}
        >
          Stop this trial
        </button>
      </div>
    </section>
  );
}

/** What a person typed, as the server takes it: a choice, a number, or a change such as x0.5. */
export function wordOf(parameter: Parameter, text: string): string | number | boolean {
  const word = text.trim();
  const choice = parameter.choices?.find((each) => String(each) === word);
  if (choice !== undefined) return choice;
  return word !== '' && Number.isFinite(Number(word)) && !/^[+x]/.test(word) ? Number(word) : word;
}

function Knob({ parameter, now, text, set }: { parameter: Parameter; now: string | number | boolean; text: string; set: (text: string) => void }) {
  const id = `knob-${parameter.name}`;
  if (parameter.choices)
    return (
      <div class="knob">
        <label for={id}>{parameter.name}</label>
        <select id={id} value={text || String(now)} onChange={(event) => set(event.currentTarget.value)}>
          {parameter.choices.map((choice) => <option key={String(choice)}>{String(choice)}</option>)}
        </select>
      </div>
    );
  const axis = parameterAxis(parameter), value = Number(now);
  const wanted = text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : /^x/.test(text) ? value * Number(text.slice(1)) : /^\+/.test(text) ? value + Number(text.slice(1)) : value;
  const put = (raw: number) => set(String(Number((parameter.whole ? Math.round(raw) : raw).toPrecision(3))));
  const share = Math.min(Math.max(axis.place(wanted), 0), 1);
  return (
    <div class={`knob ${text ? 'drafted' : ''}`}>
      <label for={id}>{parameter.name} <span class="soft">{format(value)}</span></label>
      <input type="range" min="0" max="1000" step="1" value={Number.isFinite(share) ? Math.round(share * 1000) : 0} aria-label={`${parameter.name}, on its scale`} aria-valuetext={format(wanted)} onInput={(event) => put(axis.at(Number(event.currentTarget.value) / 1000))} />
      <input id={id} class="number" value={text} placeholder={format(value)} autocomplete="off" spellcheck={false} onInput={(event) => set(event.currentTarget.value)} />
      <span class="steps">
        <button type="button" class="quiet" onClick={() => set('x0.5')} aria-label={`Half of ${parameter.name}`}>½</button>
        <button type="button" class="quiet" onClick={() => set('x2')} aria-label={`Twice ${parameter.name}`}>×2</button>
      </span>
    </div>
  );
}

function RollbackForm(at: Place & { reload: () => void; lastStep: number; note: string }) {
  const { detail, number } = at, steps = detail.checkpoints;
  const [step, setStep] = useState('');
  const isKept = at.lastStep >= 0 && (!steps || steps.includes(at.lastStep));
  if (!detail.can_restore) return <p class="soft">Its program has not said that it can go back to a checkpoint.</p>;
  const target = step !== '' ? Number(step) : isKept ? at.lastStep : -1;
  const send = async () => {
    if (!(await confirm(`Send trial ${number} back to step ${target}? The steps from there on are given up.`))) return;
    const body = step === '' ? { note: at.note } : { to: target, note: at.note };
    if (await act<{ to: number }>(path(at, 'rollback'), body, (answer) => `Back to step ${answer.to}, at its next report.`)) at.reload();
  };
  return (
    <div class="row">
      <button onClick={send} disabled={target < 0}>Roll back</button>
      {steps ? (
        <select aria-label="To the checkpoint of step" value={step} onChange={(event) => setStep(event.currentTarget.value)}>
          <option value="">{isKept ? `before the last nudge (step ${at.lastStep})` : 'to step …'}</option>
          {steps.map((each) => <option key={each} value={each}>to step {each}</option>)}
        </select>
      ) : (
        <input type="number" min="0" class="number" aria-label="To the checkpoint of step" placeholder={isKept ? String(at.lastStep) : 'step'} value={step} onInput={(event) => setStep(event.currentTarget.value)} />
      )}
    </div>
  );
}

function ForkForm(at: Place & { draft: Record<string, unknown>; note: string; open: (trial: number) => void }) {
  if (!at.detail.can_restore) return null;
  const count = Object.keys(at.draft).length;
  const send = () =>
    act<{ number: number; from: number }>(path(at, 'fork'), { changes: at.draft, note: at.note }, (answer) => `Trial ${answer.number} goes on from step ${answer.from}; it waits to be run.`).then(
      (answer) => answer && at.open(answer.number),
    );
  return (
    <div class="row">
      <button onClick={send}>{count > 0 ? 'Fork with these values' : 'Fork'}</button>
      <span class="soft">a new trial from its last checkpoint</span>
    </div>
  );
}
