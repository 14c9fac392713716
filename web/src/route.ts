/** Where the page is: its view and the state of that, in the address, so that a link keeps them. */
import { useEffect, useState } from 'preact/hooks';

export const views = ['overview', 'curves', 'parameters', 'trials', 'timeline'] as const;
export type View = (typeof views)[number] | 'trial';

export interface Route {
    study: string | null; // null: the list of studies
    view: View;
    trial: number;
    options: Record<string, string>;
}

export function readRoute(hash: string): Route {
    const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
    const [study = '', view = '', number = ''] = path.split('/').map(decode);
    const options = Object.fromEntries(new URLSearchParams(query));
    const isTrial = view === 'trial' && /^\d+$/.test(number);
    const known = (views as readonly string[]).includes(view) ? (view as View) : 'overview';
    return {
        study: /^[A-Za-z_][\w.-]*$/.test(study) ? study : null,
        view: isTrial ? 'trial' : known,
        trial: isTrial ? Number(number) : -1,
        options,
    };
}

function decode(word: string): string {
    try {
        return decodeURIComponent(word);
    } catch {
        return '';
    }
}

export function writeRoute(route: Route): string {
    if (route.study === null) return '#/';
    const options = Object.entries(route.options).filter(([, value]) => value !== '');
    const query = new URLSearchParams(options).toString();
    const place = route.view === 'trial' ? `trial/${route.trial}` : route.view;
    return `#/${route.study}/${place}${query ? `?${query}` : ''}`;
}

/** What goes along from view to view of a study: the metric that is looked at. */
export function kept({ options }: Route): Record<string, string> {
    return options.metric ? { metric: options.metric } : {};
}

export function useRoute(): Route {
    const [route, setRoute] = useState(() => readRoute(location.hash));
    useEffect(() => {
        const read = () => setRoute(readRoute(location.hash));
        addEventListener('hashchange', read);
        return () => removeEventListener('hashchange', read);
    }, []);
    return route;
}

export function go(route: Route): void {
    location.hash = writeRoute(route);
}

/** Changes options of the view without a step in the browser's history. */
export function setOptions(route: Route, options: Record<string, string>): void {
    const next = writeRoute({ ...route, options: { ...route.options, ...options } });
    history.replaceState(null, '', next);
    dispatchEvent(new HashChangeEvent('hashchange'));
}
