/**
 * A picture on the page: drawn on a canvas at the screen's resolution, answering to the pointer and
 * to the keyboard, and to be taken along as PNG or SVG.
 *
 * What is shown is up to `draw`, which is called anew when the data, the size, the theme or the part
 * that is looked at change; what is pointed at is drawn on a second canvas above it.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { CanvasPen, font, type Pen, SvgPen } from './pen';
import type { Axis } from './scale';
import { type Colours, colours, onTheme } from './theme';

/** Where things are on a picture that was drawn. */
export interface Frame {
    left: number;
    top: number;
    width: number;
    height: number;
    x: Axis;
    y: Axis;
}

/** Something that is pointed at. */
export interface Hit {
    key: number; // names it for the keyboard's walk
    x: number;
    y: number;
    lines: string[];
    open?: () => void;
    highlight?: (pen: Pen, colours: Colours) => void;
}

/** The part of a picture that is looked at, as shares of the whole axes. */
export interface Zoom {
    x0: number;
    x1: number;
    y0: number;
    y1: number;
}

/** Pictures that mark together: what is pointed at in one of them is marked in the others, too. */
export interface Link {
    key: number | null; // of what is pointed at in any of them
    point: (key: number | null) => void; // says so
    find: (key: number) => Hit | null; // where it lies here
}

export const whole: Zoom = { x0: 0, x1: 1, y0: 0, y1: 1 };

export interface PlotProps {
    title: string;
    label: string; // what it shows, in words
    height: number;
    version: unknown; // redraws where it differs
    zooms?: boolean;
    draw: (pen: Pen, width: number, height: number, colours: Colours, zoom: Zoom) => Frame;
    find?: (frame: Frame, x: number, y: number) => Hit | null;
    /** The next thing from a key in a direction, for the arrow keys; the first where there is none. */
    walk?: (frame: Frame, from: number | null, direction: 1 | -1) => Hit | null;
    link?: Link;
    children?: preact.ComponentChildren; // controls beside the title
}

export const px = (frame: Frame, value: number) => frame.left + frame.x.place(value) * frame.width;
export const py = (frame: Frame, value: number) =>
    frame.top + (1 - frame.y.place(value)) * frame.height;

/** Draws a frame with ticks and titles around the room that is left; returns it. */
export function drawFrame(
    pen: Pen,
    width: number,
    height: number,
    at: Colours,
    x: Axis,
    y: Axis,
    titles: { x?: string; y?: string } = {},
): Frame {
    const ticksY = y.ticks(Math.max(2, Math.min(8, Math.floor(height / 44))));
    const labels = ticksY.map((tick) => y.label(tick));
    const widest = Math.max(...labels.map((label) => label.length));
    const left = Math.min(Math.max(34, widest * 6.4 + 12), width * 0.35);
    const top = titles.y ? 22 : 8;
    const bottom = titles.x ? 36 : 22;
    const frame = {
        left,
        top,
        width: Math.max(width - left - 10, 10),
        height: Math.max(height - top - bottom, 10),
        x,
        y,
    };
    ticksY.forEach((tick, i) => {
        const place = py(frame, tick);
        pen.line([left, place, left + frame.width, place], at.line, 0.7);
        pen.text(labels[i]!, left - 7, place, at.soft, 'right');
    });
    let free = -Infinity;
    const most = Math.max(2, Math.min(10, Math.floor(frame.width / 70)));
    for (const tick of x.ticks(x.words.length > 0 ? 99 : most)) {
        const place = px(frame, tick);
        const label = x.label(tick);
        const half = label.length * 3.2 + 4;
        if (place - half < free) continue;
        free = place + half;
        pen.line([place, top + frame.height, place, top + frame.height + 4], at.line, 1);
        pen.text(
            label,
            Math.min(place, width - label.length * 3.4),
            top + frame.height + 13,
            at.soft,
            'center',
        );
    }
    pen.line([left, top + frame.height, left + frame.width, top + frame.height], at.cut, 1);
    if (titles.y) pen.text(titles.y, 2, 9, at.soft);
    if (titles.x) pen.text(titles.x, left + frame.width / 2, height - 7, at.soft, 'center');
    return frame;
}

/** The axes of the part that is looked at. */
export function zoomed(x: Axis, y: Axis, zoom: Zoom): { x: Axis; y: Axis } {
    return zoom === whole ? { x, y } : { x: x.part(zoom.x0, zoom.x1), y: y.part(zoom.y0, zoom.y1) };
}

/** The nearest of points [x0, y0, x1, y1, …] within a reach; -1: none. */
export function nearest(points: ArrayLike<number>, x: number, y: number, reach = 14): number {
    let best = -1,
        least = reach * reach;
    for (let i = 0; i + 1 < points.length; i += 2) {
        const dx = points[i]! - x,
            dy = points[i + 1]! - y,
            distance = dx * dx + dy * dy;
        if (distance < least) {
            least = distance;
            best = i / 2;
        }
    }
    return best;
}

function save(name: string, content: Blob): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function saveText(name: string, type: string, text: string): void {
    save(name, new Blob([text], { type }));
}

const fileName = (title: string) => `caviar-${title.toLowerCase().replace(/[^\w]+/g, '-')}`;

function fit(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = font();
    return context;
}

export function Plot(props: PlotProps) {
    const holder = useRef<HTMLDivElement>(null);
    const base = useRef<HTMLCanvasElement>(null);
    const above = useRef<HTMLCanvasElement>(null);
    const frame = useRef<Frame | null>(null);
    const drawn = useRef(props); // what is on the canvas, and so what can be pointed at
    const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
    const [width, setWidth] = useState(0);
    const [zoom, setZoom] = useState<Zoom>(whole);
    const [theme, setThemeCount] = useState(0);
    const [hit, setHit] = useState<Hit | null>(null);
    const [band, setBand] = useState<[number, number, number, number] | null>(null);
    const { height } = props,
        linked = props.link?.key ?? null;

    useEffect(() => onTheme(() => setThemeCount((count) => count + 1)), []);
    useEffect(() => {
        const watcher = new ResizeObserver(([entry]) =>
            setWidth(Math.floor(entry!.contentRect.width)),
        );
        watcher.observe(holder.current!);
        return () => watcher.disconnect();
    }, []);
    useEffect(() => {
        if (width < 20) return;
        const pen = new CanvasPen(fit(base.current!, width, height));
        frame.current = props.draw(pen, width, height, colours(), zoom);
        drawn.current = props;
    }, [width, height, zoom, theme, props.version]);
    useEffect(() => {
        if (width < 20) return;
        const context = fit(above.current!, width, height);
        const pen = new CanvasPen(context),
            at = colours();
        const marked = hit ?? (linked === null ? null : drawn.current.link?.find(linked));
        if (marked?.highlight) marked.highlight(pen, at);
        else if (marked) pen.ring(marked.x, marked.y, 5, at.ink, 'transparent');
        if (band) {
            const [x0, y0, x1, y1] = band;
            pen.box(
                Math.min(x0, x1),
                Math.min(y0, y1),
                Math.abs(x1 - x0),
                Math.abs(y1 - y0),
                at.good,
                0.15,
            );
        }
    }, [hit, linked, band, width, height, zoom, theme, props.version]);
    useEffect(() => props.link?.point(hit?.key ?? null), [hit?.key]);

    const place = (event: PointerEvent) => {
        const box = above.current!.getBoundingClientRect();
        return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const pointer = (event: PointerEvent) => {
        const at = place(event);
        if (drag.current && props.zooms) {
            drag.current.moved ||= Math.hypot(at.x - drag.current.x, at.y - drag.current.y) > 6;
            if (drag.current.moved) setBand([drag.current.x, drag.current.y, at.x, at.y]);
        } else if (frame.current) {
            setHit(drawn.current.find?.(frame.current, at.x, at.y) ?? null);
        }
    };
    const press = (event: PointerEvent) => {
        if (event.pointerType === 'mouse' && event.button === 0)
            drag.current = { ...place(event), moved: false };
    };
    const release = (event: PointerEvent) => {
        const from = drag.current,
            at = place(event),
            f = frame.current;
        drag.current = null;
        setBand(null);
        if (from?.moved && f) setZoom(cut(zoom, f, from, at));
        else if (f) {
            const found = drawn.current.find?.(f, at.x, at.y) ?? null;
            setHit(found);
            if (found && (event.pointerType === 'mouse' || found.key === hit?.key)) found.open?.();
        }
    };
    const press_key = (event: KeyboardEvent) => {
        const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
        const walk = drawn.current.walk;
        if (direction && walk && frame.current) {
            const next = walk(frame.current, hit?.key ?? null, direction as 1 | -1);
            if (next) setHit(next);
        } else if (event.key === 'Enter') hit?.open?.();
        else if (event.key === 'Escape') {
            setHit(null);
            setZoom(whole);
        } else return;
        event.preventDefault();
        event.stopPropagation();
    };
    const take = (kind: 'png' | 'svg') => {
        const name = fileName(props.title);
        if (kind === 'png')
            return base.current!.toBlob((blob) => blob && save(`${name}.png`, blob));
        const pen = new SvgPen();
        props.draw(pen, width, height, colours(), zoom);
        saveText(
            `${name}.svg`,
            'image/svg+xml',
            pen.document(width, height, colours().paper, props.label),
        );
    };

    return (
        <section class="plot">
            <header>
                <h2>{props.title}</h2>
                <div class="tools">
                    <button
                        class="quiet save"
                        onClick={() => take('png')}
                        aria-label={`Save ${props.title} as PNG`}
                    >
                        PNG
                    </button>
                    <button
                        class="quiet save"
                        onClick={() => take('svg')}
                        aria-label={`Save ${props.title} as SVG`}
                    >
                        SVG
                    </button>
                    {zoom !== whole && (
                        <button class="quiet" onClick={() => setZoom(whole)}>
                            whole
                        </button>
                    )}
                    {props.children}
                </div>
            </header>
            <div
                ref={holder}
                class="canvas"
                style={{ height: `${height}px` }}
                tabIndex={0}
                role="img"
                aria-label={props.label}
                onKeyDown={press_key}
                onBlur={() => setHit(null)}
            >
                <canvas ref={base} aria-hidden="true" />
                <canvas
                    ref={above}
                    aria-hidden="true"
                    class={hit?.open ? 'opens' : ''}
                    onPointerMove={pointer}
                    onPointerDown={press}
                    onPointerUp={release}
                    onPointerLeave={() => {
                        setHit(null);
                        setBand(null);
                        drag.current = null;
                    }}
                    onDblClick={() => setZoom(whole)}
                />
                {hit && <Tip hit={hit} width={width} />}
            </div>
            <p class="unseen" aria-live="polite">
                {hit ? hit.lines.join(', ') : ''}
            </p>
        </section>
    );
}

function Tip({ hit, width }: { hit: Hit; width: number }) {
    const toLeft = hit.x > width / 2;
    const style = {
        top: `${Math.max(hit.y - 10, 0)}px`,
        ...(toLeft ? { right: `${width - hit.x + 12}px` } : { left: `${hit.x + 12}px` }),
    };
    return (
        <div class="tip" style={style} aria-hidden="true">
            {hit.lines.map((line, i) =>
                i === 0 ? <b key={i}>{line}</b> : <span key={i}>{line}</span>,
            )}
        </div>
    );
}

/** The part that a band between two places leaves of what is looked at. */
export function cut(
    zoom: Zoom,
    frame: { left: number; top: number; width: number; height: number },
    a: { x: number; y: number },
    b: { x: number; y: number },
): Zoom {
    const share = (value: number) => Math.min(Math.max(value, 0), 1);
    const across = [a.x, b.x]
        .map((x) => share((x - frame.left) / frame.width))
        .sort((p, q) => p - q);
    const up = [a.y, b.y]
        .map((y) => share(1 - (y - frame.top) / frame.height))
        .sort((p, q) => p - q);
    const least = 0.01; // a flat band means the other direction alone
    const [x0, x1] = across[1]! - across[0]! < least ? [0, 1] : across;
    const [y0, y1] = up[1]! - up[0]! < least ? [0, 1] : up;
    const w = zoom.x1 - zoom.x0,
        h = zoom.y1 - zoom.y0;
    return {
        x0: zoom.x0 + x0! * w,
        x1: zoom.x0 + x1! * w,
        y0: zoom.y0 + y0! * h,
        y1: zoom.y0 + y1! * h,
    };
}
