/** Brushing: dragging along one of several upright axes chooses a part of it, as words of the filter. */
import { useRef, useState } from 'preact/hooks';
import { type Axis, format } from '../scale';

/** An axis of the picture, and a trial's value on it. */
export interface Column {
    name: string;
    axis: Axis;
    value: (n: number) => number;
    mayLack: boolean; // it is of a parameter that not every trial has
}

interface Drag {
    column: number;
    from: number; // shares of the axis
    to: number;
}

/**
 * What follows the pointer over axes at `places`, which go from `top` over `height` pixels; `brush` gets
 * the words that replace those of an axis, none where it was only touched.
 */
export function useBrush(
    columns: Column[],
    places: { readonly current: number[] },
    top: number,
    height: number,
    brush: (name: string, words: string[]) => void,
) {
    const bar = useRef<HTMLDivElement>(null);
    const [drag, setDrag] = useState<Drag | null>(null);
    const shareOf = (event: PointerEvent) => {
        const box = bar.current!.getBoundingClientRect();
        return {
            x: event.clientX - box.left,
            share: 1 - (event.clientY - box.top - top) / height,
        };
    };
    const press = (event: PointerEvent) => {
        const at = shareOf(event);
        const column = places.current.findIndex((place) => Math.abs(place - at.x) < 14);
        if (column < 0) return;
        event.preventDefault();
        event.stopPropagation();
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
        setDrag({ column, from: at.share, to: at.share });
    };
    const move = (event: PointerEvent) => {
        if (!drag) return;
        event.stopPropagation();
        setDrag({ ...drag, to: shareOf(event).share });
    };
    const release = (event: PointerEvent) => {
        if (!drag) return;
        event.stopPropagation();
        const column = columns[drag.column]!;
        const [a, b] = [drag.from, drag.to]
            .map((share) => Math.min(Math.max(share, 0), 1))
            .sort((p, q) => p - q) as [number, number];
        setDrag(null);
        if (b - a < 0.015) brush(column.name, []);
        else if (column.axis.words.length > 0) brushChoice(column, a, b);
        else
            brush(column.name, [
                `${column.name}>=${format(column.axis.at(a))}`,
                `${column.name}<=${format(column.axis.at(b))}`,
            ]);
    };
    // the filter has = and != for choices: those that are not brushed are left out
    const brushChoice = (column: Column, a: number, b: number) => {
        const inside = column.axis.words.filter(
            (_, i) => column.axis.place(i) >= a && column.axis.place(i) <= b,
        );
        const outside = column.axis.words.filter((word) => !inside.includes(word));
        brush(
            column.name,
            inside.length === 1
                ? [`${column.name}=${inside[0]}`]
                : inside.length === 0
                  ? []
                  : outside.map((word) => `${column.name}!=${word}`),
        );
    };

    const handlers = {
        onPointerDownCapture: press,
        onPointerMoveCapture: move,
        onPointerUpCapture: release,
    };
    return { bar, drag, handlers };
}

/** Says which part is being chosen. */
export function Brushed({ drag, column }: { drag: { from: number; to: number }; column: Column }) {
    const [a, b] = [drag.from, drag.to].sort((p, q) => p - q) as [number, number];
    return (
        <p class="brushed" aria-live="polite">
            {column.name}: {column.axis.label(column.axis.at(Math.max(a, 0)))} to{' '}
            {column.axis.label(column.axis.at(Math.min(b, 1)))}
        </p>
    );
}
