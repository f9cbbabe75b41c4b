// The first screen: who is in the house, what they may still spend, and whether anything of an ended guest is left.
import { kill, now, sentence } from './api.js';
import { button, dialog, fillTheirs, h, say, theirs } from './dom.js';
import { Grid } from './grid.js';
import { house, longestUnread, owes, shares, staying } from './house.js';
import { endMany } from './many.js';
import { clock, looksSecret, many, short, span, visible } from './text.js';

const filters = {
    '': ['all', () => true],
    staying: ['staying', staying],
    running: ['running', row => row.status === 'running'],
    provisioning: ['provisioning', row => row.status === 'provisioning'],
    ended: ['ended', row => !staying(row)],
    stopped: ['stopped', row => row.status === 'stopped'],
    expired: ['expired', row => row.status === 'expired'],
    revoked: ['revoked', row => row.status === 'revoked'],
    owed: ['ended, VM still owed', owes],
};

const rank = { running: 0, provisioning: 1 };
const most = row => Math.max(...shares(row).slice(0, 4).map(one => one.share));

// By what rows are sorted, within running, provisioning and ended; a minus in the address turns it round.
const orders = {
    newest: (a, b) => a.id < b.id ? 1 : -1,
    name: (a, b) => a.name.localeCompare(b.name, 'en'),
    time: (a, b) => a.expiresAt - b.expiresAt,
    used: (a, b) => most(b) - most(a),
    left: (a, b) => tokensLeft(a) - tokensLeft(b),
};

const tokensLeft = row => Math.max(0, row.limits.maxTokenBudget - row.usage.tokensUsed);

/** A share as the width of a bar: amber from 70 %, red from 90 %. */
export function paint(bar, { name, share }) {
    const percent = Math.round(share * 100);
    bar.className = `bar ${share >= 0.9 ? 'red' : share >= 0.7 ? 'amber' : ''}`;
    bar.firstChild.style.width = `${Math.min(100, percent)}%`;
    bar.setAttribute('aria-label', `${name}: ${percent} %`);
    bar.title = `${name}: ${percent} % used`;
}

export const bar = () => h('span', { class: 'bar', role: 'img' }, h('i'));

/** Asks once more, and ends the guest. */
export function askToKill(row, onDone) {
    const act = async () => {
        box.close();
        try {
            await kill(row.id);
            say(`${row.name} is ended. Its VM is being destroyed; the receipt comes by itself.`);
            onDone?.();
        } catch (failure) {
            say(`${row.name} was not ended: ${sentence(failure)}`, true);
        }
    };
    const cancel = button('Cancel (Esc)', () => box.close());
    const box = dialog('End this guest now?', h('div', null,
        h('p', null, theirs(row.name), ' loses its VM, with everything in it. This cannot be undone.'),
        h('p', { class: 'id' }, row.id),
        h('div', { class: 'buttons' }, button('Kill (y)', act, { class: 'danger', id: 'kill' }), cancel)),
    // The focus is on Cancel: a key that was pressed too often ends nobody.
    { keys: { y: act }, focus: cancel });
}

export function guestsView(app) {
    const search = h('input', {
        type: 'search', id: 'search', placeholder: 'Search  (/)', 'aria-label': 'Search by name, label, maker, id or reason',
        maxlength: '256',
        autocomplete: 'off', spellcheck: 'false', oninput: () => remember('q', search.value),
        onkeydown: event => {
            if (event.key === 'Enter' || event.key === 'ArrowDown')
                grid.element.focus();
        },
    });
    const status = h('select', { 'aria-label': 'Status', onchange: () => remember('status', status.value) },
        Object.entries(filters).map(([value, [label]]) => h('option', { value }, label)));
    const sort = h('select', { 'aria-label': 'Sort by', onchange: () => remember('sort', sort.value) },
        [['newest', 'newest'], ['time', 'time left'], ['used', 'most used'], ['left', 'tokens left'], ['name', 'name']]
            .flatMap(([value, label]) => [h('option', { value: value === 'newest' ? '' : value }, label),
                h('option', { value: '-' + value }, `${label}, turned`)]));
    let hidden = null;
    const shown = h('p', { class: 'shown', 'aria-live': 'polite' });
    const cards = h('div', { class: 'cards' });

    const sorted = key => () => {
        const by = sort.value || 'newest';
        return by === key ? 'ascending' : by === '-' + key ? 'descending' : null;
    };
    const column = (name, label, key) => ({ name, label, sort: key, isSorted: key ? sorted(key) : null });
    const grid = new Grid({
        label: 'Guests', onOpen: row => app.go({ guest: row.id }), empty: 'No guest matches. Press n to write an invite.',
        columns: [column('status', 'Status'), column('name', 'Guest', 'name'), column('label', 'Invite'),
            column('time', 'Time left', 'time'),
            column('usage', 'Used', 'used'), column('left', 'May still spend', 'left'), column('acts', '')],
        onSort: key => remember('sort', (sort.value || 'newest') === key ? '-' + key : key === 'newest' ? '' : key),
        fill,
    });

    function fill(cells, row, element) {
        element.className = `row ${row.status}`;
        cells.status.textContent = row.status;
        fillTheirs(cells.name.firstChild ?? cells.name.appendChild(document.createElement('bdi')), row.name);
        const invite = house.invites.get(row.inviteId);
        fillTheirs(cells.label.firstChild ?? cells.label.appendChild(document.createElement('bdi')),
            invite ? invite.label || invite.createdBy : '');
        fillTime(cells.time, row);
        if (!cells.usage.firstChild)
            cells.usage.append(bar(), bar(), bar(), bar(), bar());
        shares(row).forEach((share, at) => paint(cells.usage.children[at], share));
        cells.left.textContent = staying(row)
            ? `${short(tokensLeft(row))} tokens, ${short(Math.max(0, row.limits.maxNetworkEgressGB - row.usage.networkEgressGB))} GB out`
            : row.vm === 'none' ? 'no VM' : row.vm === 'destroyed' ? 'VM destroyed' : `VM ${row.vm}`;
        cells.left.classList.toggle('owed', owes(row));
        if (!cells.acts.firstChild)
            cells.acts.append(button('Kill', event => askToKill(grid.rows[event.target.closest('[role=row]').dataset.index]),
                { class: 'danger small', tabindex: '-1' }));
        cells.acts.firstChild.hidden = !staying(row);
    }

    function fillTime(cell, row) {
        const left = row.expiresAt - now();
        cell.textContent = staying(row) ? left > 0 ? span(left) : 'over' : row.endReason ?? row.status;
        cell.title = staying(row) ? `until ${new Date(row.expiresAt).toLocaleString('en-GB')}`
            : row.endedBy ? `by ${visible(row.endedBy)}` : '';
    }

    // The view is in the address, so that it can be shared and is there again after a reload. What may be a secret stays out of it.
    function remember(name, value) {
        if (name === 'q')
            hidden = looksSecret(value) ? value : null;
        app.replace({ [name]: value || null });
        draw();
    }

    function draw() {
        const asked = app.query();
        const wanted = hidden ?? asked.get('q') ?? '';
        if (document.activeElement !== search)
            search.value = wanted;
        status.value = asked.get('status') in filters ? asked.get('status') : '';
        sort.value = asked.get('sort') ?? '';
        if (sort.selectedIndex < 0)
            sort.value = '';
        const by = sort.value || 'newest';
        const order = orders[by.replace('-', '')];
        const turn = by.startsWith('-') ? -1 : 1;
        const text = wanted.trim().toLowerCase();
        const isWanted = filters[status.value][1];
        const rows = [...house.guests.values()].filter(row => isWanted(row) && (text === '' || matches(row, text)));
        rows.sort((a, b) => (rank[a.status] ?? 2) - (rank[b.status] ?? 2) || turn * order(a, b) || (a.id < b.id ? 1 : -1));
        grid.set(rows);
        shown.textContent = `${many(rows.length, 'guest')} shown`
            + (house.isLoaded ? '.' : ', reading…') + (house.isWhole ? '' : ' There are more: only the latest are here.')
            + whenUsage();
        drawCards();
    }

    /** As of when the bars are: those in sight are kept fresh, those of a small house all. */
    function whenUsage() {
        const [all, sight] = [house.usageAt, house.sightAt];
        return !all ? '' : sight - all < longestUnread ? ` Usage as of ${clock(all)}, read once a minute.`
            : ` Usage in sight as of ${clock(sight)}, read once a minute; of all others as of ${clock(all)}: r reads it again.`;
    }

    function matches(row, text) {
        const invite = house.invites.get(row.inviteId);
        return [row.name, row.id, row.inviteId, row.endReason, row.endedBy, invite?.label, invite?.createdBy]
            .some(one => one?.toLowerCase().includes(text));
    }

    function drawCards() {
        const counts = house.summary?.guests ?? house.count();
        const left = house.left();
        const invites = house.summary?.invites;
        const [owed, isOwed] = whatIsOwed();
        cards.replaceChildren(
            card('In the house', `${counts.running} running`, [
                `${counts.provisioning} provisioning`, invites ? `${many(invites.active, 'open invite')}` : null,
                `${counts.stopped + counts.expired + counts.revoked} ended${house.summary ? '' : ' here'}`]),
            card('May still spend', `${short(left.tokens)} tokens`,
                [`${short(left.network)} GB to the network`, `among ${many(left.guests, 'guest')}`]),
            card('Owed', owed[0], owed.slice(1), isOwed === null ? 'unknown' : isOwed ? 'bad' : 'good'));
    }

    /** What the couch owes: zero is green. Without its own count there is only what the table shows. */
    function whatIsOwed() {
        const owed = house.summary?.owed;
        if (!owed) {
            const here = [...house.guests.values()].filter(owes).length;
            return [[here > 0 ? `${here} not destroyed` : '—', house.whyNoSummary ?? 'Reading…'], here > 0 ? true : null];
        }
        const said = [];
        if (owed.destroysOutstanding > 0)
            said.push(`${many(owed.destroysOutstanding, 'VM')} to destroy, the oldest for `
                + span((owed.oldestDestroySeconds ?? 0) * 1000));
        if (owed.unclaimedVms > 0)
            said.push(`${many(owed.unclaimedVms, 'VM')} of nobody`);
        if (owed.provisioningOverAMinute > 0)
            said.push(`${many(owed.provisioningOverAMinute, 'guest')} waiting for a VM for over a minute`);
        const sum = owed.destroysOutstanding + (owed.unclaimedVms ?? 0) + owed.provisioningOverAMinute;
        return [[String(sum), ...(said.length ? said : ['nothing of an ended guest is left']),
            owed.unclaimedVms === null ? 'whether there are VMs of nobody is not known' : null], sum > 0];
    }

    const element = h('section', { class: 'guests' },
        h('h1', { tabindex: '-1' }, 'Guests'), cards,
        h('div', { class: 'tools', role: 'search' }, search, status, sort, button('Invite (n)', () => app.act('n'), { class: 'main' }),
            button('End many…', () => endMany(grid.rows))),
        shown, grid.element);

    const onChange = () => draw();
    house.addEventListener('change', onChange);
    // Time passes for the rows in sight.
    const ticking = setInterval(() => {
        if (document.hidden)
            return;
        grid.refresh();
        if (house.isLoaded && house.connection !== 'gone' && now() - house.triedAt >= longestUnread)
            house.freshen(grid.inSight.filter(row => row.status === 'running').map(row => row.id));
    }, 1000);
    draw();

    return {
        element, title: 'Guests', grid,
        refresh: () => draw(),
        focus: () => grid.element.focus(),
        search: () => search,
        keys: {
            x: () => grid.selected && staying(grid.selected) && askToKill(grid.selected),
        },
        leave() {
            house.removeEventListener('change', onChange);
            clearInterval(ticking);
        },
    };
}

export function card(title, figure, lines, kind) {
    return h('section', { class: `card ${kind ?? ''}`, 'aria-label': title }, h('h2', null, title), h('p', { class: 'figure' }, figure),
        lines.filter(line => line).map(line => h('p', null, line)));
}
