// The couch's own HTTP interface, by the console's cookie.

/** An answer that says no. A status of 0: there was no answer. */
export class Refused extends Error {
    constructor(status, sentence, detail) {
        super(sentence);
        this.status = status;
        this.detail = detail;
    }
}

let ahead = 0;
let onSignedOut = () => { };

/** Now, by the couch's clock: the browser's may be wrong, and time left is counted by the couch. */
export const now = () => Date.now() + ahead;

export const whenSignedOut = handler => { onSignedOut = handler; };

// No answer is waited for on purpose; a stream is opened in another way.
const longest = 60_000;

// The couch takes a request by the cookie only with this: no other site's page can send it.
const own = { 'Couch-Console': '1' };

export async function call(method, path, body, { headers, signal, isQuiet } = {}) {
    let response;
    let text;
    const limit = AbortSignal.timeout(longest);
    try {
        response = await fetch(path, {
            method,
            headers: { ...own, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
            body: body === undefined ? undefined : JSON.stringify(body),
            cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
            signal: signal ? AbortSignal.any([signal, limit]) : limit,
        });
        readClock(response);
        text = await response.text();
    } catch (failure) {
        if (failure.name === 'AbortError')
            throw failure;
        throw new Refused(0, 'the couch does not answer', 'The connection is gone, or the couch is down.');
    }
    return response.ok ? read(text) : refuse(response, text, isQuiet);
}

/** Opens a stream; the answer is read by its caller. */
export async function open(path, headers, signal, request) {
    const response = await fetch(path, {
        headers: { ...own, Accept: 'text/event-stream', ...headers }, cache: 'no-store', redirect: 'error', signal, ...request,
    });
    readClock(response);
    return response.ok ? response : refuse(response, await response.text());
}

/** The same request again until there is an answer: only for what may be asked twice. */
export async function insist(ask) {
    for (const pause of [500, 1000, 2000, 4000]) {
        try {
            return await ask();
        } catch (refused) {
            if (!(refused instanceof Refused) || (refused.status !== 0 && refused.status !== 503))
                throw refused;
            await new Promise(done => setTimeout(done, pause));
        }
    }
    return ask();
}

/** Ends one guest. */
export const kill = id => end(`/couch/guests/${encodeURIComponent(id)}`);

/** Ends one invite. */
export const revoke = id => end(`/couch/invites/${encodeURIComponent(id)}`);

/** The key makes a repetition after a lost answer give the first one's. */
function end(path) {
    const headers = { 'Idempotency-Key': random() };
    return insist(() => call('DELETE', path, undefined, { headers }));
}

/** Whether a page of events that was asked for with order=desc is so: a node of the version before lists the oldest first. */
export const isNewestFirst = page => page.events.length < 2 || page.events[0].id > page.events[1].id;

/** A page of events, newest first; a refusal where the node that answered is too old to read the log from its end. */
export async function newestFirst(path) {
    const page = await call('GET', path);
    if (!isNewestFirst(page))
        throw new Refused(0, 'the node that answered is of an older version, and reads the log from its beginning alone');
    return page;
}

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');

/** The pages of a list, each as it comes. The first one may be short, so that something is seen soon. */
export async function* pages(path, most = Infinity, signal, first = 1000) {
    const url = new URL(path, location.origin);
    url.searchParams.set('limit', String(first));
    for (let page = 0; page < most; page++) {
        const answer = await call('GET', url.pathname + url.search, undefined, { signal });
        yield answer;
        if (!answer.nextCursor)
            return;
        url.searchParams.set('cursor', answer.nextCursor);
        url.searchParams.set('limit', '1000');
    }
}

/** What a refusal says, in one sentence; another failure is a fault of this page. */
export function sentence(failure) {
    if (!(failure instanceof Refused))
        console.error(failure);
    return failure instanceof Refused
        ? failure.message + (failure.detail && failure.detail !== failure.message ? `. ${failure.detail}` : '')
        : `The console has failed: ${failure.message}`;
}

function refuse(response, text, isQuiet) {
    const problem = read(text);
    const refused = new Refused(response.status, problem?.error ?? response.statusText, problem?.detail);
    if (response.status === 401 && !isQuiet)
        onSignedOut(refused);
    throw refused;
}

function read(text) {
    try {
        return text ? JSON.parse(text) : null;
    } catch {
        return null;
    }
}

function readClock(response) {
    const date = Date.parse(response.headers.get('Date') ?? '');
    // The header tells whole seconds: half of one is its middle. A browser that is right to a second is left alone.
    const difference = date + 500 - Date.now();
    if (!Number.isNaN(difference))
        ahead = Math.abs(difference) < 1500 ? 0 : difference;
}
