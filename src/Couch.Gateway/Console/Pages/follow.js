// The log of events, followed for as long as the page is open. A stream that ends, breaks or falls silent is opened again after the last
// event that came, on whichever node: nothing is missed and nothing comes twice.
import { open, Refused } from './api.js';

// The couch says something every 15 seconds.
const longestSilence = 40_000;
const longestPause = 15_000;

const final = [400, 401, 403];

export class Follower {
    #since;
    #onEvents;
    #onState;
    #abort = new AbortController();
    #one = null;
    #isPaused = false;
    #wake = () => { };

    /**
     * @param since the id of the last event that the page has
     * @param onEvents takes events in their order, as many as came at once
     * @param onState takes 'open', 'gone', 'paused' or 'refused', with the refusal
     */
    constructor(since, onEvents, onState) {
        this.#since = since;
        this.#onEvents = onEvents;
        this.#onState = onState;
        addEventListener('online', () => this.#wake(), { signal: this.#abort.signal });
    }

    /** Follows until it is stopped or refused; after a refusal it may be started again. */
    async start() {
        let pause = 250;
        while (!this.#abort.signal.aborted) {
            try {
                await this.#read(() => { pause = 250; });
            } catch (failure) {
                if (this.#abort.signal.aborted)
                    return;
                // Who may not, may not the next time. Anything else may be a proxy's word while the couch is started anew.
                if (failure instanceof Refused && final.includes(failure.status))
                    return this.#onState('refused', failure);
            }
            if (this.#abort.signal.aborted)
                return;
            if (!this.#isPaused) {
                this.#onState('gone');
                await this.#sleep(pause * (0.75 + Math.random() / 2));
                pause = Math.min(pause * 2, longestPause);
            }
            while (this.#isPaused && !this.#abort.signal.aborted) {
                this.#onState('paused');
                await this.#sleep();
                pause = 250;
            }
        }
    }

    /** Until it is woken, and no longer than that many milliseconds. */
    #sleep(most) {
        return new Promise(done => {
            this.#wake = done;
            if (most !== undefined)
                setTimeout(done, most);
        });
    }

    /** Lets go of the connection until it is resumed: a browser has only six for all tabs of a couch that speaks HTTP/1.1. */
    pause() {
        this.#isPaused = true;
        this.#one?.abort();
        this.#wake();
    }

    resume() {
        if (!this.#isPaused)
            return;
        this.#isPaused = false;
        this.#wake();
    }

    /** Tries again now instead of after the pause. */
    hurry() {
        this.#wake();
    }

    stop() {
        this.#abort.abort();
        this.#wake();
    }

    async #read(onOpen) {
        const one = this.#one = new AbortController();
        const end = () => one.abort();
        this.#abort.signal.addEventListener('abort', end);
        let silence = setTimeout(end, longestSilence);
        try {
            const response = await open('/couch/events/stream', { 'Last-Event-ID': String(this.#since) }, one.signal);
            const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
            let isOpen = false;
            let rest = '';
            while (true) {
                const { value, done } = await reader.read();
                if (done)
                    return;
                clearTimeout(silence);
                silence = setTimeout(end, longestSilence);
                if (!isOpen) {
                    // Only now: a proxy may have answered for a couch that says nothing.
                    isOpen = true;
                    onOpen();
                    this.#onState('open');
                }
                const lines = (rest + value).split('\n');
                rest = lines.pop();
                this.#take(lines);
            }
        } finally {
            clearTimeout(silence);
            this.#abort.signal.removeEventListener('abort', end);
            one.abort();
        }
    }

    /** Each record is one line of data. */
    #take(lines) {
        const events = lines.filter(line => line.startsWith('data:')).map(line => JSON.parse(line.slice(5)))
            .filter(event => event.id > this.#since);
        if (events.length === 0)
            return;
        this.#onEvents(events);
        this.#since = events.at(-1).id;
    }
}
