// The log: its end as it grows, or a page further back; both as the couch itself filters them.
import { newestFirst, Refused, sentence } from './api.js';
import { button, fillTheirs, h, say } from './dom.js';
import { Grid } from './grid.js';
import { house } from './house.js';
import { looksSecret, many, moment } from './text.js';

const mostLive = 1000;
const onePage = 500;

const kinds = [
    'couch.invite.*', 'couch.guest.*', 'couch.vm.*', 'couch.provision.*', 'couch.key.*', 'couch.invite.created', 'couch.invite.redeemed',
    'couch.invite.revoked', 'couch.invite.expired', 'couch.guest.activated', 'couch.guest.killed', 'couch.guest.expired',
    'couch.guest.stopped', 'couch.guest.extended', 'couch.guest.limits_exceeded', 'couch.provision.failed', 'couch.vm.destroyed',
    'couch.key.created', 'couch.key.revoked',
];

export function eventsView(app) {
    /** Oldest first. */
    let events = [];
    let isGone = false;
    let asked = 0;
    let timer = 0;
    let older = null;
    /** Why there is no list: the couch cannot mean what is asked for. */
    let refusal = null;
    /** Why the last read failed; what was read before it is still shown. */
    let trouble = null;
    /** What the shown events are the answer to; null: nothing was read yet. */
    let readFor = null;
    // Of a page further back: the event before which it begins. Without it the view is the log's end, and live.
    let before = /^\d+$/.test(app.query().get('before') ?? '') ? app.query().get('before') : null;
    const input = (name, label, placeholder, list) => h('input', { type: 'search', 'aria-label': label, placeholder, maxlength: '512',
        autocomplete: 'off', spellcheck: 'false', list, value: app.query().get(name) ?? '', oninput: event => {
            // A page that was counted for another filter means nothing: it is the log's end again. The field keeps the focus.
            before = null;
            newest.hidden = true;
            app.replace({ [name]: event.target.value || null, before: null });
            // An answer that is under way is one to another question.
            asked++;
            clearTimeout(timer);
            timer = setTimeout(read, 250);
        } });
    const type = input('type', 'Types, with commas; couch.guest.* for all that begin so', 'type, couch.guest.*', 'kinds');
    type.id = 'search';
    const agent = input('agent', 'Agent: a host or a guest’s name', 'agent');
    const subject = input('subject', 'Id of a guest or an invite', 'id of a guest or invite');
    const fields = { type, agent, subject };
    const shown = h('p', { class: 'shown', 'aria-live': 'off' });
    const back = button('Older', () => app.go({ before: String(older) }), { disabled: true });
    const newest = button('Newest', () => app.go({ before: null }), { hidden: before === null });
    const grid = new Grid({
        label: 'Events', empty: 'No event matches.', heights: [34, 66],
        columns: [{ name: 'time', label: 'When' }, { name: 'status', label: 'Type' }, { name: 'name', label: 'Agent' },
            { name: 'label', label: 'By key' },
            { name: 'left', label: 'What' }],
        onOpen: row => row.payload.guestId ? leaveFor({ guest: row.payload.guestId })
            : row.payload.inviteId && leaveFor({ view: 'invites', invite: row.payload.inviteId }),
        fill(cells, row, element) {
            element.className = 'row event';
            cells.time.textContent = moment(row.timestamp);
            cells.status.textContent = row.type.replace('couch.', '');
            fillTheirs(cells.name, row.agent ?? '');
            fillTheirs(cells.label, row.metadata?.by?.name ?? '');
            fillTheirs(cells.left, Object.entries(row.payload).filter(([name, value]) => value !== null && value !== ''
                && name !== 'guestName')
                .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}`).join(' · '));
        },
    });

    const leaveFor = where => app.go({ view: null, type: null, agent: null, subject: null, before: null, ...where });

    const typesOf = text => text.split(',').map(one => one.trim()).filter(Boolean);

    /** The same filter as the couch's own, for what comes by the stream. */
    function isWanted(event) {
        const types = typesOf(type.value);
        const is = pattern => pattern.endsWith('*') ? event.type.startsWith(pattern.slice(0, -1)) : event.type === pattern;
        return (types.length === 0 || types.some(is)) && (!agent.value.trim() || event.agent === agent.value.trim())
            && (!subject.value.trim() || [event.payload.guestId, event.payload.inviteId].includes(subject.value.trim()));
    }

    function draw() {
        grid.set(events.toReversed());
        back.disabled = older === null;
        shown.classList.toggle('bad', refusal !== null || trouble !== null);
        shown.textContent = refusal ?? (trouble !== null
            ? `The log cannot be read: ${trouble}. ${readFor === null ? '' : 'What is shown was read before. '}r tries again.`
            : readFor === null ? 'Reading the log…' : `${many(events.length, 'event')} shown, newest first`
            + (before === null ? ', and those that come.' : '. This page stands still; newer ones are at Newest.')
            + (older === null ? ' The log has no older ones.' : ''));
    }

    /** What the couch is asked for; null where a field may hold a secret, which belongs into no address. */
    function query() {
        const filled = Object.entries(fields)
            .map(([name, field]) => [name, name === 'type' ? typesOf(field.value).join(',') : field.value.trim()])
            .filter(([, text]) => text);
        return filled.some(([, text]) => looksSecret(text)) ? null
            : new URLSearchParams([...filled, ['order', 'desc'], ['limit', String(onePage)], ...(before ? [['before_id', before]] : [])]);
    }

    async function read() {
        const mine = ++asked;
        const isOld = () => isGone || mine !== asked;
        try {
            const wanted = query();
            if (!wanted)
                throw new Refused(400, 'this looks like a secret, and is not asked for');
            const page = await newestFirst(`/couch/events?${wanted}`);
            if (isOld())
                return;
            const last = page.events[0]?.id ?? 0;
            const since = before !== null ? [] : house.events.filter(event => event.id > last && isWanted(event));
            [events, older, refusal, trouble] = [[...page.events.toReversed(), ...since], page.nextCursor, null, null];
            readFor = String(wanted);
        } catch (failure) {
            if (isOld())
                return;
            // While somebody types, a field may say what cannot be meant yet. Anything else passes, and says nothing of the list.
            if (failure.status === 400) {
                [events, older, refusal, trouble, readFor] = [[], null, sentence(failure), null, null];
            } else {
                [refusal, trouble] = [null, sentence(failure)];
                say(trouble, true);
            }
        }
        draw();
    }

    const onEvents = event => {
        // Only what is shown for the present filter goes on: what another one has is read first.
        if (before !== null || readFor === null || readFor !== String(query()))
            return;
        const last = events.at(-1)?.id ?? 0;
        const come = event.detail.filter(one => one.id > last && isWanted(one));
        if (come.length === 0)
            return;
        events = [...events, ...come];
        if (events.length > mostLive) {
            events = events.slice(-mostLive);
            older = events[0].id;
        }
        draw();
    };
    const onConnection = () => {
        if (house.connection === 'open' && trouble !== null)
            read();
    };
    house.addEventListener('events', onEvents);
    house.addEventListener('connection', onConnection);
    draw();
    read();

    return {
        element: h('section', { class: 'events' }, h('h1', { tabindex: '-1' }, 'Events'),
            h('div', { class: 'tools', role: 'search' }, type, agent, subject, back, newest),
            h('datalist', { id: 'kinds' }, kinds.map(value => h('option', { value }))),
            shown, grid.element),
        title: 'Events', grid, refresh: read, focus: () => grid.element.focus(), search: () => type, keys: {},
        leave() {
            isGone = true;
            clearTimeout(timer);
            house.removeEventListener('events', onEvents);
            house.removeEventListener('connection', onConnection);
        },
    };
}
