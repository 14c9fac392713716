/**
 * support.mjs: what the browser tests share: the programs, a browser, TAP.
 *
 * CAVIAR and CAVIAR_TRAIN name the programs; CAVIAR_WEB_PACKAGES is where npm's packages are. The
 * browser is Debian's Chromium; it may speak to this machine only.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(join(process.env.CAVIAR_WEB_PACKAGES, 'x.js'));
const { chromium } = require('playwright-core');
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const patience = process.env.CAVIAR_TEST_VALGRIND ? 300000 : 60000;
const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-component-update',
    '--disable-background-networking',
    '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/** A folder with a store, the programs, and a page. */
export class Place {
    constructor(browser) {
        this.browser = browser;
        this.folder = mkdtempSync(join(tmpdir(), 'caviar-browser-'));
        this.store = join(this.folder, 'caviar.db');
        this.started = [];
        this.complaints = []; // of pages: errors, requests to elsewhere
        this.environment = {
            ...process.env,
            CAVIAR_STORE: this.store,
            PATH: `${dirname(process.env.CAVIAR)}:${dirname(process.env.CAVIAR_TRAIN)}:${process.env.PATH}`,
        };
    }

    write(name, text) {
        writeFileSync(join(this.folder, name), text);
    }

    caviar(...words) {
        return execFileSync(process.env.CAVIAR, words.map(String), {
            cwd: this.folder,
            env: this.environment,
            encoding: 'utf8',
            timeout: patience,
            stdio: ['ignore', 'pipe', 'pipe'],
        });
    }

    /** Speaks to `caviar pipe`, an object a line. */
    pipe(lines) {
        const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
        const answers = execFileSync(process.env.CAVIAR, ['pipe', '--store', this.store], {
            cwd: this.folder,
            env: this.environment,
            input,
            encoding: 'utf8',
            timeout: patience,
            maxBuffer: 1 << 28,
        });
        return answers
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
    }

    start(...words) {
        const child = spawn(process.env.CAVIAR, words.map(String), {
            cwd: this.folder,
            env: this.environment,
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        child.ended = new Promise((resolve) => child.on('exit', resolve));
        this.started.push(child);
        return child;
    }

    /** Starts a server; sets `url` and `token`. */
    async serve(port = 0, ...words) {
        const server = this.start(
            'serve',
            '--port',
            port,
            '--json',
            '--token-file',
            join(this.folder, 'token'),
            ...words,
        );
        let text = '';
        await new Promise((resolve) =>
            server.stdout.on('data', (piece) => {
                text += piece;
                if (text.includes('\n')) resolve();
            }),
        );
        Object.assign(this, JSON.parse(text));
        return server;
    }

    async end(child) {
        child.kill('SIGTERM');
        await child.ended;
    }

    /** Opens a page at an address behind the server's; with the token unless told otherwise. */
    async open(
        hash,
        {
            width = 1280,
            height = 900,
            theme = 'light',
            token = true,
            touch = false,
            waits = true,
        } = {},
    ) {
        const context = await this.browser.newContext({
            viewport: { width, height },
            colorScheme: theme,
            hasTouch: touch,
            acceptDownloads: true,
        });
        const page = await context.newPage();
        page.setDefaultTimeout(patience);
        page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
        page.on('dialog', (dialog) => {
            this.complaints.push(`dialog: ${dialog.message()}`);
            void dialog.dismiss();
        });
        page.on('console', (message) => {
            if (
                message.type() === 'error' &&
                !/status of (400|401|404|409)|ERR_CONNECTION|ERR_INCOMPLETE/.test(message.text())
            )
                this.complaints.push(`console: ${message.text()}`);
        });
        page.on('request', (request) => {
            if (!request.url().startsWith(this.url) && !/^(data|blob):/.test(request.url()))
                this.complaints.push(`asked ${request.url()}`);
        });
        if (token)
            await page.addInitScript(
                (given) => localStorage.setItem('caviar.token', given),
                this.token,
            );
        await page.goto(this.url + hash);
        if (waits) await page.waitForSelector('main');
        return page;
    }

    async close() {
        for (const context of this.browser.contexts()) await context.close();
        for (const child of this.started)
            if (child.exitCode === null && child.signalCode === null) await this.end(child);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

export const space = {
    x: { type: 'float', low: -2, high: 2 },
    lr: { type: 'float', scale: 'log', low: 1e-4, high: 1 },
    momentum: { type: 'float', scale: 'reverse-log', low: 0.9, high: 0.999 },
    layers: { type: 'int', low: 1, high: 4 },
    act: { type: 'categorical', choices: ['relu', '<img src=x onerror=alert(1)>'] },
};

/** The words for `caviar pipe` that make a study with so many trials that are complete. */
export function studyOf(name, trials, more = {}) {
    const lines = [
        {
            cmd: 'init',
            study: name,
            seed: 3,
            space,
            metric: { name: 'loss', direction: 'minimize' },
            budget: { trials: trials + 50 },
            sampler: 'random',
            scheduler: 'none',
            durability: 'normal',
            steps: { min: 1, max: 3 },
            ...more,
        },
    ];
    for (let id = 0; id < trials; id++) {
        lines.push({ cmd: 'ask' });
        for (let step = 1; step <= 3; step++)
            lines.push({ cmd: 'report', id, step, value: 1 + ((id * 37) % 101) / 100 + 1 / step });
        lines.push(
            id % 10 === 9
                ? { cmd: 'tell', id, state: 'failed', reason: 'exit' }
                : { cmd: 'tell', id, value: 1 + ((id * 37) % 101) / 100 },
        );
    }
    return lines;
}

/**
 * The same of several metrics: of the trial `id` in the place `m` the value is that of `valueOf(id, m)`,
 * reached in three steps.
 */
export function studyOfMetrics(name, trials, metrics, valueOf) {
    const lines = [
        { ...studyOf(name, 0)[0], metrics, budget: { trials: trials + 50 } },
        ...Array.from({ length: trials }, (_, id) => [
            { cmd: 'ask' },
            ...[3, 2, 1].map((left) => ({
                cmd: 'report',
                id,
                step: 4 - left,
                values: metrics.map((_, m) => valueOf(id, m) * left),
            })),
            { cmd: 'tell', id, values: metrics.map((_, m) => valueOf(id, m)) },
        ]).flat(),
    ];
    delete lines[0].metric;
    return lines;
}

export function equal(found, expected, what = '') {
    const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${what} ${a}, where ${b} was expected`);
}

export function holds(condition, what) {
    if (!condition) throw new Error(`it does not hold that ${what}`);
}

/** Waits until a function answers something true. */
export async function until(what, condition) {
    const end = Date.now() + patience;
    for (;;) {
        const answer = await condition();
        if (answer) return answer;
        if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

export const launch = () => chromium.launch({ executablePath: executable, args: flags });

/** Runs tests, {name: async (place) => …}, each in a place of its own; those of the arguments only. */
export async function main(tests) {
    if (!executable) return console.log('1..0 # SKIP there is no chromium');
    const chosen = Object.entries(tests).filter(
        ([name]) =>
            process.argv.length < 3 || process.argv.slice(2).some((piece) => name.includes(piece)),
    );
    console.log(`1..${chosen.length}`);
    const browser = await launch();
    let number = 0;
    for (const [name, test] of chosen) {
        const place = new Place(browser);
        number++;
        try {
            await test(place);
            equal(place.complaints, [], 'the page complained:');
            console.log(`ok ${number} - ${name}`);
        } catch (fault) {
            process.exitCode = 1;
            console.log(`not ok ${number} - ${name}`);
            for (const line of String(fault.stack).split('\n')) console.log(`# ${line}`);
        }
        await place.close();
    }
    await browser.close();
}
