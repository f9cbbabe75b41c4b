// The log, as it grows.
import { call, now, sentence } from './api.js';
import { fillTheirs, h, say } from './dom.js';
import { Grid } from './grid.js';
import { house } from './house.js';
import { many, moment } from './text.js';

const most = 1000;

// How far back it begins, in hours: as far as is needed to see something, because a log is read from its older end.
const backs = [1 / 60, 0.25, 24, 24 * 90];
const enough = 100;
const mostPages = 5;

export function eventsView(app) {
    let events = [];
    let isGone = false;
    const input = (name, label, placeholder) => h('input', { type: 'search', 'aria-label': label, placeholder, maxlength: '512',
        autocomplete: 'off',
        value: app.query().get(name) ?? '', oninput: event => { app.replace({ [name]: event.target.value || null }); draw(); } });
    const type = input('type', 'Types, with commas; couch.guest.* for all that begin so', 'type, couch.guest.*');
    type.id = 'search';
    const agent = input('agent', 'Agent: a host or a guest’s name', 'agent');
    const subject = input('subject', 'Id of a guest or an invite', 'id of a guest or invite');
    const shown = h('p', { class: 'shown', 'aria-live': 'off' });
    const grid = new Grid({
        label: 'Events', empty: 'No event matches.', heights: [34, 66],
        columns: [{ name: 'time', label: 'When' }, { name: 'status', label: 'Type' }, { name: 'name', label: 'Agent' },
            { name: 'label', label: 'By key' },
            { name: 'left', label: 'What' }],
        onOpen: row => row.payload.guestId && app.go({ view: null, type: null, agent: null, subject: null, guest: row.payload.guestId }),
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

    /** The same filter as the couch's own, on what is here. */
    function isWanted(event) {
        const types = type.value.split(',').map(one => one.trim()).filter(Boolean);
        const is = pattern => pattern.endsWith('*') ? event.type.startsWith(pattern.slice(0, -1)) : event.type === pattern;
        return (types.length === 0 || types.some(is)) && (!agent.value.trim() || event.agent === agent.value.trim())
            && (!subject.value.trim() || [event.payload.guestId, event.payload.inviteId].includes(subject.value.trim()));
    }

    function draw() {
        const rows = events.filter(isWanted).reverse();
        grid.set(rows);
        shown.textContent = `${many(rows.length, 'event')} shown, of the latest ${many(events.length, 'event')}. Newest first.`;
    }

    /** The end of what happened in these hours. */
    async function latest(hours) {
        let found = [];
        let next = null;
        for (let page = 0; page < mostPages && (page === 0 || next !== null); page++) {
            const since = next === null ? `since=${new Date(now() - hours * 3_600_000).toISOString()}` : `since_id=${next}`;
            const answer = await call('GET', `/couch/events?limit=1000&${since}`);
            found = [...found, ...answer.events].slice(-most);
            next = answer.nextCursor;
        }
        return found;
    }

    async function read() {
        try {
            let found = [];
            for (const hours of backs) {
                found = await latest(hours);
                if (isGone)
                    return;
                if (found.length >= enough)
                    break;
            }
            const last = found.at(-1)?.id ?? 0;
            events = [...found, ...house.events.filter(event => event.id > last)].slice(-most);
            draw();
        } catch (failure) {
            if (!isGone)
                say(sentence(failure), true);
        }
    }

    const onEvents = event => {
        const last = events.at(-1)?.id ?? 0;
        events = [...events, ...event.detail.filter(one => one.id > last)].slice(-most);
        draw();
    };
    house.addEventListener('events', onEvents);
    read();

    return {
        element: h('section', { class: 'events' }, h('h1', { tabindex: '-1' }, 'Events'),
            h('div', { class: 'tools', role: 'search' }, type, agent, subject),
            shown, grid.element),
        title: 'Events', grid, refresh: read, focus: () => grid.element.focus(), search: () => type, keys: {},
        leave() {
            isGone = true;
            house.removeEventListener('events', onEvents);
        },
    };
}
