/**
 * Reports as they came, to the curve that counts and the branches that were given up: a report at a
 * step that was reported already begins a new branch, after a rollback or when the trial ran again.
 */
export interface Series {
    steps: number[];
    values: number[];
}

export interface Course {
    now: Series;
    old: Series[];
}

export function courseOf(steps: number[], values: (number | null)[]): Course {
    const now: Series = { steps: [], values: [] },
        old: Series[] = [];
    steps.forEach((step, i) => {
        const value = values[i];
        if (value === null || value === undefined) return;
        let first = now.steps.length;
        while (first > 0 && now.steps[first - 1]! >= step) first--;
        if (first < now.steps.length)
            old.push({ steps: now.steps.splice(first), values: now.values.splice(first) });
        now.steps.push(step);
        now.values.push(value);
    });
    return { now, old };
}
