/** When the trials ran. */
import { TimelinePlot } from '../charts/timeline';
import type { Study } from '../study';

export function TimelineView({ study, open }: { study: Study; open: (trial: number) => void }) {
    return (
        <main>
            <TimelinePlot study={study} height={300} open={open} />
        </main>
    );
}
