/** Studies that are open, shared by whatever shows them. */
import { useEffect, useState } from 'preact/hooks';
import { Study } from './study';

const open = new Map<string, { study: Study; users: number }>();

function take(name: string): Study {
    const known = open.get(name) ?? { study: new Study(name), users: 0 };
    known.users++;
    open.set(name, known);
    return known.study;
}

function leave(name: string): void {
    const known = open.get(name)!;
    known.users--;
    if (known.users > 0) return;
    open.delete(name);
    known.study.close();
}

/** Follows studies by name; draws anew as they change, once a frame at most. */
export function useStudies(names: string[]): Study[] {
    const [studies, setStudies] = useState<Study[]>([]);
    const [, setCount] = useState(0);
    const key = names.join();
    useEffect(() => {
        const mine = names.map(take);
        let frame = 0;
        const draw = () => {
            frame ||= requestAnimationFrame(() => {
                frame = 0;
                setCount((count) => count + 1);
            });
        };
        const ends = mine.map((study) => study.subscribe(draw));
        setStudies(mine);
        return () => {
            cancelAnimationFrame(frame);
            ends.forEach((end) => end());
            names.forEach(leave);
        };
    }, [key]);
    return studies.length === names.length && studies.every((study, i) => study.name === names[i])
        ? studies
        : [];
}
