// How many guests stayed in the last hours, and who came and went, worked out from the log.
import { newestFirst, now } from './api.js';

const most = 20_000;
/** How much of the log is kept. */
const longest = 24 * 3_600_000;
const types = ['couch.invite.redeemed', 'couch.guest.activated', 'couch.guest.killed', 'couch.guest.expired', 'couch.guest.stopped'];

/** What an event of the end makes of a guest. */
export const ends = { 'couch.guest.killed': 'revoked', 'couch.guest.expired': 'expired', 'couch.guest.stopped': 'stopped' };

/** What the charts need of an event; null: nothing. A guest has a VM's id from the moment at which it runs. */
const stepOf = event => !types.includes(event.type) ? null
    : { id: event.id, at: Date.parse(event.timestamp), type: event.type, ran: Boolean(event.payload.vmId) };

/** The changes of the last hours, oldest first: as many as are kept, and since when they are all of them. */
export class Past {
    steps = [];
    since = 0;
    isWhole = true;

    /** Reads the log back from its end. */
    async read(isOld) {
        const since = now() - longest;
        const query = `/couch/events?order=desc&limit=1000&type=${types}&since=${new Date(since).toISOString()}`;
        const found = [];
        let before = null;
        do {
            const page = await newestFirst(query + (before === null ? '' : `&before_id=${before}`));
            if (isOld())
                return;
            found.push(...page.events.map(stepOf));
            before = page.nextCursor;
        } while (before !== null && found.length < most);
        const newest = found[0]?.id ?? 0;
        this.isWhole = before === null;
        this.steps = [...found.reverse(), ...this.steps.filter(step => step.id > newest)];
        this.since = this.isWhole ? since : this.steps[0].at;
    }

    /** Takes what happens now; lets go of what is too old or too much. */
    take(events) {
        const newest = this.steps.at(-1)?.id ?? 0;
        this.steps.push(...events.map(stepOf).filter(step => step !== null && step.id > newest));
        const oldest = now() - longest;
        // They are in the order of the log: by the clocks of several nodes, which are nearly that of their times.
        const kept = this.steps.findIndex(step => step.at >= oldest);
        if (kept !== 0) {
            this.steps = kept < 0 ? [] : this.steps.slice(kept);
            this.since = Math.max(this.since, oldest);
        }
        if (this.steps.length <= most * 1.1)
            return;
        this.steps = this.steps.slice(-most);
        [this.since, this.isWhole] = [this.steps[0].at, false];
    }
}

/** How long a part may be, in milliseconds: times that a clock shows in whole. */
const lengths = [1, 2, 5, 10, 15, 30, 60, 2 * 60, 5 * 60, 10 * 60, 15 * 60, 30 * 60].map(seconds => seconds * 1000);
const mostParts = 60;

/** The shortest of them by which that much time has no more than sixty parts. */
export const lengthOf = time => lengths.find(length => time / length <= mostParts) ?? lengths.at(-1);

/**
 * The time until now in parts that begin and end when a clock shows a multiple of their length; the first and the last one may be
 * shorter.
 */
export class Parts {
    all = [];
    #first;
    #length;
    #from;
    // The clock is that of whoever looks, and not all zones are whole hours apart.
    #number = at => Math.floor((at - new Date(this.#from).getTimezoneOffset() * 60_000) / this.#length);

    constructor(from, until, length) {
        [this.#from, this.#length] = [from, length];
        this.#first = this.#number(from);
        const start = from - (from - new Date(from).getTimezoneOffset() * 60_000) % length;
        for (let at = start; at < until || this.all.length === 0; at += length)
            this.all.push({ from: Math.max(at, from), until: Math.min(at + length, until) });
    }

    /** The part in which this moment is; undefined: none. */
    at(moment) {
        return moment < this.#from ? undefined : this.all[Math.min(this.all.length - 1, this.#number(moment) - this.#first)];
    }
}

/**
 * The parts, each with who arrived and how guests ended in it, how many were running and provisioning at its end, and how many at most
 * were both together. These are counted back from a moment at which they are known.
 * @param base { running, provisioning, after: the id of an event that is counted in them, as are all before it }, or null where they are
 * not known
 */
export function parts(steps, { from, until, length, base }) {
    const times = new Parts(from, until, length);
    const found = times.all;
    for (const part of found)
        Object.assign(part, { arrived: 0, stopped: 0, expired: 0, revoked: 0, running: null, provisioning: null, most: null });
    for (const step of steps) {
        const part = times.at(step.at);
        if (!part || step.at > until)
            continue;
        if (step.type === 'couch.invite.redeemed')
            part.arrived++;
        else if (step.type in ends)
            part[ends[step.type]]++;
    }
    if (base) {
        // Forward to now what has happened since they were counted, then back from now.
        const level = { running: base.running, provisioning: base.provisioning };
        const sorted = [...steps].sort((one, other) => one.at - other.at || one.id - other.id);
        sorted.filter(step => step.id > base.after).forEach(step => change(level, step, 1));
        let next = sorted.length - 1;
        const together = () => Math.max(0, level.running) + Math.max(0, level.provisioning);
        for (const part of found.toReversed()) {
            [part.running, part.provisioning, part.most] = [Math.max(0, level.running), Math.max(0, level.provisioning), together()];
            while (next >= 0 && sorted[next].at >= part.from) {
                change(level, sorted[next--], -1);
                part.most = Math.max(part.most, together());
            }
        }
    }
    return found;
}

function change(level, step, by) {
    if (step.type === 'couch.invite.redeemed') {
        level.provisioning += by;
    } else if (step.type === 'couch.guest.activated') {
        level.running += by;
        level.provisioning -= by;
    } else {
        level[step.ran ? 'running' : 'provisioning'] -= by;
    }
}
