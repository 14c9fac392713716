/** How much each parameter mattered, with its interval. */
import type { Importance } from '../api';

const percent = (share: number) => `${Math.round(share * 100)} %`;

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function ImportanceList({ of }: { of: Importance | null }) {
    if (!of) return <p class="soft">is being measured …</p>;
    if (of.importance.length === 0) return <p class="soft">{sentence(of.why_none ?? '')}</p>;
    return (
        <table class="importance">
            <caption class="unseen">
                Share of each parameter, with a 90 % interval, from {of.trials} trials
            </caption>
            <tbody>
                {of.importance.map((each) => (
                    <tr key={each.parameter} class={each.chance ? 'chance' : ''}>
                        <th scope="row">{each.parameter}</th>
                        <td class="share">
                            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                                <rect width={each.share * 100} y="1.5" height="7" rx="0.6" />
                                <line
                                    x1={each.low * 100}
                                    x2={each.high * 100}
                                    y1="5"
                                    y2="5"
                                    vector-effect="non-scaling-stroke"
                                />
                            </svg>
                        </td>
                        <td class="number">{percent(each.share)}</td>
                        <td class="number soft">
                            {percent(each.low)}–{percent(each.high)}
                            {each.chance && <span class="unseen">, may be chance</span>}
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
