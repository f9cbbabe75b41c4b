// One invite: what it allows, who has redeemed it, what has happened to it; and taking it back.
import { call, now, revoke, sentence } from './api.js';
import { button, dialog, h, say, theirs } from './dom.js';
import { house } from './house.js';
import { full, moment, span } from './text.js';
import { allowed, facts, stepsOf, timeline, who } from './timeline.js';

/** Asks once more, and takes an invite back. */
export function askToRevoke(invite, onDone) {
    const act = async () => {
        box.close();
        try {
            await revoke(invite.id);
            say('The invite is revoked.');
        } catch (failure) {
            say(`It was not revoked: ${sentence(failure)}`, true);
        }
        onDone();
    };
    const cancel = button('Cancel (Esc)', () => box.close());
    const box = dialog('Revoke this invite?', h('div', null,
        h('p', null, theirs(invite.label || invite.createdBy), ' can be redeemed no more.'),
        h('div', { class: 'buttons' }, button('Revoke (y)', act, { class: 'danger' }), cancel)), { keys: { y: act }, focus: cancel });
}

export function inviteView(app, id) {
    const body = h('div', null, h('p', null, 'Reading…'));
    const element = h('section', { class: 'guest' },
        h('h1', { tabindex: '-1' }, 'Invite'), h('p', { class: 'back' }, button('← Back (Esc)', () => app.act('Escape'))), body);
    let invite = null;
    let isGone = false;
    let timer = 0;
    let asked = 0;

    async function read() {
        // Of reads that overlap only the latest counts, whichever is answered first.
        const mine = ++asked;
        const isOld = () => isGone || mine !== asked;
        try {
            // The code is a secret: the page does not keep it.
            const { code, ...one } = await call('GET', `/couch/invites/${encodeURIComponent(id)}`);
            const events = await history(one);
            if (isOld())
                return;
            invite = one;
            draw(events);
        } catch (failure) {
            if (isOld())
                return;
            if (!invite)
                body.replaceChildren(h('p', { class: 'bad', role: 'alert' }, sentence(failure)));
            else
                say(sentence(failure), true);
        }
    }

    /** What has happened to it, and to its guest; null where this key may not see it. */
    async function history(one) {
        if (one.guestId && house.can('guests')) {
            try {
                return (await call('GET', `/couch/guests/${encodeURIComponent(one.guestId)}/events`)).events;
            } catch (refused) {
                // An invite may outlive its guest's row; what the log has of the invite is still there.
                if (refused.status !== 404)
                    throw refused;
            }
        }
        return house.can('events') ? (await call('GET', `/couch/events?limit=1000&subject=${encodeURIComponent(id)}`)).events : null;
    }

    function draw(events) {
        const hadFocus = body.contains(document.activeElement);
        const [limits, isOpen] = [invite.resourceLimits, invite.status === 'active'];
        element.querySelector('h1').replaceChildren('Invite ', theirs(invite.label || `of ${invite.createdBy}`));
        body.replaceChildren(
            h('p', { class: `state ${invite.status}` }, invite.status, isOpen ? h('span', null, ' — for ', h('span', { class: 'ticking' }),
                ' more') : null, invite.guestId ? [' by ', theirs(invite.redeemedBy ?? '')] : null),
            h('div', { class: 'buttons' },
                isOpen ? button('Revoke… (x)', ask, { class: 'danger', 'data-role': 'revoke' }) : null,
                invite.guestId && house.can('guests') ? button('Its guest (Enter)', openGuest, { 'data-role': 'its-guest' }) : null),
            h('h2', null, 'The guest may use'), facts([
                ['tokens', full(limits.maxTokenBudget)], ['hours', full(limits.maxDurationHours)], ['cores', full(limits.maxCpuCores)],
                ['memory', `${full(limits.maxMemoryMB)} MB`], ['disk', `${full(limits.maxDiskGB)} GB`],
                ['network', `${full(limits.maxNetworkEgressGB)} GB`]]),
            h('h2', null, 'The guest may reach'), facts(allowed(invite)),
            h('h2', null, 'What has happened'), events === null
                ? h('p', null, 'This key may not see it: that needs the scope events, or guests once it is redeemed.')
                : events.length > 0 ? timeline(stepsOf(events)) : h('p', null, 'The log keeps nothing of it any more.'),
            h('h2', null, 'Details'), facts([
                ['id', invite.id], ['host', theirs(invite.createdBy)], ['label', invite.label ? theirs(invite.label) : null],
                ['written', moment(invite.createdAt)], ['written with', who(invite.createdWith)],
                ['open until', moment(invite.expiresAt)],
                ['redeemed', moment(invite.redeemedAt)], ['redeemed by', invite.redeemedBy ? theirs(invite.redeemedBy) : null],
                ['guest', invite.guestId ?? null], ['revoked with', who(invite.revokedWith)]]),
            h('p', null, h('small', null, 'Its code was shown once, to whoever wrote it, and is not shown here.')));
        tick();
        if (hadFocus && !body.contains(document.activeElement))
            element.querySelector('h1').focus({ preventScroll: true });
    }

    const openGuest = () => app.go({ view: null, invite: null, guest: invite.guestId });
    const ask = () => askToRevoke(invite, read);
    const tick = () => {
        const cell = body.querySelector('.ticking');
        if (cell)
            cell.textContent = span(Date.parse(invite.expiresAt) - now());
    };
    const ticking = setInterval(tick, 1000);
    const onEvents = event => {
        if (event.detail.some(one => one.payload.inviteId === id || (invite?.guestId && one.payload.guestId === invite.guestId))) {
            clearTimeout(timer);
            timer = setTimeout(read, 150);
        }
    };
    house.addEventListener('events', onEvents);
    read();

    return {
        element, title: 'Invite', refresh: read,
        focus: () => element.querySelector('h1').focus(),
        keys: {
            x: () => invite?.status === 'active' && ask(),
            Enter: () => invite?.guestId && house.can('guests') && openGuest(),
        },
        leave() {
            isGone = true;
            clearInterval(ticking);
            clearTimeout(timer);
            house.removeEventListener('events', onEvents);
        },
    };
}
