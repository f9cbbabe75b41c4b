// Who is in the house: every guest that stays, and the latest of those that have ended. Read once, then kept up by events. What is kept is
// bounded, so that the page can stay open for as long as somebody likes.
import { call, isNewestFirst, now, pages, Refused } from './api.js';
import { Follower } from './follow.js';

const mostStaying = 20_000;
const mostEndedOfEach = 2_000;
const mostEnded = 6_000;
const mostInvites = 20_000;
const mostEvents = 1_000;

// Of whom events tell: beyond it they are read as a list instead of one by one.
const mostReadOneByOne = 20;

/** How many running guests are read at once to see what they use. */
const mostRunning = 200;

/** How old what a guest in sight has used may become. Usage counters are no events. */
export const longestUnread = 60_000;

/** After so long a list is a better way to catch up than all that has happened. */
const longestGap = 10 * 60_000;

const isStaying = status => status === 'running' || status === 'provisioning';

class House extends EventTarget {
    guests = new Map();
    /** Of an invite: its label, and who made it. */
    invites = new Map();
    /** The latest events, oldest first. */
    events = [];
    summary = null;
    /** Why there is no summary; null: there is one, or it has not been asked for. */
    whyNoSummary = null;
    isWhole = true;
    /** Whether all lists were read once. */
    isLoaded = false;
    /** As of when all usage is, and as of when that of the rows in sight is; 0: it was not read yet. */
    usageAt = 0;
    sightAt = 0;
    /** When usage was last asked for, whether it was read or not. */
    triedAt = 0;
    /** 'off' (no right to follow), 'connecting', 'open', 'gone', 'paused' or 'refused'. */
    connection = 'connecting';
    goneSince = 0;
    #awaySince = 0;
    #scopes = [];
    #follower = null;
    #wanted = new Set();
    #wantedLater = new Set();
    #isReadingWanted = false;
    #generation = 0;
    #timers = new Map();
    /** The last event that was taken, and while guests are being read the last one of each of them. */
    #last = 0;
    #reading = 0;
    #shownAt = 0;
    #touched = new Map();

    can = scope => this.#scopes.includes(scope);

    /** Says who is signed in, before anything is read. */
    begin(scopes) {
        this.close();
        this.#scopes = scopes;
    }

    /** Reads and follows for whoever is signed in. */
    async open(scopes) {
        this.begin(scopes);
        const generation = ++this.#generation;
        // Before the lists: what happens while they are read is told by the stream afterwards.
        const newest = this.can('events') ? await this.#newest() : 0;
        if (generation !== this.#generation)
            return;
        this.#last = newest;
        if (this.can('events')) {
            this.#follower = new Follower(newest, events => this.#take(events), (state, why) => this.#connect(state, why));
            this.#set('connecting');
            this.#follower.start();
        } else {
            this.#set('off');
        }
        await this.load();
    }

    /** The id of the log's newest event; 0: there is none. */
    async #newest() {
        const page = await call('GET', '/couch/events?order=desc&limit=2');
        // To a node of the version before, which knows no order, the oldest come first: its count of the log knows the newest.
        return isNewestFirst(page) ? page.events[0]?.id ?? 0 : (await call('GET', '/couch/events/stats')).newestId ?? 0;
    }

    close() {
        this.#generation++;
        this.#follower?.stop();
        this.#follower = null;
        this.#timers.forEach(clearTimeout);
        this.#timers.clear();
        this.guests.clear();
        this.invites.clear();
        this.#wanted.clear();
        this.#wantedLater.clear();
        this.events = [];
        this.summary = null;
        this.whyNoSummary = null;
        [this.goneSince, this.#awaySince] = [0, 0];
        [this.usageAt, this.sightAt, this.triedAt] = [0, 0, 0];
        this.isLoaded = false;
    }

    hurry() {
        this.#follower?.hurry();
    }

    /** Follows again where that was given up, from the last event that came. */
    followAgain() {
        if (this.connection !== 'refused')
            return;
        this.#set('connecting');
        this.#follower?.start();
    }

    pause() {
        this.#follower?.pause();
    }

    resume() {
        this.#follower?.resume();
    }

    /** Reads everything anew. What is shown stays until its successor is there. */
    async load() {
        const generation = this.#generation;
        const isOld = () => generation !== this.#generation;
        this.summarize();
        if (!this.can('guests')) {
            this.isLoaded = true;
            return this.#changed();
        }
        await this.#whileReading(() => this.#readLists(isOld));
        if (!isOld())
            await this.#readInvites(isOld);
    }

    async #readLists(isOld) {
        const before = new Set(this.guests.keys());
        const found = new Set();
        let isWhole = true;
        // In the order in which a guest goes through them: one that moves on meanwhile is in the next list.
        for (const [status, most] of [['provisioning', mostStaying], ['running', mostStaying], ['stopped', mostEndedOfEach],
            ['revoked', mostEndedOfEach], ['expired', mostEndedOfEach]]) {
            let left = most;
            let since = this.#last;
            for await (const page of pages(`/couch/guests?status=${status}`, most / 1000 + 1, undefined, 100)) {
                if (isOld())
                    return;
                // Each page is shown as it comes, on top of what was there.
                for (const guest of page.guests) {
                    found.add(guest.id);
                    this.#put(guest, since);
                }
                since = this.#last;
                left -= page.count;
                isWhole &&= left > 0 || !page.nextCursor;
                this.#changed();
            }
        }
        // Of what happened to a guest meanwhile the lists may know nothing: it stays, and is read by itself.
        for (const id of this.#touched.keys()) {
            if (!found.has(id))
                this.#want(id);
        }
        for (const id of before) {
            if (!found.has(id) && !this.#touched.has(id))
                this.guests.delete(id);
        }
        [this.isWhole, this.isLoaded] = [isWhole, true];
        this.usageAt = this.sightAt = this.triedAt = now();
        this.#changed();
    }

    /**
     * Reads what running guests use: the latest of them with one request, and those of the given ones that are not among them.
     * @param ids of the running guests in sight: no more than a screen has
     */
    async freshen(ids) {
        // Counted from the attempt: where it fails, the next one is as far away.
        const began = this.triedAt = now();
        const generation = this.#generation;
        const isOld = () => generation !== this.#generation;
        try {
            await this.#whileReading(async () => {
                const since = this.#last;
                const page = await call('GET', `/couch/guests?status=running&limit=${mostRunning}`);
                if (isOld())
                    return;
                page.guests.forEach(guest => this.#put(guest, since));
                const found = new Set(page.guests.map(guest => guest.id));
                await this.#readEach(ids.filter(id => !found.has(id)), isOld);
                if (isOld())
                    return;
                this.sightAt = began;
                if (!page.nextCursor)
                    this.usageAt = began;
            });
        } catch (refused) {
            if (!(refused instanceof Refused))
                throw refused;
        }
        if (!isOld())
            this.#changed();
    }

    /** Asks for what is owed and for the counts. */
    async summarize() {
        if (!this.can('guests'))
            return;
        const generation = this.#generation;
        // What is counted has at least what these events tell. Nodes' clocks differ, so a time would not say which events it has.
        const countedAfter = this.#last;
        try {
            const summary = await call('GET', '/couch/summary');
            if (generation === this.#generation)
                [this.summary, this.whyNoSummary] = [{ ...summary, countedAfter }, null];
        } catch (refused) {
            if (!(refused instanceof Refused))
                throw refused;
            if (generation === this.#generation)
                [this.summary, this.whyNoSummary] = [null, refused.status === 404
                    ? 'This couch cannot say what is owed: GET /couch/summary answers 404.'
                    : `What is owed is not known: ${refused.message}.`];
        }
        this.#changed();
    }

    /** Counts by status of the guests that are here: all that stay, unless there are too many to hold. */
    count() {
        const counts = { running: 0, provisioning: 0, stopped: 0, expired: 0, revoked: 0 };
        for (const row of this.guests.values())
            counts[row.status]++;
        return counts;
    }

    /** What all staying guests may still spend together. */
    left() {
        const left = { tokens: 0, network: 0, guests: 0 };
        for (const row of this.guests.values()) {
            if (!isStaying(row.status))
                continue;
            left.guests++;
            left.tokens += Math.max(0, row.limits.maxTokenBudget - row.usage.tokensUsed);
            left.network += Math.max(0, row.limits.maxNetworkEgressGB - row.usage.networkEgressGB);
        }
        return left;
    }

    /** Keeps a guest as it was read just now. */
    keep(guest) {
        this.guests.set(guest.id, rowOf(guest));
        this.#changed();
    }

    /**
     * Takes a guest as an answer has it. An event may have come while the answer was under way: then nobody knows which of them is newer,
     * and it is read once more.
     * @param since the last event that had been taken when it was asked for
     */
    #put(guest, since) {
        this.guests.set(guest.id, rowOf(guest));
        if (this.#touched.get(guest.id) > since)
            this.#want(guest.id);
    }

    #want(id) {
        this.#wanted.add(id);
        this.#after('guests', 50, () => this.#readWanted());
    }

    /** Its VM goes on after the event of its end. */
    #wantTwice(id) {
        this.#want(id);
        this.#wantedLater.add(id);
        this.#after('later', 5_000, () => {
            this.#wantedLater.forEach(each => this.#want(each));
            this.#wantedLater.clear();
        });
    }

    async #whileReading(read) {
        this.#reading++;
        try {
            return await read();
        } finally {
            if (--this.#reading === 0)
                this.#touched.clear();
        }
    }

    #connect(state, why) {
        if (state === 'open' && this.#awaySince) {
            // What it fails with, it fails with again at the next opening.
            if (!this.isLoaded || now() - this.#awaySince > longestGap)
                this.load().catch(() => { });
            else
                this.summarize();
        }
        this.#awaySince = state === 'open' ? 0 : this.#awaySince || now();
        this.goneSince = state === 'gone' ? this.goneSince || now() : 0;
        this.#set(state, why);
    }

    #set(state, why) {
        this.connection = state;
        this.dispatchEvent(new CustomEvent('connection', { detail: why }));
    }

    #take(events) {
        for (const event of events)
            this.#apply(event);
        this.events.push(...events);
        if (this.events.length > mostEvents)
            this.events.splice(0, this.events.length - mostEvents);
        this.#prune();
        this.#changed();
        this.dispatchEvent(new CustomEvent('events', { detail: events }));
        this.#after('summary', 1_000, () => this.summarize());
        // A guest that is still without a VM then is owed one.
        if (events.some(event => event.type === 'couch.invite.redeemed'))
            this.#after('late', 62_000, () => this.summarize());
    }

    #apply(event) {
        const { guestId, inviteId, label } = event.payload;
        this.#last = event.id;
        if (guestId && this.#reading > 0)
            this.#touched.set(guestId, event.id);
        if (event.type === 'couch.invite.created')
            this.invites.set(inviteId, { label: label ?? '', createdBy: event.agent ?? '' });
        const row = this.guests.get(guestId);
        // What the event does not say of the VM is guessed until the guest is read.
        const end = (status, reason) => {
            Object.assign(row, {
                status, endReason: reason, stoppedAt: Date.parse(event.timestamp), endedBy: event.metadata.by?.name ?? null,
                vm: row.vm === 'none' ? 'none' : row.vm === 'destroyed' ? 'destroyed' : 'destroying',
            });
            this.#wantTwice(guestId);
        };
        if (event.type === 'couch.invite.redeemed' || event.type === 'couch.guest.limits_exceeded')
            this.#want(guestId);
        else if (!row) {
            if (guestId)
                this.#want(guestId);
        } else if (event.type === 'couch.guest.activated' && isStaying(row.status)) {
            Object.assign(row, { status: 'running', vm: row.vm === 'none' ? 'none' : 'ready' });
            this.#want(guestId);
        } else if (event.type === 'couch.guest.killed')
            end('revoked', 'killed');
        else if (event.type === 'couch.guest.expired')
            end('expired', 'expired');
        else if (event.type === 'couch.guest.stopped')
            end('stopped', event.payload.endReason);
        else if (event.type === 'couch.guest.extended')
            Object.assign(row, { expiresAt: Date.parse(event.payload.expiresAt) });
        else if (event.type === 'couch.vm.destroyed')
            Object.assign(row, { vm: 'destroyed' });
    }

    async #readWanted() {
        if (this.#isReadingWanted)
            return this.#after('guests', 1_000, () => this.#readWanted());
        const generation = this.#generation;
        const ids = [...this.#wanted];
        this.#wanted.clear();
        if (!this.can('guests'))
            return;
        this.#isReadingWanted = true;
        try {
            await this.#whileReading(() => this.#readSome(ids, () => generation !== this.#generation));
        } catch (refused) {
            if (!(refused instanceof Refused))
                throw refused;
            if (refused.status !== 401 && generation === this.#generation) {
                ids.forEach(id => this.#wanted.add(id));
                this.#after('guests', 2_000, () => this.#readWanted());
            }
        } finally {
            this.#isReadingWanted = false;
        }
        if (generation !== this.#generation)
            return;
        this.#prune();
        this.#changed();
    }

    async #readEach(ids, isOld) {
        for (const id of ids) {
            const since = this.#last;
            const guest = await this.#readOne(id);
            if (isOld())
                return;
            if (guest)
                this.#put(guest, since);
        }
    }

    /** Those of whom events have told. */
    async #readSome(ids, isOld) {
        if (ids.length <= mostReadOneByOne)
            return this.#readEach(ids, isOld);
        // So many have come at once: they are the newest.
        let since = this.#last;
        for await (const page of pages('/couch/guests', Math.ceil(ids.length / 1000) + 1)) {
            if (isOld())
                return;
            page.guests.forEach(guest => this.#put(guest, since));
            since = this.#last;
        }
    }

    /** Null: there is none by this id any more. */
    async #readOne(id) {
        try {
            return await call('GET', `/couch/guests/${id}`);
        } catch (refused) {
            if (!(refused instanceof Refused) || refused.status !== 404)
                throw refused;
            return null;
        }
    }

    /** Labels are the invites': they come after the guests, and only for a key that may see invites. */
    async #readInvites(isOld) {
        if (!this.can('invites'))
            return;
        const read = [];
        for await (const page of pages('/couch/invites?status=redeemed', mostInvites / 1000)) {
            if (isOld())
                return;
            read.push(...page.invites.map(({ id, label, createdBy }) => [id, { label, createdBy }]));
        }
        // Lists come newest first, ids grow with time, and a map keeps the order in which it was filled: the oldest are let go of first.
        this.invites = new Map([...this.invites, ...read].sort(([one], [other]) => one < other ? -1 : 1));
        this.#changed();
    }

    #prune() {
        for (const id of this.invites.keys()) {
            if (this.invites.size <= mostInvites)
                break;
            this.invites.delete(id);
        }
        if (this.guests.size < mostEnded)
            return;
        const rows = [...this.guests.values()];
        this.#keepNewest(rows.filter(row => !isStaying(row.status)), mostEnded);
        this.#keepNewest(rows.filter(row => isStaying(row.status)), mostStaying);
    }

    /** Lets go of the oldest; of a tenth at once, so that it is not done for each that comes. */
    #keepNewest(rows, most) {
        if (rows.length <= most * 1.1)
            return;
        rows.sort((a, b) => a.id < b.id ? -1 : 1);
        for (const row of rows.slice(0, rows.length - most))
            this.guests.delete(row.id);
        this.isWhole = false;
    }

    /** At most every so often, however much happens. */
    #after(name, milliseconds, act) {
        if (this.#timers.has(name))
            return;
        const generation = this.#generation;
        this.#timers.set(name, setTimeout(() => {
            this.#timers.delete(name);
            if (generation === this.#generation)
                act();
        }, milliseconds));
    }

    /** What comes alone is shown at once; of what comes together, as much as the page can draw. */
    #changed() {
        this.#after('changed', performance.now() - this.#shownAt > 60 ? 0 : 60, () => {
            this.#shownAt = performance.now();
            this.dispatchEvent(new Event('change'));
        });
    }
}

/** What the table needs of a guest. */
function rowOf(guest) {
    const end = guest.endedWith ?? null;
    return {
        id: guest.id,
        name: guest.name,
        status: guest.status,
        inviteId: guest.inviteId,
        expiresAt: Date.parse(guest.expiresAt),
        createdAt: Date.parse(guest.createdAt),
        stoppedAt: guest.stoppedAt ? Date.parse(guest.stoppedAt) : null,
        endReason: guest.endReason ?? null,
        endedBy: end?.name ?? null,
        limits: guest.resourceLimits,
        usage: guest.resourceUsage,
        vm: guest.vm?.state ?? 'none',
    };
}

/** What of its limits a guest has used, each as a share of 1, the time included. */
export function shares(row) {
    const of = (used, most) => most > 0 ? used / most : used > 0 ? 1 : 0;
    const at = row.stoppedAt ?? now();
    return [
        { name: 'tokens', share: of(row.usage.tokensUsed, row.limits.maxTokenBudget) },
        { name: 'network', share: of(row.usage.networkEgressGB, row.limits.maxNetworkEgressGB) },
        { name: 'disk', share: of(row.usage.diskUsedGB, row.limits.maxDiskGB) },
        { name: 'memory', share: of(row.usage.memoryPeakMB, row.limits.maxMemoryMB) },
        { name: 'time', share: Math.min(1, of(at - row.createdAt, row.expiresAt - row.createdAt)) },
    ];
}

export const staying = row => isStaying(row.status);

/** An ended guest whose VM is not known to be gone; one that was given by hand and left alone is owed by nobody. */
export const owes = row => !isStaying(row.status) && !['none', 'destroyed', 'left'].includes(row.vm);

export const house = new House();
