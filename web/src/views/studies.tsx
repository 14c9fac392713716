/** The studies of the store. */
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, type Root, type Summary } from '../api';
import { askToken } from '../act';
import { duration, format } from '../scale';

const pollMs = 2000;

export function StudiesView() {
    const [list, setList] = useState<Summary[] | null>(null);
    const [root, setRoot] = useState<Root | null>(null);
    const [error, setError] = useState('');
    useEffect(() => {
        const abort = new AbortController();
        const read = async () => {
            try {
                setRoot(await get<Root>('', abort.signal));
                setList((await get<{ studies: Summary[] }>('/studies', abort.signal)).studies);
                setError('');
            } catch (reason) {
                if (abort.signal.aborted) return;
                setError((reason as Error).message);
                if (reason instanceof ApiError && reason.status === 401) await askToken();
            }
        };
        void read();
        const timer = setInterval(() => void (document.hidden || read()), pollMs);
        return () => {
            abort.abort();
            clearInterval(timer);
        };
    }, []);
    const sorted = [...(list ?? [])].sort(
        (a, b) => (b.changed_ms ?? b.created_ms) - (a.changed_ms ?? a.created_ms),
    );
    return (
        <main class="narrow">
            <h1>Studies</h1>
            <p class="soft">
                {root ? (
                    <>
                        in <code>{root.store}</code>
                    </>
                ) : (
                    ' '
                )}
            </p>
            {error && (
                <p class="complaint" role="alert">
                    {error}
                </p>
            )}
            {list?.length === 0 && (
                <p>
                    There is no study here yet; <code>caviar run</code> makes one.
                </p>
            )}
            <ul class="studies">
                {sorted.map((each) => (
                    <Line key={each.study} of={each} />
                ))}
            </ul>
        </main>
    );
}

function Line({ of }: { of: Summary }) {
    const { counts } = of;
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const parts: [string, number][] = [
        ['complete', counts.complete ?? 0],
        ['pruned', (counts.pruned ?? 0) + (counts.paused ?? 0)],
        ['failed', counts.failed ?? 0],
        ['running', counts.running ?? 0],
    ];
    const whole = Math.max(of.budget ?? 0, all, 1);
    return (
        <li>
            <a href={`#/${of.study}/overview`}>
                <span class="name">
                    {of.study}
                    {(counts.running ?? 0) > 0 && <em class="live">{counts.running} running</em>}
                    {of.control !== 'run' && (
                        <em>{of.control === 'pause' ? 'paused' : of.control}</em>
                    )}
                </span>
                <span class="value">
                    {of.known && of.best !== null && (
                        <>
                            <b>{format(of.best)}</b> <span class="soft">{of.metric}</span>
                        </>
                    )}
                </span>
                <Progress parts={parts} whole={whole} />
                <span class="soft counts">
                    {all} {of.budget ? `of ${of.budget} ` : ''}trials
                    {parts
                        .slice(1, 3)
                        .map(
                            ([word, count]) =>
                                count > 0 &&
                                ` · ${count} ${word === 'pruned' ? 'stopped early' : word}`,
                        )}
                </span>
                <span class="soft age">
                    {of.changed_ms
                        ? `${duration(Math.max(Date.now() - of.changed_ms, 0))} ago`
                        : ''}
                </span>
            </a>
        </li>
    );
}

/** How far a study is, by what became of its trials. */
export function Progress({ parts, whole }: { parts: [string, number][]; whole: number }) {
    let from = 0;
    return (
        <svg
            class="progress"
            viewBox="0 0 100 4"
            preserveAspectRatio="none"
            role="img"
            aria-label={parts.map(([word, count]) => `${count} ${word}`).join(', ')}
        >
            <rect class="rest" width="100" height="4" />
            {parts.map(([word, count]) => {
                const x = from;
                from += (count / whole) * 100;
                return (
                    <rect key={word} class={word} x={x} width={(count / whole) * 100} height="4" />
                );
            })}
        </svg>
    );
}
