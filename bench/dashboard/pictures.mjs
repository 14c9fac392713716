/**
 * pictures.mjs: how long it takes until a study's page shows something, and until it shows all, by
 * the number of trials.
 *
 *     bench/dashboard/pictures.sh [--trials 1000,10000,100000] [--steps 0]
 *                                 [--rounds 3]
 *
 * Each look is one of a browser that knows nothing yet. The first look of a server reads the study,
 * and is told apart from the least of the later ones. The trials come from a journal of Optuna's,
 * which is the quickest way to many.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, Place } from '../../tests/browser/support.mjs';

const { values: words } = parseArgs({
    options: {
        trials: { type: 'string', default: '1000,10000,100000' },
        steps: { type: 'string', default: '0' },
        rounds: { type: 'string', default: '3' },
    },
});

const steps = Number(words.steps);

const float = (low, high, log) =>
    JSON.stringify({ name: 'FloatDistribution', attributes: { step: null, low, high, log } });
const distributions = {
    lr: float(1e-4, 1, true),
    momentum: float(0.9, 0.999, false),
    dropout: float(0, 0.6, false),
};

/** A journal with a study of so many complete trials; the same ones each time. */
async function writeJournal(path, count) {
    const file = createWriteStream(path);
    let state = 1;
    const draw = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const put = async (operation) => {
        const line = `${JSON.stringify({ ...operation, worker_id: 'bench' })}\n`;
        if (!file.write(line)) await once(file, 'drain');
    };
    await put({ op_code: 0, study_name: 'looked', directions: [1] });
    const begin = Date.UTC(2026, 0, 1);
    for (let number = 0; number < count; number++) {
        const [u, v, w] = [draw(), draw(), draw()];
        const value = (u - 0.4) ** 2 + 0.3 * (v - 0.7) ** 2 + 0.05 * draw();
        const at = (ms) => new Date(begin + 1000 * number + ms).toISOString().replace('Z', '000');
        await put({
            op_code: 4,
            study_id: 0,
            datetime_start: at(0),
            datetime_complete: at(900),
            distributions,
            params: { lr: 10 ** (4 * u - 4), momentum: 0.9 + 0.099 * v, dropout: 0.6 * w },
            user_attrs: {},
            system_attrs: {},
            intermediate_values: Object.fromEntries(
                Array.from({ length: steps }, (_, i) => [i + 1, value + 1 / (i + 1)]),
            ),
            state: 1,
            value,
            values: null,
        });
    }
    file.end();
    await once(file, 'finish');
}

/** Milliseconds from the beginning of the page's loading until each of some conditions holds. */
async function look(browser, url, conditions) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(300000);
    await page.goto(url, { waitUntil: 'commit' });
    const times = await Promise.all(
        conditions.map(async ([condition, argument]) => {
            const when = await page.waitForFunction(condition, argument, { polling: 'raf' });
            return when.jsonValue();
        }),
    );
    await context.close();
    return times;
}

// Run in the page; they answer the time. A picture has some thousand pixels that are not empty.
const isDrawn = () => {
    const canvas = document.querySelector('.plot canvas');
    if (!canvas?.width) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
    return count > 4000 && performance.now();
};
const hasTrials = (count) =>
    [...document.querySelectorAll('.facts > div')].some(
        (fact) => fact.textContent === `complete${count}`,
    ) &&
    document.querySelector('.importance') !== null &&
    performance.now();

async function rounds(browser, url, conditions) {
    const found = [];
    for (let round = 0; round <= Number(words.rounds); round++)
        found.push(await look(browser, url, conditions));
    const [first, ...later] = found;
    return first.map((time, i) => [time, Math.min(...later.map((times) => times[i]))]);
}

function print(name, times) {
    const columns = times.map((time) => time.toFixed(0).padStart(6));
    console.log(`  ${name.padEnd(34)} ${columns.join(' ')}`);
}

async function measure(browser, count) {
    const place = new Place(browser);
    const journal = join(place.folder, 'journal.log');
    try {
        await writeJournal(journal, count);
        execFileSync(process.env.CAVIAR, ['import', journal], {
            env: place.environment, // as long as it takes
            stdio: 'ignore',
        });
        await place.serve();
        const size = `${count.toLocaleString('en')} trials, ${steps} reports each`;
        console.log(`${size}: ms of a first look, of a later one`);
        const [picture, all] = await rounds(browser, `${place.url}#/looked/overview`, [
            [isDrawn],
            [hasTrials, count],
        ]);
        print('a picture', picture);
        print('all, and what mattered', all);
    } finally {
        await place.close();
    }
}

const browser = await launch();
for (const count of words.trials.split(',').map(Number)) await measure(browser, count);
await browser.close();
