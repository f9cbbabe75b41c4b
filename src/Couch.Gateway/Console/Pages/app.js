// The console: signing in, finding the way, and the keyboard. Everything else is a view of its own.
import { call, now, Refused, sentence, whenSignedOut } from './api.js';
import { button, dialog, field, h, isTyping, say, theirs } from './dom.js';
import { chartsView } from './charts.js';
import { eventsView } from './events.js';
import { guestsView } from './guests.js';
import { guestView } from './guest.js';
import { house } from './house.js';
import { inviteView } from './invite.js';
import { invite, invitesView } from './invites.js';
import { keysView } from './keys.js';
import { clock, looksSecret } from './text.js';
import { webhooksView } from './webhooks.js';

const views = {
    guests: ['Guests', 'guests', guestsView], invites: ['Invites', 'invites', invitesView], events: ['Events', 'events', eventsView],
    keys: ['Keys', 'keys', keysView], webhooks: ['Webhooks', 'webhooks', webhooksView],
    charts: ['Charts', 'events', chartsView],
};

const help = [
    ['/', 'search'], ['j k', 'next, previous (arrows too; Home, End, Page up and down in a table)'], ['Enter', 'open'],
    ['x', 'kill, or revoke; y confirms'],
    ['e', 'extend the guest that is open'], ['n', 'write an invite'], ['r', 'read everything again'],
    ['1 … 6', 'guests, invites, events, keys, webhooks, charts'],
    ['Esc', 'back'], ['?', 'this help'],
];

const app = {
    session: null,
    view: null,
    lastGuest: null,
    query: () => new URLSearchParams(location.search),
    /** Goes to what these parameters say, beside those that there are; null removes one. */
    go(parameters) {
        history.pushState({ isOurs: true }, '', address(parameters));
        route();
    },
    replace: parameters => history.replaceState(history.state, '', address(parameters)),
    act: key => keys[key]?.(),
    heading: () => document.querySelector('main h1')?.focus(),
};

const main = h('main', { id: 'main' });
const banner = h('div', { class: 'banner', role: 'alert', hidden: true });
const demo = h('section', { class: 'demo', 'aria-label': 'Demo', hidden: true }, 'Demo: VMs are only pretended');
const pill = h('span', { class: 'pill', role: 'status' });

// What may be a secret stays out of it.
function address(parameters) {
    const query = app.query();
    for (const [name, value] of Object.entries(parameters)) {
        if (value === null || looksSecret(value))
            query.delete(name);
        else
            query.set(name, value);
    }
    return '/' + (query.size > 0 ? '?' + query : '');
}

const isOpenTo = name => views[name] && house.can(views[name][1]);

function open(name) {
    history.pushState({ isOurs: true }, '', name === 'guests' ? '/' : `/?view=${name}`);
    route();
}

function route() {
    app.view?.leave();
    const query = app.query();
    const guest = house.can('guests') ? query.get('guest') : null;
    const one = house.can('invites') && !guest ? query.get('invite') : null;
    const asked = query.get('view') ?? (one ? 'invites' : 'guests');
    const name = isOpenTo(asked) ? asked : Object.keys(views).find(isOpenTo);
    if (!name) {
        app.view = { keys: {}, leave() { }, refresh() { }, focus() { } };
        return main.replaceChildren(h('h1', { tabindex: '-1' }, 'Signed in'),
            h('p', null, 'This key opens nothing that the console shows.'));
    }
    if (guest)
        app.lastGuest = guest;
    app.view = guest ? guestView(app, guest) : one ? inviteView(app, one) : views[name][2](app);
    main.replaceChildren(app.view.element);
    document.title = `${app.view.title} — Couch`;
    for (const link of document.querySelectorAll('nav a')) {
        if (link.dataset.view === name)
            link.setAttribute('aria-current', 'page');
        else
            link.removeAttribute('aria-current');
    }
    app.view.focus();
    if (!guest && !one && name === 'guests' && app.lastGuest) {
        const at = app.view.grid.rows.findIndex(row => row.id === app.lastGuest);
        app.lastGuest = null;
        if (at >= 0)
            app.view.grid.select(at);
    }
}

const keys = {
    '/': () => {
        const search = app.view.search?.();
        search?.focus();
        search?.select();
    },
    j: () => app.view.grid?.move(1),
    k: () => app.view.grid?.move(-1),
    ArrowDown: () => app.view.grid?.move(1),
    ArrowUp: () => app.view.grid?.move(-1),
    Enter: () => app.view.grid ? app.view.grid.openSelected() : app.view.keys.Enter?.(),
    x: () => app.view.keys.x?.(),
    e: () => app.view.keys.e?.(),
    n: () => house.can('invites') ? invite(() => app.view.title === 'Invites' && app.view.refresh())
        : say('This key may not write invites.', true),
    r: () => readAgain(),
    '?': () => {
        const box = dialog('Keys', h('div', null, h('dl', { class: 'help' },
            help.map(([key, what]) => h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, what)))),
            h('div', { class: 'buttons' }, button('Close (Esc)', () => box.close()))));
    },
    Escape: () => {
        if (!app.query().get('guest') && !app.query().get('invite'))
            app.view.focus();
        else if (history.state?.isOurs)
            history.back();
        else
            app.go({ guest: null, invite: null });
    },
};
Object.keys(views).forEach((name, at) => { keys[at + 1] = () => isOpenTo(name) && open(name); });

document.addEventListener('keydown', event => {
    if (!app.view || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]'))
        return;
    if (isTyping(event.target)) {
        if (event.key === 'Escape') {
            event.preventDefault();
            app.view.focus();
        }
        return;
    }
    // A button or a link that has the focus takes Enter itself.
    if (event.key === 'Enter' && event.target.closest('button, a, summary'))
        return;
    if (Object.hasOwn(keys, event.key)) {
        event.preventDefault();
        keys[event.key]();
    }
});

addEventListener('popstate', () => app.session && route());
// A page that nobody sees follows nothing, and catches up when it is looked at again.
const longestUnseen = 30_000;
let unseen = 0;
document.addEventListener('visibilitychange', () => {
    clearTimeout(unseen);
    if (document.hidden)
        unseen = setTimeout(() => house.pause(), longestUnseen);
    else if (app.session) {
        house.resume();
        house.summarize();
    }
});
addEventListener('pagehide', () => house.pause());
addEventListener('pageshow', () => house.resume());

async function readAgain() {
    try {
        app.view.refresh();
        house.followAgain();
        await house.load();
        say('Read again.');
    } catch (failure) {
        say(sentence(failure), true);
    }
}

function showConnection(why) {
    const said = {
        open: ['live', 'What is shown follows the couch’s events.'], connecting: ['connecting…', ''],
        gone: ['connection lost', 'The page tries again by itself.'],
        paused: ['paused', 'The page was out of sight; it catches up.'],
        off: ['not live', 'This key may not follow events (scope events): r reads again.'], refused: ['not live', why ? sentence(why) : ''],
    }[house.connection];
    pill.className = `pill ${house.connection}`;
    [pill.textContent, pill.title] = said;
    const isBad = house.connection === 'gone' || house.connection === 'refused';
    if (isBad && (banner.hidden || banner.dataset.state !== house.connection)) {
        banner.replaceChildren(house.connection === 'gone'
            ? `The connection is gone since ${clock(house.goneSince)}. What is shown may be old. `
                + 'It is tried again by itself, and nothing is missed. '
            : `Events cannot be followed: ${said[1]} r tries again, and reads everything. `,
                button('Try now', () => house.hurry(), { hidden: house.connection !== 'gone' }));
    } else if (!isBad && !banner.hidden && house.connection === 'open') {
        say('The connection is back; what happened meanwhile is here.');
    }
    if (house.connection !== 'connecting')
        banner.hidden = !isBad;
    banner.dataset.state = house.connection;
}

house.addEventListener('change', () => { demo.hidden = house.summary?.vmProvider !== 'demo'; });
house.addEventListener('connection', event => showConnection(event.detail));

/** The page of whoever is signed in. */
async function start(session) {
    app.session = session;
    house.begin(session.scopes);
    demo.hidden = true;
    document.body.replaceChildren(
        h('a', { class: 'skip', href: '#main', onclick: event => { event.preventDefault(); app.view.focus(); } }, 'To the content'),
        h('header', null, h('strong', null, 'Couch'),
            h('nav', { 'aria-label': 'Views' }, Object.entries(views).filter(([name]) => isOpenTo(name)).map(([name, [label]]) => h('a', {
                href: name === 'guests' ? '/' : `/?view=${name}`, 'data-view': name,
                onclick: event => {
                    if (event.ctrlKey || event.metaKey || event.shiftKey)
                        return;
                    event.preventDefault();
                    open(name);
                },
            }, label))),
            pill, h('span', { class: 'who' }, theirs(session.name),
                session.expiresAt ? h('small', null, ` until ${clock(Date.parse(session.expiresAt))}`) : null),
            button('?', () => keys['?'](), { 'aria-label': 'Help: keys' }),
            session.expiresAt ? button('Sign out', signOut) : null),
        demo, banner, main);
    route();
    await follow();
}

async function follow() {
    const session = app.session;
    try {
        await house.open(session.scopes);
    } catch (failure) {
        if (app.session !== session || (failure instanceof Refused && failure.status === 401))
            return;
        say(`The house cannot be read: ${sentence(failure)}`, true);
        setTimeout(() => app.session === session && follow(), 3000);
    }
}

async function signOut() {
    try {
        await call('POST', '/couch/console/sign-out');
        signIn('You are signed out.');
    } catch (failure) {
        say(`You are not signed out: ${sentence(failure)}`, true);
    }
}

/** Asks for the host key. It is sent once, in a body, and kept nowhere: the browser keeps a cookie that no script can read. */
function signIn(reason) {
    app.view?.leave();
    [app.session, app.view] = [null, null];
    house.close();
    document.querySelectorAll('dialog').forEach(open => open.remove());
    document.title = 'Sign in — Couch';
    // Without a name the field is in no form's data, whatever submits it.
    const key = h('input', { type: 'password', required: true, autocomplete: 'off', 'aria-describedby': 'reason', spellcheck: 'false',
        id: 'host-key' });
    const said = h('p', { id: 'reason', role: 'alert' }, reason ?? '');
    const form = h('form', { class: 'sign-in', onsubmit: async event => {
        event.preventDefault();
        const text = key.value;
        key.value = '';
        try {
            await start(await call('POST', '/couch/console/sign-in', { key: text }, { isQuiet: true }));
        } catch (failure) {
            said.textContent = sentence(failure);
            key.focus();
        }
    } }, h('h1', null, 'Couch'), field('Host key', key, 'The configured key, or one made under it.'), said,
        h('button', { class: 'main' }, 'Sign in'));
    document.body.replaceChildren(h('main', null, form));
    key.focus();
}

whenSignedOut(refused => {
    if (app.session)
        signIn(`Your session has ended, or its key is no longer good. ${refused.message}.`);
});

/** By the ticket of a sign-in link, which is in no address, no history and no memory from then on. */
async function byTicket(ticket) {
    history.replaceState(null, '', '/');
    return await call('POST', '/couch/console/sign-in', { ticket }, { isQuiet: true });
}

async function begin() {
    try {
        await start(location.pathname === '/console/sign-in' && location.hash.length > 1
            ? await byTicket(location.hash.slice(1)) : await call('GET', '/couch/console/session', undefined, { isQuiet: true }));
    } catch (failure) {
        if (failure instanceof Refused && (failure.status === 401 || failure.status === 403))
            return signIn(failure.status === 401 && location.pathname !== '/console/sign-in'
                && failure.message.includes('asks for the host key')
                ? null : sentence(failure));
        document.body.replaceChildren(h('main', null, h('h1', null, 'Couch'), h('p', { class: 'bad', role: 'alert' }, sentence(failure)),
            h('p', null, 'It is tried again in a moment.')));
        setTimeout(begin, 3000);
    }
}

// For tests and for the curious: what the page holds.
globalThis.couch = { app, house, now };

begin();
