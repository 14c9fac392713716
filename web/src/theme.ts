/** Light and dark: the colours stand in style.css, and are those of the program's reports. */
const names = [
    'ink',
    'soft',
    'line',
    'paper',
    'card',
    'good',
    'best',
    'other',
    'cut',
    'bad',
] as const;
export type Colours = Record<(typeof names)[number], string>;
export type Theme = 'auto' | 'light' | 'dark';

const key = 'caviar.theme';
const listeners = new Set<() => void>();
let cached: Colours | null = null;

export function colours(): Colours {
    if (!cached) {
        const style = getComputedStyle(document.documentElement);
        cached = Object.fromEntries(
            names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
        ) as Colours;
    }
    return cached;
}

export function onTheme(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function theme(): Theme {
    const kept = localStorage.getItem(key);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

export function setTheme(next: Theme): void {
    localStorage.setItem(key, next);
    applyTheme();
}

const system = () => matchMedia('(prefers-color-scheme: dark)');

function applyTheme(): void {
    const isDark = theme() === 'dark' || (theme() === 'auto' && system().matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    cached = null;
    for (const listener of listeners) listener();
}

export function watchTheme(): void {
    applyTheme();
    system().addEventListener('change', applyTheme);
}
