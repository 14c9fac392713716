/** Doing something: with the token, with a word on what came of it, and a question where work is lost. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, hasToken, post, type Root, setToken } from './api';

interface Notice {
    text: string;
    isBad: boolean;
}

let notice: Notice | null = null;
let question: { text: string; answer: (yes: boolean) => void } | null = null;
let tokenAsked: ((given: boolean) => void) | null = null;
let asking: Promise<boolean> | null = null;
let timer = 0;
const listeners = new Set<() => void>();
const changed = () => listeners.forEach((listener) => listener());

export function say(text: string, isBad = false): void {
    notice = { text, isBad };
    clearTimeout(timer);
    timer = window.setTimeout(
        () => {
            notice = null;
            changed();
        },
        isBad ? 9000 : 5000,
    );
    changed();
}

export function confirm(text: string): Promise<boolean> {
    return new Promise((resolve) => {
        question = {
            text,
            answer: (yes) => {
                question = null;
                changed();
                resolve(yes);
            },
        };
        changed();
    });
}

/** Asks for the token, once for all who want it meanwhile; false: not now. */
export function askToken(): Promise<boolean> {
    asking ??= new Promise((resolve) => {
        tokenAsked = (given) => {
            tokenAsked = asking = null;
            changed();
            resolve(given);
        };
        changed();
    });
    return asking;
}

let isForLooking = false;

/** True where the server was started to be looked at only; asked anew with each connection. */
export function useReadOnly(isLive: boolean): boolean {
    const [is, setIs] = useState(isForLooking);
    useEffect(() => {
        const abort = new AbortController();
        get<Root>('', abort.signal)
            .then((root) => setIs((isForLooking = root.read_only)))
            .catch(() => undefined); // it is asked again, or for the token
        return () => abort.abort();
    }, [isLive]);
    return is;
}

/** Sends a change; says what came of it. Null: it was not done. */
export async function act<T>(
    path: string,
    body: unknown,
    done: (answer: T) => string,
): Promise<T | null> {
    if (isForLooking) {
        say('This server is for looking only (--read-only): it changes nothing.', true);
        return null;
    }
    if (!hasToken() && !(await askToken())) return null;
    try {
        const answer = await post<T>(path, body);
        say(done(answer));
        return answer;
    } catch (reason) {
        const error = reason as ApiError;
        if (error.status === 401) {
            setToken(null);
            if (await askToken()) return act(path, body, done);
            return null;
        }
        say(error.message, true);
        return null;
    }
}

/** Notices, questions and the token's entry, above everything else. */
export function Messages() {
    const [, setCount] = useState(0);
    useEffect(() => {
        const listener = () => setCount((count) => count + 1);
        listeners.add(listener);
        return () => {
            listeners.delete(listener);
        };
    }, []);
    return (
        <>
            <div
                class={`notice ${notice ? 'shown' : ''} ${notice?.isBad ? 'bad' : ''}`}
                role="status"
            >
                {notice?.text}
            </div>
            {question && <Question text={question.text} answer={question.answer} />}
            {tokenAsked && <TokenEntry done={tokenAsked} />}
        </>
    );
}

function Dialog(props: { label: string; cancel: () => void; children: preact.ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => dialog.current!.showModal(), []);
    return (
        <dialog
            ref={dialog}
            aria-label={props.label}
            onCancel={(event) => {
                event.preventDefault();
                props.cancel();
            }}
        >
            {props.children}
        </dialog>
    );
}

function Question({ text, answer }: { text: string; answer: (yes: boolean) => void }) {
    return (
        <Dialog label={text} cancel={() => answer(false)}>
            <p>{text}</p>
            <div class="row end">
                <button onClick={() => answer(false)}>Leave it</button>
                <button class="strong" onClick={() => answer(true)}>
                    Do it
                </button>
            </div>
        </Dialog>
    );
}

function TokenEntry({ done }: { done: (given: boolean) => void }) {
    const field = useRef<HTMLInputElement>(null);
    const send = (event: Event) => {
        event.preventDefault();
        if (!field.current!.value.trim()) return;
        setToken(field.current!.value);
        done(true);
    };
    return (
        <Dialog label="The token" cancel={() => done(false)}>
            <form onSubmit={send}>
                <h2>The token, please</h2>
                <p>
                    Changes need it. <code>caviar serve</code> prints it when it starts, and keeps
                    it in <code>~/.local/state/caviar/token</code>.
                </p>
                <input
                    ref={field}
                    type="password"
                    autocomplete="off"
                    aria-label="Token"
                    autofocus
                />
                <div class="row end">
                    <button type="button" onClick={() => done(false)}>
                        Not now
                    </button>
                    <button class="strong">Use it</button>
                </div>
            </form>
        </Dialog>
    );
}
