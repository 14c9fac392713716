/** The means to nurse a trial: other values, back, another way from here, a rest, an end. */
import { useEffect, useState } from 'preact/hooks';
import { act, confirm } from '../act';
import type { Nudge, Parameter, TrialDetail } from '../api';
import { parameterAxis } from '../charts/common';
import { format } from '../scale';
import { PAUSED, type Study } from '../study';

/** The trial that is nursed. */
interface Place {
    study: Study;
    number: number;
    detail: TrialDetail;
}

const path = (at: Place, what: string) => `/studies/${at.study.name}/trials/${at.number}/${what}`;

export function Ended(at: Place & { open: (trial: number) => void; isReadOnly: boolean }) {
    const lines = Object.entries(at.detail.config);
    return (
        <>
            <section>
                <h2>Parameters</h2>
                <dl class="pairs">
                    {lines.map(([name, value]) => (
                        <div key={name}>
                            <dt>{name}</dt>
                            <dd>{typeof value === 'number' ? format(value, 6) : String(value)}</dd>
                        </div>
                    ))}
                </dl>
            </section>
            {at.detail.can_restore && !at.isReadOnly && <ForkForm {...at} draft={{}} note="" />}
        </>
    );
}

export function Nurse(at: Place & { reload: () => void; open: (trial: number) => void }) {
    const { study, number, detail } = at;
    const [draft, setDraft] = useState<Record<string, string>>({});
    const [note, setNote] = useState('');
    useEffect(() => {
        setDraft({});
        setNote('');
    }, [study.name, number]);
    const parameters = study.info!.parameters.filter((each) => each.name in detail.now);
    const changed = Object.entries(draft).filter(
        ([name, text]) => text.trim() !== '' && text !== String(detail.now[name]),
    );
    const changes = Object.fromEntries(
        changed.map(([name, text]) => [
            name,
            wordOf(
                parameters.find((each) => each.name === name)!,
                text,
            ),
        ]),
    );
    const isWaiting = detail.nudges.some((nudge) => nudge.state === 'waiting');
    const send = async (event: Event) => {
        event.preventDefault();
        if (changed.length === 0) return;
        const done = await act(
            path(at, 'nudge'),
            { changes, note },
            () => 'Sent; it arrives at the next report.',
        );
        if (!done) return;
        setDraft({});
        setNote('');
        at.reload();
    };
    const lastNudge = [...detail.nudges]
        .reverse()
        .find((nudge) => nudge.kind === 'change' && nudge.state === 'active');
    return (
        <section class="nurse">
            <h2>Nurse it</h2>
            {!detail.can_change && (
                <p class="soft">
                    It reports by printing, so nothing can be answered to it: it can be stopped, not
                    changed.
                </p>
            )}
            <form onSubmit={send}>
                <fieldset disabled={!detail.can_change}>
                    <legend class="unseen">Change parameters</legend>
                    {parameters.map((parameter) => (
                        <Knob
                            key={parameter.name}
                            parameter={parameter}
                            now={detail.now[parameter.name]!}
                            text={draft[parameter.name] ?? ''}
                            set={(text) => setDraft({ ...draft, [parameter.name]: text })}
                        />
                    ))}
                </fieldset>
                <input
                    class="note"
                    value={note}
                    maxLength={300}
                    placeholder="why (kept with it)"
                    aria-label="Why"
                    onInput={(event) => setNote(event.currentTarget.value)}
                />
                <div class="row">
                    <button class="strong" disabled={changed.length === 0 || !detail.can_change}>
                        Nudge
                    </button>
                    <button
                        type="button"
                        disabled={changed.length === 0}
                        onClick={() => setDraft({})}
                    >
                        Forget
                    </button>
                </div>
                {isWaiting && (
                    <p class="soft" role="status">
                        Something waits for its next report.
                    </p>
                )}
            </form>
            <RollbackForm {...at} lastStep={lastNudge?.step ?? -1} note={note} />
            <ForkForm {...at} draft={changes} note={note} />
            <div class="row">
                <Rest {...at} note={note} />
                <button
                    class="danger"
                    onClick={async () => {
                        if (
                            !(await confirm(
                                `End trial ${number} early? What it has reported is kept.`,
                            ))
                        )
                            return;
                        if (
                            await act(
                                path(at, 'stop'),
                                { note },
                                () => 'It ends at its next report.',
                            )
                        )
                            at.reload();
                    }}
                >
                    Stop this trial
                </button>
            </div>
        </section>
    );
}

/** True while somebody has paused the trial, or has it pause at its next report. */
function isHeld(nudges: Nudge[]): boolean {
    const carried = nudges
        .filter((each) => each.state === 'active' && /^(pause|resume)$/.test(each.kind))
        .sort((a, b) => a.id - b.id);
    return (
        carried.at(-1)?.kind === 'pause' ||
        nudges.some((each) => each.kind === 'pause' && each.state === 'waiting')
    );
}

/** Pauses the trial, or lets it go on. */
function Rest({ study, number, detail, note, reload }: Place & { note: string; reload: () => void }) {
    const place = { study, number, detail };
    const rests = study.trials.state.get(number) === PAUSED || isHeld(detail.nudges);
    const change = async () => {
        const done = await act(path(place, rests ? 'resume' : 'pause'), { note }, () =>
            rests
                ? 'It goes on, before anything new.'
                : 'At its next report it saves a checkpoint and ends, until it is to go on.',
        );
        if (done) reload();
    };
    return (
        <button
            id="rest"
            class={rests ? 'strong' : ''}
            disabled={!rests && !detail.can_change}
            onClick={change}
        >
            {rests ? 'Let it go on' : 'Pause this trial'}
        </button>
    );
}

/** What a person typed, as the server takes it: a choice, a number, or a change such as x0.5. */
export function wordOf(parameter: Parameter, text: string): string | number | boolean {
    const word = text.trim();
    const choice = parameter.choices?.find((each) => String(each) === word);
    if (choice !== undefined) return choice;
    return word !== '' && Number.isFinite(Number(word)) && !/^[+x]/.test(word)
        ? Number(word)
        : word;
}

function Knob({
    parameter,
    now,
    text,
    set,
}: {
    parameter: Parameter;
    now: string | number | boolean;
    text: string;
    set: (text: string) => void;
}) {
    const id = `knob-${parameter.name}`;
    if (parameter.choices)
        return (
            <div class="knob">
                <label for={id}>{parameter.name}</label>
                <select
                    id={id}
                    value={text || String(now)}
                    onChange={(event) => set(event.currentTarget.value)}
                >
                    {parameter.choices.map((choice) => (
                        <option key={String(choice)}>{String(choice)}</option>
                    ))}
                </select>
            </div>
        );
    const axis = parameterAxis(parameter),
        value = Number(now);
    const wanted =
        text.trim() !== '' && Number.isFinite(Number(text))
            ? Number(text)
            : /^x/.test(text)
              ? value * Number(text.slice(1))
              : /^\+/.test(text)
                ? value + Number(text.slice(1))
                : value;
    const put = (raw: number) =>
        set(String(Number((parameter.whole ? Math.round(raw) : raw).toPrecision(3))));
    const share = Math.min(Math.max(axis.place(wanted), 0), 1);
    return (
        <div class={`knob ${text ? 'drafted' : ''}`}>
            <label for={id}>
                {parameter.name} <span class="soft">{format(value)}</span>
            </label>
            <input
                type="range"
                min="0"
                max="1000"
                step="1"
                value={Number.isFinite(share) ? Math.round(share * 1000) : 0}
                aria-label={`${parameter.name}, on its scale`}
                aria-valuetext={format(wanted)}
                onInput={(event) => put(axis.at(Number(event.currentTarget.value) / 1000))}
            />
            <input
                id={id}
                class="number"
                value={text}
                placeholder={format(value)}
                autocomplete="off"
                spellcheck={false}
                onInput={(event) => set(event.currentTarget.value)}
            />
            <span class="steps">
                <button
                    type="button"
                    class="quiet"
                    onClick={() => set('x0.5')}
                    aria-label={`Half of ${parameter.name}`}
                >
                    ½
                </button>
                <button
                    type="button"
                    class="quiet"
                    onClick={() => set('x2')}
                    aria-label={`Twice ${parameter.name}`}
                >
                    ×2
                </button>
            </span>
        </div>
    );
}

function RollbackForm(at: Place & { reload: () => void; lastStep: number; note: string }) {
    const { detail, number } = at,
        steps = detail.checkpoints;
    const [step, setStep] = useState('');
    const isKept = at.lastStep >= 0 && (!steps || steps.includes(at.lastStep));
    if (!detail.can_restore)
        return <p class="soft">Its program has not said that it can go back to a checkpoint.</p>;
    const target = step !== '' ? Number(step) : isKept ? at.lastStep : -1;
    const send = async () => {
        if (
            !(await confirm(
                `Send trial ${number} back to step ${target}? The steps from there on are given up.`,
            ))
        )
            return;
        const body = step === '' ? { note: at.note } : { to: target, note: at.note };
        if (
            await act<{ to: number }>(
                path(at, 'rollback'),
                body,
                (answer) => `Back to step ${answer.to}, at its next report.`,
            )
        )
            at.reload();
    };
    return (
        <div class="row">
            <button onClick={send} disabled={target < 0}>
                Roll back
            </button>
            {steps ? (
                <select
                    aria-label="To the checkpoint of step"
                    value={step}
                    onChange={(event) => setStep(event.currentTarget.value)}
                >
                    <option value="">
                        {isKept ? `before the last nudge (step ${at.lastStep})` : 'to step …'}
                    </option>
                    {steps.map((each) => (
                        <option key={each} value={each}>
                            to step {each}
                        </option>
                    ))}
                </select>
            ) : (
                <input
                    type="number"
                    min="0"
                    class="number"
                    aria-label="To the checkpoint of step"
                    placeholder={isKept ? String(at.lastStep) : 'step'}
                    value={step}
                    onInput={(event) => setStep(event.currentTarget.value)}
                />
            )}
        </div>
    );
}

function ForkForm(
    at: Place & { draft: Record<string, unknown>; note: string; open: (trial: number) => void },
) {
    if (!at.detail.can_restore) return null;
    const count = Object.keys(at.draft).length;
    const send = () =>
        act<{ number: number; from: number }>(
            path(at, 'fork'),
            { changes: at.draft, note: at.note },
            (answer) =>
                `Trial ${answer.number} goes on from step ${answer.from}; it waits to be run.`,
        ).then((answer) => answer && at.open(answer.number));
    return (
        <div class="row">
            <button onClick={send}>{count > 0 ? 'Fork with these values' : 'Fork'}</button>
            <span class="soft">a new trial from its last checkpoint</span>
        </div>
    );
}
