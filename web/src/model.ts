/** What the server's surrogate of a study says, asked for anew as the study grows. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api';
import { COMPLETE, countStates, type Study } from './study';

/** A model that explains less than this of what trials left out differ by is no picture of them. */
export const leastExplained = 0.2;

export type Modelled<T> = T | { why_none: string };

/** The answer at a path of the study; asked for again once a twentieth more trials are complete. */
export function useModel<T>(study: Study, path: string): Modelled<T> | null {
    const [answer, setAnswer] = useState<Modelled<T> | null>(null);
    const asked = useRef({ path: '', complete: -1 });
    const complete = countStates(study.trials)[COMPLETE]!;
    const isDue =
        study.isComplete &&
        (asked.current.path !== path ||
            (complete !== asked.current.complete && complete >= asked.current.complete * 1.05));
    const turn = isDue ? `${path} ${complete}` : '';
    useEffect(() => {
        if (!turn) return;
        if (asked.current.path !== path) setAnswer(null);
        asked.current = { path, complete };
        get<Modelled<T>>(`/studies/${study.name}/${path}`)
            .catch((reason: Error) => ({ why_none: reason.message }))
            .then((found) => asked.current.path === path && setAnswer(found));
    }, [turn]);
    return answer;
}
