/** Small controls that views share. */
import { useState } from 'preact/hooks';
import type { Filter } from '../filter';

export function Toggle({
    label,
    on,
    set,
}: {
    label: string;
    on: boolean;
    set: (on: boolean) => void;
}) {
    return (
        <button class="toggle" aria-pressed={on} onClick={() => set(!on)}>
            {label}
        </button>
    );
}

export function FilterField({
    text,
    filter,
    shown,
    all,
    set,
}: {
    text: string;
    filter: Filter;
    shown: number;
    all: number;
    set: (text: string) => void;
}) {
    const [isOpen, setIsOpen] = useState(false);
    return (
        <div class="filter">
            <input
                type="search"
                id="filter"
                value={text}
                placeholder="filter: complete lr<0.01 act=relu"
                aria-label="Filter trials"
                aria-invalid={filter.complaint !== ''}
                aria-describedby="filter-says"
                spellcheck={false}
                onInput={(event) => set(event.currentTarget.value)}
            />
            <span id="filter-says" class={filter.complaint ? 'complaint' : 'soft'} role="status">
                {filter.complaint ||
                    `${shown.toLocaleString('en')}${shown === all ? '' : ` of ${all.toLocaleString('en')}`} trials`}
            </span>
            <button class="quiet" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
                how
            </button>
            {isOpen && (
                <p class="how soft">
                    Words that must all hold: a state (<code>complete</code> <code>pruned</code>{' '}
                    <code>failed</code> …), a parameter, metric, <code>trial</code> or{' '}
                    <code>step</code> with <code>&lt; &lt;= &gt; &gt;= = !=</code> and a value,{' '}
                    <code>by=tpe</code> for who made it.
                </p>
            )}
        </div>
    );
}
