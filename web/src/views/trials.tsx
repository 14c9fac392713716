/** The table of trials: sorted, filtered; only the rows in sight are there. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { printParameter } from '../charts/common';
import { type Filter, readFilter } from '../filter';
import { saveText } from '../plot';
import { type Route, setOptions } from '../route';
import { duration, format } from '../scale';
import { type Study, states } from '../study';
import { FilterField } from './parts';

const rowHeight = 28,
    together = 12; // rows that are drawn anew at once when it scrolls

export interface Column {
    name: string;
    isNumber: boolean;
    value: (n: number) => number; // to sort by; NaN: at the end
    text: (n: number) => string; // as it is shown
    exact?: (n: number) => string; // as it is exported, where that differs
}

const plain = (value: number) => (Number.isNaN(value) ? '' : String(value));

export function columnsOf(study: Study): Column[] {
    const t = study.trials,
        info = study.info!;
    const finite = (value: number) => (Number.isNaN(value) ? '' : format(value));
    return [
        { name: 'trial', isNumber: true, value: (n) => n, text: String },
        {
            name: 'state',
            isNumber: false,
            value: (n) => t.state.get(n),
            text: (n) =>
                [states[t.state.get(n)] ?? '', t.reasons[t.reason.get(n)]]
                    .filter(Boolean)
                    .join(', '),
        },
        ...info.metrics.map((metric, m): Column => ({
            name: metric.name,
            isNumber: true,
            value: (n) => t.value(m, n),
            text: (n) => finite(t.value(m, n)),
            exact: (n) => plain(t.value(m, n)),
        })),
        {
            name: 'step',
            isNumber: true,
            value: (n) => (t.step.get(n) < 0 ? NaN : t.step.get(n)),
            text: (n) => (t.step.get(n) < 0 ? '' : String(t.step.get(n))),
        },
        {
            name: 'took',
            isNumber: true,
            value: (n) => t.took(n, info.now_ms),
            text: (n) =>
                Number.isNaN(t.took(n, info.now_ms)) ? '' : duration(t.took(n, info.now_ms)),
            exact: (n) => plain(t.took(n, info.now_ms) / 1000),
        },
        ...info.parameters.map((parameter, p): Column => {
            const raw = (n: number) => t.parameters[p]!.get(n);
            return {
                name: parameter.name,
                isNumber: !parameter.choices,
                value: raw,
                text: (n) => printParameter(parameter, raw(n)),
                exact: parameter.choices ? undefined : (n) => plain(raw(n)),
            };
        }),
        {
            name: 'by',
            isNumber: false,
            value: (n) => t.maker.get(n),
            text: (n) => t.makers[t.maker.get(n)] ?? '',
        },
    ];
}

/** The numbers of trials that a filter keeps, in an order; trials without a value are last. */
export function arrange(study: Study, filter: Filter, column: Column, isDown: boolean): number[] {
    const numbers: number[] = [],
        sign = isDown ? -1 : 1;
    for (let n = 0; n < study.trials.count; n++)
        if (study.trials.state.get(n) >= 0 && (!filter.test || filter.test(study.trials, n)))
            numbers.push(n);
    const keys = new Map(numbers.map((n) => [n, column.value(n)]));
    return numbers.sort((a, b) => {
        const x = keys.get(a)!,
            y = keys.get(b)!;
        if (Number.isNaN(x) || Number.isNaN(y))
            return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
        return sign * (x - y) || a - b;
    });
}

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

export function toCsv(columns: Column[], numbers: number[]): string {
    const head = columns.map((column) => quote(column.name)).join(',');
    const rows = numbers.map((n) =>
        columns.map((column) => quote((column.exact ?? column.text)(n))).join(','),
    );
    return [head, ...rows, ''].join('\r\n');
}

export function TrialsView({
    study,
    route,
    open,
}: {
    study: Study;
    route: Route;
    open: (trial: number) => void;
}) {
    const info = study.info!,
        { options } = route,
        t = study.trials;
    const columns = useMemo(() => columnsOf(study), [info, t]);
    const filter = useMemo(
        () => readFilter(options.q ?? '', info.parameters, info.metrics),
        [options.q, info],
    );
    const sort = columns.find((column) => column.name === options.sort) ?? columns[0]!;
    const isDown = options.down === '1' || (!options.sort && !options.down);
    const numbers = useMemo(
        () => arrange(study, filter, sort, isDown),
        [study.version, filter, sort, isDown],
    );
    const holder = useRef<HTMLDivElement>(null);
    const [block, setBlock] = useState(0); // of rows, at the top
    const [height, setHeight] = useState(600);
    const [chosen, setChosen] = useState(-1);
    useEffect(() => {
        const measure = () => setHeight(holder.current?.clientHeight ?? 600);
        measure();
        addEventListener('resize', measure);
        return () => removeEventListener('resize', measure);
    }, []);
    const first = Math.max(0, (block - 1) * together);
    const shown = numbers.slice(first, first + Math.ceil(height / rowHeight) + 3 * together);
    const turn = (column: Column) =>
        setOptions(route, {
            sort: column.name,
            down: column === sort && !isDown ? '1' : column === sort ? '0' : '',
        });
    const key = (event: KeyboardEvent) => {
        const step = {
            ArrowDown: 1,
            ArrowUp: -1,
            PageDown: 20,
            PageUp: -20,
            Home: -Infinity,
            End: Infinity,
        }[event.key];
        if (event.key === 'Enter' && chosen >= 0 && event.target === holder.current)
            return open(numbers[chosen]!);
        if (step === undefined) return;
        event.preventDefault();
        const next = Math.min(Math.max(chosen + step, 0), numbers.length - 1);
        setChosen(next);
        const box = holder.current!,
            y = next * rowHeight;
        if (y < box.scrollTop + rowHeight) box.scrollTop = y;
        else if (y > box.scrollTop + box.clientHeight - 3 * rowHeight)
            box.scrollTop = y - box.clientHeight + 3 * rowHeight;
    };
    return (
        <main class="tall">
            <div class="bar">
                <FilterField
                    text={options.q ?? ''}
                    filter={filter}
                    shown={numbers.length}
                    all={t.count}
                    set={(q) => setOptions(route, { q })}
                />
                <button
                    class="quiet"
                    onClick={() =>
                        saveText(`${study.name}.csv`, 'text/csv', toCsv(columns, numbers))
                    }
                >
                    CSV
                </button>
            </div>
            <div
                ref={holder}
                class="table"
                tabIndex={0}
                role="region"
                aria-label="Trials"
                onKeyDown={key}
                onScroll={(event) =>
                    setBlock(Math.floor(event.currentTarget.scrollTop / rowHeight / together))
                }
            >
                <table aria-rowcount={numbers.length + 1}>
                    <thead>
                        <tr>
                            {columns.map((column) => (
                                <th
                                    key={column.name}
                                    scope="col"
                                    class={column.isNumber ? 'number' : ''}
                                    aria-sort={
                                        column !== sort
                                            ? 'none'
                                            : isDown
                                              ? 'descending'
                                              : 'ascending'
                                    }
                                >
                                    <button onClick={() => turn(column)}>
                                        {column.name}
                                        <span class="arrow" aria-hidden="true">
                                            {column !== sort ? '' : isDown ? '↓' : '↑'}
                                        </span>
                                    </button>
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {first > 0 && (
                            <tr aria-hidden="true" style={{ height: `${first * rowHeight}px` }} />
                        )}
                        {shown.map((n, i) => (
                            <tr
                                key={n}
                                aria-rowindex={first + i + 2}
                                class={`${states[t.state.get(n)] ?? ''} ${first + i === chosen ? 'chosen' : ''}`}
                                onClick={() => open(n)}
                            >
                                {columns.map((column, c) => (
                                    <td key={column.name} class={column.isNumber ? 'number' : ''}>
                                        {c === 0 ? (
                                            <a href={`#/${study.name}/trial/${n}`} tabIndex={-1}>
                                                {n}
                                            </a>
                                        ) : (
                                            column.text(n)
                                        )}
                                    </td>
                                ))}
                            </tr>
                        ))}
                        <tr
                            aria-hidden="true"
                            style={{
                                height: `${Math.max(numbers.length - first - shown.length, 0) * rowHeight}px`,
                            }}
                        />
                    </tbody>
                </table>
            </div>
        </main>
    );
}
