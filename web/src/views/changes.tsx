/** What was changed of a study in its middle: `caviar update`, `caviar advise --apply`. */
import type { StudyChange, StudyInfo } from '../api';

export const changesOfStudy = (info: StudyInfo): StudyChange[] => info.definition.changes ?? [];

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function Changes({ info }: { info: StudyInfo }) {
    const changes = changesOfStudy(info);
    if (changes.length === 0) return null;
    return (
        <section>
            <h2>Changed in its middle</h2>
            <ol class="changes">
                {changes.map((change) => (
                    <li key={change.time}>
                        <span class="soft">
                            after {change.trials} trials, {change.author},{' '}
                            {day.format(new Date(change.time))}
                        </span>
                        {change.what.map((what) => (
                            <code key={what}>{what}</code>
                        ))}
                        {change.note && <span>{change.note}</span>}
                    </li>
                ))}
            </ol>
        </section>
    );
}
