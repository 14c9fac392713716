/** dashboard.mjs: the dashboard in a real browser, on real studies, as a person would use it. */
import { readFileSync } from 'node:fs';
import { axeSource, equal, holds, main, studyOf, studyOfMetrics, until } from './support.mjs';

const views = ['overview', 'curves', 'parameters', 'trials', 'timeline', 'trial/3'];

/** How many pixels of a canvas are not its background; 0 while it is not there yet. */
const inked = (page, selector) =>
    page.evaluate((wanted) => {
        const canvas = document.querySelector(wanted);
        if (!canvas?.width) return 0;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
        return count;
    }, selector);

const factOf = (page, label) =>
    page.$$eval(
        '.facts > div',
        (facts, wanted) =>
            facts
                .find((fact) => fact.querySelector('dt').textContent === wanted)
                ?.querySelector('dd').textContent,
        label,
    );

/** The label of the picture of a title, which says in words what it shows. */
const labelOf = (page, title) =>
    page.getAttribute(`.plot:has(h2:text-is("${title}")) .canvas`, 'aria-label');

const four = [
    { name: 'loss', direction: 'minimize' },
    { name: 'gain', direction: 'maximize' },
    { name: 'seconds', direction: 'minimize' },
    { name: 'memory', direction: 'minimize' },
];

/** Values that trade the metrics off against each other: numbers of a walk around a circle. */
const traded = (id, m) => [(id * 3) % 31, (id * 7) % 37, (id * 11) % 29, (id * 5) % 23][m];

async function rowsOf(page) {
    return page.$$eval('.table tbody tr:not([aria-hidden])', (rows) =>
        rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
    );
}

const tests = {
    'every view shows a study, without a fault and without asking any other host': async (
        place,
    ) => {
        place.pipe(studyOf('bowl', 60));
        await place.serve();
        for (const view of views) {
            const page = await place.open(`#/bowl/${view}`);
            await page.waitForSelector(
                view === 'trials' ? '.table tbody a' : 'main .canvas canvas',
            );
            if (view !== 'trials')
                await until(
                    `${view} is drawn`,
                    async () => (await inked(page, 'main .canvas canvas')) > 500,
                );
            await page.context().close();
        }
    },

    'the studies of the store are listed, also one that comes later': async (place) => {
        place.pipe(studyOf('first', 5));
        await place.serve();
        const page = await place.open('#/');
        await page.waitForSelector('.studies a');
        place.pipe(studyOf('second', 3));
        await page.waitForSelector('.studies a:has-text("second")');
        await page.click('.studies a:has-text("first")');
        await page.waitForSelector('.facts');
        await until('its trials are counted', async () => (await factOf(page, 'trials')) === '5of 55');
    },

    'what happens is shown without loading anew': async (place) => {
        place.pipe(studyOf('bowl', 5));
        await place.serve();
        const page = await place.open('#/bowl/overview');
        await until('all are there', async () => (await factOf(page, 'complete')) === '5');
        place.caviar('add', 'x=0', 'lr=0.1', 'momentum=0.9', 'layers=2', 'act=relu');
        await until('the sixth is there', async () => (await factOf(page, 'trials')) === '6of 55');
        place.caviar('pause', 'bowl');
        await page.waitForSelector('.badge:has-text("paused")');
    },

    'the page lives on when the server ends, and goes on with the next one': async (place) => {
        place.pipe(studyOf('bowl', 5));
        const server = await place.serve();
        const page = await place.open('#/bowl/overview');
        await page.waitForSelector('.live.on');
        const port = Number(new URL(place.url).port);
        await place.end(server);
        await page.waitForSelector('.live:not(.on)');
        equal(await factOf(page, 'complete'), '5');
        place.caviar('add', 'x=0', 'lr=0.1', 'momentum=0.9', 'layers=2', 'act=relu');
        await place.serve(port);
        await page.waitForSelector('.live.on');
        await until(
            'the new one is there',
            async () => (await factOf(page, 'trials')) === '6of 55',
        );
    },

    'whatever a trial is called or prints is shown as text': async (place) => {
        const hostile = '<img src=x onerror=alert(1)>';
        place.write('evil.sh', `#!/bin/sh\necho '<script>alert(2)</script>'\necho 'loss=1'\n`);
        place.write(
            'evil.yaml',
            `study: evil\ncommand: sh evil.sh {act}\nmetric: loss\nbudget: {trials: 4}\nsampler: random\nscheduler: none\nspace:\n  act: {type: categorical, choices: ["${hostile}", "${hostile}!"]}\n  x: {type: float, low: 0, high: 1}\n`,
        );
        place.caviar('run', 'evil.yaml', '-q');
        await place.serve();
        const number = JSON.parse(place.caviar('trials', '--json'))[0].id;
        const page = await place.open(`#/evil/trial/${number}`);
        await page.waitForSelector('pre');
        await until('the choice is shown as it is', async () =>
            (await page.textContent('main')).includes(hostile),
        );
        holds(
            (await page.textContent('pre')).includes('<script>alert(2)</script>'),
            'the output is shown as it is',
        );
        for (const view of views) {
            await page.goto(`${place.url}#/evil/${view}`);
            await page.waitForTimeout(150);
        }
        equal(await page.$$eval('main img, main script', (found) => found.length), 0);
    },

    'a nudge from the page reaches a training, and its curve goes on': async (place) => {
        place.write(
            'data.csv',
            [
                'a,b,label',
                ...Array.from(
                    { length: 120 },
                    (_, i) => `${(i * 7) % 13},${(i * 5) % 11},${i % 3}`,
                ),
            ].join('\n') + '\n',
        );
        place.write(
            'nursed.yaml',
            `study: nursed\ncommand: caviar-train --data data.csv --target label --lr {lr} --momentum {momentum} --units 4 --batch 8 --epochs {steps} --checkpoint {dir}/checkpoints\nmetric: val_loss\nsteps: {min: 1, max: 100000}\nbudget: {trials: 1}\nsampler: random\nscheduler: none\nseed: 1\nspace:\n  lr: {type: float, scale: log, low: 1e-4, high: 1}\n  momentum: {type: float, scale: reverse-log, low: 0.5, high: 0.99}\n`,
        );
        const running = place.start('run', 'nursed.yaml', '-q');
        await until('it trains', () => {
            try {
                return JSON.parse(place.caviar('show', '0', '--json')).curve.length > 3;
            } catch {
                return false;
            }
        });
        await place.serve();
        const page = await place.open('#/nursed/trial/0');
        await page.fill('#knob-lr', '0.0123');
        await page.fill('.note', 'from the page');
        await page.click('button:has-text("Nudge")');
        await page.waitForSelector('tr.active:has-text("lr 0.0123")');
        const shown = JSON.parse(place.caviar('show', '0', '--json'));
        equal(
            [shown.nudges[0].changes, shown.nudges[0].note, shown.nudges[0].state],
            [{ lr: 0.0123 }, 'from the page', 'active'],
        );
        const before = await factOf(page, 'step');
        await until('it goes on', async () => (await factOf(page, 'step')) !== before);
        await page.fill('#knob-lr', '7');
        await page.click('button:has-text("Nudge")');
        await page.waitForSelector('.notice.shown.bad:has-text("lies outside")');

        await page.fill('.note', 'for later');
        await page.click('button:has-text("Pause this trial")');
        await page.waitForSelector('.badge.paused');
        await page.waitForSelector('tr.active:has-text("for later")');
        await until('nothing else is to be run', () => running.exitCode === 0);
        await page.keyboard.press('Tab'); // out of the field
        await page.keyboard.press('p');
        await page.waitForSelector('.badge.waiting');
        place.start('resume', 'nursed', '-q');
        await page.waitForSelector('.badge.running');
        await page.waitForSelector('button:has-text("Pause this trial")');
        await page.click('button:has-text("Stop this trial")');
        await page.click('dialog button:has-text("Do it")');
        await page.waitForSelector('.badge.pruned');
    },

    'what a trial took is shown, and nothing where it ran elsewhere': async (place) => {
        place.write(
            'work.py',
            'import time\nheld = bytearray(300 << 20)\n' +
                'while time.process_time() < 0.5: pass\ntime.sleep(1)\nprint("loss=1")\n',
        );
        place.write(
            'worked.yaml',
            'study: worked\ncommand: python3 work.py\nmetric: loss\nbudget: {trials: 1}\nspace:\n  x: [0, 1]\n',
        );
        place.caviar('run', 'worked.yaml', '-q');
        place.pipe(studyOf('elsewhere', 1));
        await place.serve();
        const page = await place.open('#/worked/trial/0');
        await page.waitForSelector('.facts');
        const [cpu, memory] = [await factOf(page, 'processor time'), await factOf(page, 'memory')];
        holds(/^([5-9]\d\d ms|[\d.]+ s)[\d.]+ cores$/.test(cpu), `it took "${cpu}"`);
        holds(/^(3\d\d|[4-9]\d\d) MB at most$/.test(memory), `it had "${memory}"`);
        const other = await place.open('#/elsewhere/trial/0');
        await other.waitForSelector('.facts');
        const facts = await other.$$eval('.facts dt', (found) => found.map((each) => each.textContent));
        holds(facts.includes('attempt'), `${facts} are the facts of a trial`);
        holds(!facts.includes('processor time') && !facts.includes('memory'), `${facts} are known`);
    },

    'a change asks for the token, and a wrong one is asked for again': async (place) => {
        place.pipe(studyOf('bowl', 3));
        await place.serve();
        const page = await place.open('#/bowl/overview', { token: false });
        await page.click('button:has-text("Pause")');
        await page.fill('dialog input', 'wrong');
        await page.click('dialog button:has-text("Use it")');
        place.caviar('add', 'x=0', 'lr=0.1', 'momentum=0.9', 'layers=2', 'act=relu'); // a look asks, too
        await page.waitForSelector('dialog input');
        await until(
            'the field is empty',
            async () => (await page.inputValue('dialog input')) === '',
        );
        equal(JSON.parse(place.caviar('studies', '--json'))[0].control, 'run');
        await page.fill('dialog input', place.token);
        await page.click('dialog button:has-text("Use it")');
        await page.waitForSelector('button:has-text("Go on")');
        equal(JSON.parse(place.caviar('studies', '--json'))[0].control, 'pause');
    },

    'where looking needs the token, too, the page asks for it': async (place) => {
        place.pipe(studyOf('bowl', 3));
        await place.serve(0, '--listen', '0.0.0.0');
        place.url = place.url.replace('0.0.0.0', '127.0.0.1');
        for (const hash of ['#/', '#/bowl/overview']) {
            const page = await place.open(hash, { token: false, waits: false });
            await page.fill('dialog input', place.token);
            await page.click('dialog button:has-text("Use it")');
            await page.waitForSelector(hash === '#/' ? '.studies a' : '.facts');
            await page.context().close();
        }
    },

    'the link with the token hands it over, and leaves the address': async (place) => {
        place.pipe(studyOf('bowl', 3));
        await place.serve();
        const page = await place.open(`#token=${place.token}`, { token: false });
        await page.waitForSelector('.studies a');
        equal(page.url(), place.url);
        equal(await page.evaluate(() => localStorage.getItem('caviar.token')), place.token);
    },

    'the table is sorted and filtered, and keeps that in its link': async (place) => {
        place.pipe(studyOf('bowl', 60));
        await place.serve();
        const page = await place.open('#/bowl/trials');
        await page.fill('#filter', 'complete loss<1.2');
        await page.click('th button:has-text("loss")');
        const best = JSON.parse(place.caviar('trials', '--sort', 'value', '--json'))[0].id;
        await until('the best is first', async () => (await rowsOf(page))[0]?.[0] === String(best));
        const rows = await rowsOf(page);
        const expected = JSON.parse(place.caviar('trials', '--json')).filter(
            (trial) => trial.state === 'complete' && trial.values.loss < 1.2,
        );
        equal(rows.length, expected.length);
        const again = await place.open(new URL(page.url()).hash);
        await until(
            'it is the same',
            async () => JSON.stringify(await rowsOf(again)) === JSON.stringify(rows),
        );
        const [download] = await Promise.all([
            again.waitForEvent('download'),
            again.click('button:has-text("CSV")'),
        ]);
        const csv = readFileSync(await download.path(), 'utf8')
            .trim()
            .split('\r\n');
        equal(csv.length, rows.length + 1);
        holds(csv[0].startsWith('trial,state,loss,step'), 'the CSV has a head');
        await again.fill('#filter', 'y<1');
        await again.waitForSelector('.filter .complaint:has-text("no parameter or metric")');
    },

    'many trials are there at once, and only the rows in sight are drawn': async (place) => {
        const trials = process.env.CAVIAR_TEST_LONG ? 10000 : 1500;
        place.pipe([
            { ...studyOf('many', 0)[0], budget: { trials } },
            ...Array.from({ length: trials }, (_, id) => [
                { cmd: 'ask' },
                { cmd: 'tell', id, value: id / trials },
            ]).flat(),
        ]);
        await place.serve();
        const page = await place.open('#/many/trials');
        await until('all are there', async () =>
            (await page.textContent('#filter-says')).startsWith(
                `${trials.toLocaleString('en')} trials`,
            ),
        );
        holds((await rowsOf(page)).length < 100, 'few rows are there');
        await page.focus('.table');
        await page.keyboard.press('End');
        await until('the last row is there', async () =>
            (await rowsOf(page)).some((row) => row[0] === '0'),
        );
    },

    'it is used by keys alone': async (place) => {
        place.pipe(studyOf('bowl', 30));
        await place.serve();
        const page = await place.open('#/bowl/overview');
        await page.waitForSelector('.canvas canvas');
        for (const [key, view] of [
            ['2', 'curves'],
            ['3', 'parameters'],
            ['4', 'trials'],
            ['5', 'timeline'],
            ['1', 'overview'],
        ]) {
            await page.keyboard.press(key);
            await page.waitForSelector(`nav a[aria-current]:has-text("${view}")`);
        }
        await until('it is drawn', async () => (await inked(page, '.plot .canvas canvas')) > 500);
        await until('what is pointed at is said', async () => {
            await page.focus('.plot .canvas');
            await page.keyboard.press('ArrowLeft');
            return (await page.textContent('.plot .unseen')).startsWith('Trial 28');
        });
        await page.keyboard.press('Enter');
        await page.waitForSelector('h1:has-text("Trial 28")');
        await page.keyboard.press(']');
        await page.waitForSelector('h1:has-text("Trial 29")');
        await page.keyboard.press('4');
        await page.waitForSelector('.table');
        await page.keyboard.press('/');
        await page.keyboard.type('failed');
        await until('it is filtered', async () =>
            (await page.textContent('#filter-says')).startsWith('3 of 30'),
        );
    },

    'a brush on an axis becomes a filter': async (place) => {
        place.pipe(studyOf('bowl', 60));
        await place.serve();
        const page = await place.open('#/bowl/parameters');
        await page.waitForSelector('.brushes .canvas');
        await until('the axes are there', async () => (await inked(page, '.brushes canvas')) > 500);
        const box = await page.locator('.brushes .canvas').boundingBox();
        const x = box.x + Math.min(56, box.width / 8); // the first axis
        await page.mouse.move(x, box.y + 60);
        await page.mouse.down();
        await page.mouse.move(x, box.y + 160, { steps: 5 });
        await page.mouse.up();
        await until('the filter has words', async () =>
            /[<>!]?=/.test(await page.inputValue('#filter')),
        );
        const [shown, all] = (await page.textContent('#filter-says')).match(/\d+/g).map(Number);
        holds(shown < all && all === 60, 'the filter keeps a part');
    },

    'two parameters are looked at together, and the link keeps which': async (place) => {
        place.pipe(studyOf('bowl', 60));
        await place.serve();
        const page = await place.open('#/bowl/parameters?pair=lr,act');
        await until('it is drawn', async () => (await inked(page, '.pair canvas')) > 500);
        holds(
            (await page.textContent('.pair > p')).includes('The model explains'),
            'it says how much of random values is explained', // next to nothing
        );
        await page.selectOption('.pair select[aria-label="up"]', 'x');
        await page.waitForSelector('.pair h2:has-text("lr and x")');
        await page.selectOption('.pair select[aria-label="across"]', 'x'); // they change places
        await page.waitForSelector('.pair h2:has-text("x and lr")');
        holds(page.url().includes('pair=x%2Clr'), 'the link has them');
        await until('the ranks are drawn', async () => (await inked(page, '.ranks canvas')) > 500);
        await page.focus('.ranks .canvas');
        await page.keyboard.press('ArrowRight');
        holds(
            (await page.textContent('.ranks .unseen')).startsWith('Rank 1 of 54, Trial'),
            'the best is first',
        );
        await until('it is drawn', async () => (await inked(page, '.pair canvas')) > 500);
        await page.focus('.pair .canvas');
        await page.keyboard.press('ArrowRight');
        const best = JSON.parse(place.caviar('best', '--json')).trial.id;
        await until('the best trial is said first', async () =>
            (await page.textContent('.pair .unseen')).startsWith(`Trial ${best} `),
        );
        equal(await page.$$('h2.over + .legend').then((found) => found.length), 0); // nothing to draw
        const drawn = await place.open('#/bowl/parameters');
        await drawn.route('**/effects?*', (route) =>
            route.fulfill({
                json: {
                    trials: 54,
                    explained: 0.9,
                    effects: [{ parameter: 'x', at: [-1.9, 0, 1.9], means: [1.9, 1.2, 1.8] }],
                },
            }),
        );
        await drawn.reload();
        await drawn.waitForSelector('h2.over + .legend:has-text("explains 90 %")');
        const few = await place.open('#/bowl/parameters', { waits: false });
        await few.route('**/contour?*', (route) =>
            route.fulfill({ json: { why_none: '<b>16 complete trials are needed</b>' } }),
        );
        await few.reload();
        await few.waitForSelector('.pair p:has-text("<b>16 complete trials")');
    },

    'what was changed of a study in its middle is shown, as soon as it is': async (place) => {
        place.pipe(studyOf('bowl', 20));
        await place.serve();
        const page = await place.open('#/bowl/overview');
        await until('all are there', async () => (await factOf(page, 'complete')) === '18');
        equal(await page.$$('.changes li').then((found) => found.length), 0);
        place.caviar('update', 'bowl', 'lr.high=10', '--note', 'the <i>best</i> is at the edge');
        await page.waitForSelector('.changes li');
        const text = await page.textContent('.changes li');
        for (const piece of ['after 20 trials', 'lr.high', '10', 'the <i>best</i> is at the edge'])
            holds(text.includes(piece), `it says "${piece}" (${text})`);
    },

    'a server for looking only offers nothing to change, and says so': async (place) => {
        place.pipe(studyOf('bowl', 3));
        await place.serve(0, '--read-only');
        const page = await place.open('#/bowl/overview', { token: false });
        await page.waitForSelector('.badge:has-text("read only")');
        equal(await page.$$('header button:has-text("Pause")').then((found) => found.length), 0);
        await page.keyboard.press('p');
        await page.waitForSelector('.notice.shown.bad:has-text("--read-only")');
        equal(JSON.parse(place.caviar('studies', '--json'))[0].control, 'run');
    },

    'pictures can be taken along': async (place) => {
        place.pipe(studyOf('bowl', 30));
        await place.serve();
        const page = await place.open('#/bowl/overview');
        await until('it is drawn', async () => (await inked(page, '.canvas canvas')) > 500);
        for (const [kind, begins] of [
            ['SVG', '<svg'],
            ['PNG', '\x89PNG'],
        ]) {
            const [download] = await Promise.all([
                page.waitForEvent('download'),
                page.click(`button[aria-label="Save History as ${kind}"]`),
            ]);
            const bytes = readFileSync(await download.path(), 'latin1');
            holds(bytes.startsWith(begins) && bytes.length > 1000, `${kind} has a picture`);
        }
    },

    'it fits a phone, in every view': async (place) => {
        place.pipe(studyOf('bowl', 30));
        place.pipe(studyOfMetrics('three', 30, four.slice(0, 3), traded));
        await place.serve();
        for (const view of ['', 'three/overview', ...views.map((each) => `bowl/${each}`)]) {
            const page = await place.open(`#/${view}`, { width: 360, height: 740, touch: true });
            await page.waitForTimeout(300);
            const over = await page.evaluate(
                () => document.documentElement.scrollWidth - innerWidth,
            );
            holds(over <= 0, `${view || 'the list'} is no wider than the screen (${over} more)`);
            await page.context().close();
        }
    },

    'it is light or dark, as the system or the person wants': async (place) => {
        place.pipe(studyOf('bowl', 3));
        await place.serve();
        const paper = (page) =>
            page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const page = await place.open('#/bowl/overview', { theme: 'dark' });
        const dark = await paper(page);
        await page.keyboard.press('t');
        const light = await paper(page);
        holds(light === 'rgb(255, 255, 255)' && dark !== light, 'both are there');
        equal(await paper(await place.open('#/bowl/overview', { theme: 'light' })), light);
    },

    'axe finds nothing serious, light and dark': async (place) => {
        place.pipe(studyOf('bowl', 30));
        place.pipe(studyOfMetrics('three', 30, four.slice(0, 3), traded));
        await place.serve();
        for (const theme of ['light', 'dark'])
            for (const view of ['', 'three/overview', ...views.map((each) => `bowl/${each}`)]) {
                const page = await place.open(`#/${view}`, { theme });
                await page.waitForTimeout(400);
                await page.evaluate(axeSource);
                const found = await page.evaluate(() => window.axe.run());
                const grave = found.violations.filter(
                    (each) => each.impact === 'serious' || each.impact === 'critical',
                );
                equal(
                    grave.map((each) => [each.id, each.nodes.slice(0, 3).map((node) => node.html)]),
                    [],
                    `${view} ${theme}:`,
                );
                await page.context().close();
            }
    },

    'where runs come out different the best is not the luckiest one': async (place) => {
        place.pipe(
            studyOf('noisy', 0, { space: { x: { type: 'float', low: 0, high: 1 } } }),
        );
        for (const [x, losses] of [
            [0.1, [0.9, 0.8, 0.7]],
            [0.4, [0.1, 0.8, 0.9]], // the luckiest one
            [0.7, [0.3, 0.2, 0.25]],
            [0.9, [0.5, 0.6, 0.4]],
        ])
            for (const loss of losses) place.caviar('add', `x=${x}`, '--value', loss);
        await place.serve();
        const said = JSON.parse(place.caviar('best', '--json'));
        const page = await place.open('#/noisy/overview');
        await page.waitForSelector('.note:has-text("was a lucky draw")');
        const best = await factOf(page, 'best loss');
        holds(best.endsWith(`trial ${said.trial.id}, expected`), `${best} is what the verb says`);
        await page.click('.note button');
        await page.waitForSelector(`h1:has-text("Trial ${said.standing.luckiest}")`);
        holds(said.standing.luckiest !== said.trial.id, 'they are two');
    },

    'another filter is seen in each picture': async (place) => {
        place.pipe(studyOf('bowl', 60));
        await place.serve();
        const page = await place.open('#/bowl/parameters?q=lr<0.5');
        const pictures = () =>
            page.$$eval('.slices .plot, .ranks .plot', (plots) =>
                plots.map((plot) => plot.querySelector('canvas').toDataURL()),
            );
        await until('all are drawn', async () => {
            const first = await pictures();
            await page.waitForTimeout(300);
            return first.length === 6 && first.join() === (await pictures()).join();
        });
        const before = await pictures();
        await page.fill('#filter', 'lr<0.01');
        await until('all are others', async () =>
            (await pictures()).every((picture, i) => picture !== before[i]),
        );
    },

    'how good the trials are is shown, also beside another study': async (place) => {
        place.pipe(studyOf('first', 60));
        place.pipe(studyOf('second', 20, { seed: 9 }));
        await place.serve();
        const page = await place.open('#/first/overview?with=second');
        const plot = '.plot:has(h2:text-is("Distribution"))';
        await until('it is drawn', async () =>
            (await page.getAttribute(`${plot} .canvas`, 'aria-label')).includes('of 54 complete'),
        );
        await until('it is compared', async () => {
            await page.focus(`${plot} .canvas`);
            await page.keyboard.press('Escape');
            await page.keyboard.press('ArrowRight');
            return /^2 % up to loss [\d.]+, second: \d+ %, Trial/.test(
                await page.textContent(`${plot} .unseen`),
            );
        });
    },

    'of several metrics one is looked at, in every picture, and the link keeps which': async (
        place,
    ) => {
        place.pipe(studyOfMetrics('two', 40, four.slice(0, 2), traded));
        await place.serve();
        const best = JSON.parse(place.caviar('best', '--metric', 'gain', '--json')).trial;
        const page = await place.open('#/two/overview');
        await page.waitForSelector('.facts dt:has-text("best loss")');
        const measured = page.waitForRequest('**/importance?metric=1');
        await page.selectOption('.metric select', { label: 'gain' });
        await measured;
        const said = `${best.values.gain}trial ${best.id}`;
        await until('the best is the greatest', async () => (await factOf(page, 'best gain')) === said);
        const history = `gain of 40 trials; the best, ${best.values.gain}, is of trial ${best.id}`;
        await until('so is the history', async () => (await labelOf(page, 'History')) === history);
        await until('it is distributed', async () =>
            (await labelOf(page, 'Distribution')).includes('of gain'),
        );
        await page.waitForSelector(`section:has(h2:has-text("Best in gain")):has-text("trial ${best.id}")`);
        holds(page.url().endsWith('#/two/overview?metric=gain'), 'the link names it');

        const modelled = ['effects', 'contour'].map((what) =>
            page.waitForRequest((request) =>
                new RegExp(`/${what}\\?.*metric=1`).test(request.url()),
            ),
        );
        await page.click('nav a:has-text("parameters")');
        await Promise.all(modelled);
        await until('a slice is of it', async () =>
            (await labelOf(page, 'lr')).startsWith('gain by lr'),
        );
        await page.focus('.ranks .canvas');
        await until('the ranks are by it', async () => {
            await page.keyboard.press('ArrowRight');
            return (await page.textContent('.ranks .unseen')).startsWith(
                `Rank 1 of 40, Trial ${best.id} `,
            );
        });
        await page.keyboard.press('2');
        await until('the curves are of it', async () =>
            (await labelOf(page, 'Learning curves')).endsWith('40 trials: gain by step'),
        );
        await page.keyboard.press('5');
        await page.waitForSelector('h2:has-text("Timeline")');
        equal(await page.$$('.metric').then((found) => found.length), 0); // nothing to choose here

        const again = await place.open('#/two/overview?metric=gain');
        await until('the link says it', async () => (await factOf(again, 'best gain')) === said);
        await again.click('.facts button');
        await again.waitForSelector(`h1:has-text("Trial ${best.id}")`);
        holds((await labelOf(again, 'Learning curve')).startsWith('gain over'), 'so does a trial');
        await again.goBack();
        await again.waitForSelector('.facts dt:has-text("best gain")'); // no longer the trial's page
        await again.keyboard.press('m');
        await again.waitForSelector('.facts dt:has-text("best loss")');
        holds(again.url().endsWith('#/two/overview'), 'the first one needs no name');
    },

    'a study is compared in the metric that is looked at': async (place) => {
        place.pipe(studyOfMetrics('two', 12, four.slice(0, 2), traded));
        place.pipe(studyOfMetrics('gains', 12, [four[1]], (id) => 40 + id));
        place.pipe(studyOf('bowl', 12));
        await place.serve();
        const page = await place.open('#/two/overview?metric=gain');
        const choice = 'select[aria-label="Compare with another study"]';
        const offered = () => page.$$eval(`${choice} option`, (all) => all.map((each) => each.text));
        await page.waitForSelector(choice);
        equal(await offered(), ['compare …', 'gains']);
        await page.selectOption(choice, 'gains');
        await until('it is beside it', async () => {
            await page.focus('.plot:has(h2:text-is("Distribution")) .canvas');
            await page.keyboard.press('ArrowRight');
            return (
                await page.textContent('.plot:has(h2:text-is("Distribution")) .unseen')
            ).includes('gains: 0 %');
        });
        await page.selectOption('.metric select', { label: 'loss' });
        await until('another one is offered', async () => (await offered()).join() === 'compare …,bowl');
    },

    'three metrics are drawn in pairs, and one picture marks a trial in all': async (place) => {
        place.pipe(studyOfMetrics('three', 60, four.slice(0, 3), traded));
        await place.serve();
        const { front } = JSON.parse(place.caviar('best', '--json'));
        const page = await place.open('#/three/overview');
        const titles = ['loss and gain', 'loss and seconds', 'gain and seconds'];
        for (const [i, third] of ['seconds', 'gain', 'loss'].entries())
            await until('all are there', async () =>
                (await labelOf(page, titles[i])).endsWith(
                    `: ${front.length} of 60 trials are beaten by none in all 3 metrics; ` +
                        `the fuller, the better in ${third}`,
                ),
            );
        const marks = () =>
            Promise.all(
                titles.map((_, i) =>
                    inked(page, `.panels .plot:nth-child(${i + 1}) canvas:last-of-type`),
                ),
            );
        await until('nothing is marked', async () => (await marks()).every((ink) => ink === 0));
        const plot = `.plot:has(h2:text-is("${titles[1]}"))`;
        await until('a trial of the front is said', async () => {
            await page.focus(`${plot} .canvas`);
            await page.keyboard.press('ArrowRight');
            return /^Trial \d+ · complete, beaten by none, loss/.test(
                await page.textContent(`${plot} .unseen`),
            );
        });
        await until('all mark it', async () => (await marks()).every((ink) => ink > 30));
        await page.keyboard.press('Escape');
        await until('none marks it', async () => (await marks()).every((ink) => ink === 0));

        const byGain = front.sort((a, b) => b.values.gain - a.values.gain || a.id - b.id);
        await page.selectOption('.metric select', { label: 'gain' });
        const first = '.fronts tbody tr:first-child';
        await until('the best of it is first', async () =>
            (await page.textContent(`${first} th`)) === String(byGain[0].id),
        );
        await page.hover(first);
        await until('its row marks it', async () => (await marks()).every((ink) => ink > 30));
        await page.click(`${first} button`);
        await page.waitForSelector(`h1:has-text("Trial ${byGain[0].id}")`);
    },

    'more metrics are drawn over the one that is looked at': async (place) => {
        place.pipe(studyOfMetrics('four', 20, four, traded));
        await place.serve();
        const page = await place.open('#/four/overview?metric=memory');
        const titles = () => page.$$eval('.panels h2', (all) => all.map((each) => each.textContent));
        await page.waitForSelector('.panels h2');
        equal(await titles(), ['memory and loss', 'memory and gain', 'memory and seconds']);
        await page.selectOption('.metric select', { label: 'loss' });
        await until('they change', async () =>
            (await titles()).join() === 'loss and gain,loss and seconds,loss and memory',
        );
    },

    'the exported page has every metric, and its link says which is looked at': async (place) => {
        place.pipe(studyOfMetrics('three', 30, four.slice(0, 3), traded));
        place.caviar('export', '--html', '-o', 'three.html');
        const context = await place.browser.newContext({ javaScriptEnabled: false });
        const page = await context.newPage();
        const history = () => page.locator('svg[aria-label^="value of each trial"]:visible');
        await page.goto(`file://${place.folder}/three.html`);
        equal(await history().locator('.title').allTextContents(), ['trial', 'loss']);
        await page.click('.metrics a:visible:has-text("gain")');
        equal(await history().locator('.title').allTextContents(), ['trial', 'gain']);
        equal(await page.locator('.metrics b:visible').allTextContents(), ['gain']);
        await page.goto('about:blank');
        await page.goto(`file://${place.folder}/three.html#by-seconds`);
        equal(await history().locator('.title').allTextContents(), ['trial', 'seconds']);
        await context.close();
    },

    'studies are compared in one picture': async (place) => {
        place.pipe(studyOf('first', 12));
        place.pipe(studyOf('second', 12, { seed: 9 }));
        await place.serve();
        const page = await place.open('#/first/overview');
        await page.selectOption('select[aria-label="Compare with another study"]', 'second');
        await until('the link has it', () => page.url().includes('with=second'));
        await page.waitForSelector('option:has-text("✓ second")', { state: 'attached' });
    },
};

await main(tests);
