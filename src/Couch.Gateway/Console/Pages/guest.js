// One guest: its stay as one line of time, from the invite to the receipt.
import { call, now, sentence } from './api.js';
import { button, dialog, field, formOf, h, refocus, say, theirs } from './dom.js';
import { house, longestUnread, shares, staying } from './house.js';
import { askToKill, bar, paint } from './guests.js';
import { full, moment, span } from './text.js';
import { allowed, by, facts, stepsOf, timeline, who, words } from './timeline.js';

export function guestView(app, id) {
    const body = h('div', null, h('p', null, 'Reading…'));
    const element = h('section', { class: 'guest' },
        h('h1', { tabindex: '-1' }, 'Guest'), h('p', { class: 'back' }, button('← All guests (Esc)', () => app.act('Escape'))), body);
    let guest = null;
    let isGone = false;
    let timer = 0;
    let readAt = 0;

    async function read() {
        readAt = now();
        try {
            const [one, status, history] = await Promise.all([
                call('GET', `/couch/guests/${encodeURIComponent(id)}`), call('GET', `/couch/guests/${encodeURIComponent(id)}/status`),
                call('GET', `/couch/guests/${encodeURIComponent(id)}/events`)]);
            if (isGone)
                return;
            guest = one;
            house.keep(one);
            draw(one, status, history.events);
        } catch (failure) {
            if (!isGone && !guest)
                body.replaceChildren(h('p', { class: 'bad' }, sentence(failure)));
            else if (!isGone)
                say(sentence(failure), true);
        }
    }

    function draw(one, status, events) {
        const row = house.guests.get(one.id);
        const isStaying = staying(one);
        const focused = body.contains(document.activeElement) ? document.activeElement : null;
        element.querySelector('h1').replaceChildren(theirs(one.name));
        body.replaceChildren(
            h('p', { class: `state ${one.status}` }, one.status,
                isStaying ? h('span', null, ' — ', h('span', { class: 'ticking' }), ' left') : null,
                one.endReason ? `: ${one.endReason}` : null, one.endDetail ? h('span', null, ' (', theirs(one.endDetail), ')') : null,
                by(one.endedWith)),
            status.violations.length ? h('p', { class: 'bad' }, 'Over its limits: ', status.violations.join(', ')) : '',
            h('div', { class: 'buttons' }, isStaying
                ? [button('Extend… (e)', extend, { 'data-role': 'extend' }),
                    button('Kill… (x)', () => askToKill(one, read), { class: 'danger', 'data-role': 'kill' })] : []),
            h('h2', null, 'May use, and has used'), used(one, row),
            h('h2', null, 'From invite to receipt'), timeline(stepsOfStay(one, events)),
            h('h2', null, 'VM'), facts([
                ['id', one.vmId ? theirs(one.vmId) : null], ['agent', one.agentEndpoint ? theirs(one.agentEndpoint) : null],
                ['provider', one.vm.host], ['state', one.vm.state], ['attempts', String(one.vm.attempts)],
                ['requested', moment(one.vm.requestedAt)], ['ready', moment(one.vm.readyAt)],
                ['destruction requested', moment(one.vm.destroyRequestedAt)], ['destroyed (receipt)', moment(one.vm.destroyedAt)],
                ['last error', one.vm.lastError ? theirs(one.vm.lastError) : null],
                ['unaccounted for', one.vm.unaccounted > 0 ? String(one.vm.unaccounted) : null]]),
            h('h2', null, 'Which key did what'), facts([
                ['activated', who(one.activatedWith)], ['extended', who(one.extendedWith)], ['killed', who(one.killedWith)],
                ['ended', who(one.endedWith)]]),
            h('h2', null, 'Details'), facts([
                ['id', one.id], ['invite', house.can('invites')
                    ? button(one.inviteId, () => app.go({ guest: null, invite: one.inviteId }),
                        { class: 'link', 'data-role': 'its-invite' })
                    : one.inviteId], ['arrived', moment(one.createdAt)], ['until', moment(one.expiresAt)],
                ['ended', moment(one.stoppedAt)], ...allowed(one),
                ['public key', one.publicKey ? theirs(one.publicKey) : null]]));
        tick();
        refocus(focused);
        // Its end takes the buttons away.
        if (focused && !body.contains(document.activeElement))
            element.querySelector('h1').focus({ preventScroll: true });
    }

    function used(one, row) {
        const [limits, usage] = [one.resourceLimits, one.resourceUsage];
        const figures = {
            tokens: [full(usage.tokensUsed), full(limits.maxTokenBudget)],
            network: [`${full(usage.networkEgressGB)} GB`, `${full(limits.maxNetworkEgressGB)} GB`],
            disk: [`${full(usage.diskUsedGB)} GB`, `${full(limits.maxDiskGB)} GB`],
            memory: [`${full(usage.memoryPeakMB)} MB`, `${full(limits.maxMemoryMB)} MB`],
            time: [span((row.stoppedAt ?? now()) - row.createdAt), span(row.expiresAt - row.createdAt)],
        };
        return h('table', { class: 'used' }, shares(row).map(share => {
            const one = bar();
            paint(one, share);
            return h('tr', null, h('th', { scope: 'row' }, share.name), h('td', null, one),
                h('td', null, `${figures[share.name][0]} of ${figures[share.name][1]}`));
        }), h('tr', null, h('th', { scope: 'row' }, 'processor'), h('td'),
            h('td', null, `${span(usage.cpuSeconds * 1000)} on ${limits.maxCpuCores} cores`)));
    }

    function stepsOfStay(one, events) {
        const steps = stepsOf(events);
        // What the VM's record knows and the log does not.
        const had = type => events.some(event => event.type === type);
        if (one.vm.requestedAt)
            steps.push({ at: one.vm.requestedAt, what: 'VM requested' });
        if (one.vm.destroyRequestedAt)
            steps.push({ at: one.vm.destroyRequestedAt, what: 'destruction of the VM requested' });
        if (one.vm.destroyedAt && !had('couch.vm.destroyed'))
            steps.push({ at: one.vm.destroyedAt, what: words['couch.vm.destroyed'] });
        steps.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
        if (!staying(one) && one.vm.state === 'left')
            steps.push({ at: null, what: 'no receipt: the VM was given by hand and is left alone' });
        else if (!staying(one) && one.vm.requestedAt && !one.vm.destroyedAt)
            steps.push({ at: null, what: 'the receipt is still owed' });
        return steps;
    }

    function extend() {
        const hours = h('input', { type: 'number', min: '0.01', max: '720', step: 'any', value: '1', required: true });
        const form = formOf(async () => {
            try {
                const extended = await call('POST', `/couch/guests/${encodeURIComponent(id)}/extend`, { hours: Number(hours.value) });
                box.close();
                say(`It stays until ${moment(extended.expiresAt)}.`);
                read();
            } catch (failure) {
                say(sentence(failure), true);
            }
        }, field('How many hours more', hours, 'The whole stay is at most 720 hours.'),
        h('div', { class: 'buttons' }, h('button', { class: 'main' }, 'Extend'), button('Cancel (Esc)', () => box.close())));
        const box = dialog('Give it more time', form);
    }

    const tick = () => {
        const cell = body.querySelector('.ticking');
        if (cell && guest)
            cell.textContent = span(Date.parse(guest.expiresAt) - now());
    };
    // Usage counters are no events: while somebody looks at a guest that stays, it is read once a minute.
    const ticking = setInterval(() => {
        tick();
        if (!document.hidden && guest && staying(guest) && now() - readAt >= longestUnread)
            read();
    }, 1000);
    // Its events may come in a burst: it is read again once.
    const onEvents = event => {
        if (event.detail.some(one => one.payload.guestId === id)) {
            clearTimeout(timer);
            timer = setTimeout(read, 150);
        }
    };
    house.addEventListener('events', onEvents);
    read();

    return {
        element, title: 'Guest', refresh: read,
        focus: () => element.querySelector('h1').focus(),
        keys: {
            x: () => guest && staying(guest) && askToKill(guest, read),
            e: () => guest && staying(guest) && extend(),
        },
        leave() {
            isGone = true;
            clearInterval(ticking);
            clearTimeout(timer);
            house.removeEventListener('events', onEvents);
        },
    };
}
