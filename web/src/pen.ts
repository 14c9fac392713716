/**
 * What a picture is drawn with: a canvas, or a text of SVG. Both know the same few words, so that a
 * picture that is taken along is drawn by what drew it on the screen.
 */
export interface Pen {
    /** Lines through points [x0, y0, x1, y1, …]; NaN lifts the pen. */
    line(
        points: ArrayLike<number>,
        colour: string,
        width?: number,
        alpha?: number,
        dash?: number[],
    ): void;
    /** Round points of one colour. */
    dots(points: ArrayLike<number>, radius: number, colour: string, alpha?: number): void;
    ring(x: number, y: number, radius: number, colour: string, fill: string): void;
    box(x: number, y: number, width: number, height: number, colour: string, alpha?: number): void;
    text(
        text: string,
        x: number,
        y: number,
        colour: string,
        align?: CanvasTextAlign,
        bold?: boolean,
    ): void;
    /** What is drawn within stays inside of a box. */
    clip(x: number, y: number, width: number, height: number, draw: () => void): void;
}

export const font = (bold = false) => `${bold ? '600 ' : ''}11px system-ui, sans-serif`;

const manyDots = 4000; // beyond so many they are squares, which is several times as fast

export class CanvasPen implements Pen {
    constructor(private readonly at: CanvasRenderingContext2D) {}

    line(points: ArrayLike<number>, colour: string, width = 1, alpha = 1, dash: number[] = []) {
        const { at } = this;
        at.globalAlpha = alpha;
        at.strokeStyle = colour;
        at.lineWidth = width;
        at.lineJoin = 'round';
        at.setLineDash(dash);
        at.beginPath();
        let isDown = false;
        for (let i = 0; i + 1 < points.length; i += 2) {
            const x = points[i]!,
                y = points[i + 1]!;
            if (Number.isNaN(x) || Number.isNaN(y)) isDown = false;
            else if (isDown) at.lineTo(x, y);
            else {
                at.moveTo(x, y);
                isDown = true;
            }
        }
        at.stroke();
        at.setLineDash([]);
        at.globalAlpha = 1;
    }

    dots(points: ArrayLike<number>, radius: number, colour: string, alpha = 1) {
        const { at } = this;
        at.globalAlpha = alpha;
        at.fillStyle = colour;
        if (points.length > 2 * manyDots) {
            const size = radius * 1.7;
            for (let i = 0; i + 1 < points.length; i += 2)
                at.fillRect(points[i]! - size / 2, points[i + 1]! - size / 2, size, size);
        } else {
            for (let i = 0; i + 1 < points.length; i += 2) {
                at.beginPath();
                at.arc(points[i]!, points[i + 1]!, radius, 0, 7);
                at.fill();
            }
        }
        at.globalAlpha = 1;
    }

    ring(x: number, y: number, radius: number, colour: string, fill: string) {
        const { at } = this;
        at.beginPath();
        at.arc(x, y, radius, 0, 7);
        at.fillStyle = fill;
        at.fill();
        at.lineWidth = 2;
        at.strokeStyle = colour;
        at.stroke();
    }

    box(x: number, y: number, width: number, height: number, colour: string, alpha = 1) {
        this.at.globalAlpha = alpha;
        this.at.fillStyle = colour;
        this.at.fillRect(x, y, width, height);
        this.at.globalAlpha = 1;
    }

    text(
        text: string,
        x: number,
        y: number,
        colour: string,
        align: CanvasTextAlign = 'left',
        bold = false,
    ) {
        this.at.font = font(bold);
        this.at.fillStyle = colour;
        this.at.textAlign = align;
        this.at.textBaseline = 'middle';
        this.at.fillText(text, x, y);
    }

    clip(x: number, y: number, width: number, height: number, draw: () => void) {
        this.at.save();
        this.at.beginPath();
        this.at.rect(x, y, width, height);
        this.at.clip();
        draw();
        this.at.restore();
    }
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string) => text.replace(/[&<>"]/g, (c) => escapes[c]!);
const short = (x: number) => String(Math.round(x * 10) / 10);

export class SvgPen implements Pen {
    private readonly parts: string[] = [];
    private clips = 0;

    line(points: ArrayLike<number>, colour: string, width = 1, alpha = 1, dash: number[] = []) {
        let path = '',
            isDown = false;
        for (let i = 0; i + 1 < points.length; i += 2) {
            const x = points[i]!,
                y = points[i + 1]!;
            const isGap = Number.isNaN(x) || Number.isNaN(y);
            if (!isGap) path += `${isDown ? 'L' : 'M'}${short(x)} ${short(y)}`;
            isDown = !isGap;
        }
        const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
        this.parts.push(
            `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"` +
                ` stroke-linejoin="round" opacity="${alpha}"${dashes}/>`,
        );
    }

    dots(points: ArrayLike<number>, radius: number, colour: string, alpha = 1) {
        let path = ''; // a line of no length with round ends is a dot
        for (let i = 0; i + 1 < points.length; i += 2)
            path += `M${short(points[i]!)} ${short(points[i + 1]!)}h0`;
        this.parts.push(
            `<path d="${path}" stroke="${colour}" stroke-width="${radius * 2}" stroke-linecap="round"` +
                ` opacity="${alpha}"/>`,
        );
    }

    ring(x: number, y: number, radius: number, colour: string, fill: string) {
        this.parts.push(
            `<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${fill}"` +
                ` stroke="${colour}" stroke-width="2"/>`,
        );
    }

    box(x: number, y: number, width: number, height: number, colour: string, alpha = 1) {
        this.parts.push(
            `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"` +
                ` fill="${colour}" opacity="${alpha}"/>`,
        );
    }

    text(
        text: string,
        x: number,
        y: number,
        colour: string,
        align: CanvasTextAlign = 'left',
        bold = false,
    ) {
        const anchor = align === 'center' ? 'middle' : align === 'right' ? 'end' : 'start';
        this.parts.push(
            `<text x="${short(x)}" y="${short(y)}" fill="${colour}" text-anchor="${anchor}"` +
                ` dominant-baseline="central"${bold ? ' font-weight="600"' : ''}>${escape(text)}</text>`,
        );
    }

    clip(x: number, y: number, width: number, height: number, draw: () => void) {
        const id = `c${this.clips++}`;
        this.parts.push(
            `<clipPath id="${id}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath>` +
                `<g clip-path="url(#${id})">`,
        );
        draw();
        this.parts.push('</g>');
    }

    /** The whole picture. */
    document(width: number, height: number, paper: string, label: string): string {
        return (
            `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"` +
            ` viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11"` +
            ` role="img"><title>${escape(label)}</title>` +
            `<rect width="${width}" height="${height}" fill="${paper}"/>${this.parts.join('')}</svg>\n`
        );
    }
}
