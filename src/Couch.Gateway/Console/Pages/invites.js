// Invites: written, shown once with their code, listed, and taken back.
import { call, insist, now, pages, random, sentence } from './api.js';
import { button, copyable, dialog, field, fillTheirs, formOf, h, say } from './dom.js';
import { Grid } from './grid.js';
import { house } from './house.js';
import { askToRevoke } from './invite.js';
import { revokeMany } from './many.js';
import { pasteBlock, pasteFor } from './paste.js';
import { many, moment, span } from './text.js';

const mostPages = 10;

const limits = [
    ['maxTokenBudget', 'Tokens', 50_000_000, 1], ['maxDurationHours', 'Hours', 72, 'any'], ['maxCpuCores', 'Cores', 2, 'any'],
    ['maxMemoryMB', 'Memory in MB', 4096, 'any'], ['maxDiskGB', 'Disk in GB', 20, 'any'],
    ['maxNetworkEgressGB', 'GB to the network', 10, 'any'],
];

const permissions = [
    ['canAccessInternet', 'may reach the internet', true], ['canSpawnSubAgents', 'may start agents of its own', false],
    ['canAccessHostServices', 'may reach services of the host’s network', false],
];

/** The command that redeems an invite here, as a shell takes it. */
export const redeemCommand = code =>
    `curl -X POST ${location.origin}/couch/redeem -H "Content-Type: application/json" -d '{"code":"${code}","name":"your-name"}'`;

/** The same by the command line. */
export const redeemByCouch = code => `echo ${code} | couch redeem --name your-name --url ${location.origin}`;

/** Writes an invite, and shows its code. */
export function invite(onDone) {
    const createdBy = h('input', { required: true, maxlength: '128', autocomplete: 'off' });
    const label = h('input', { maxlength: '256', autocomplete: 'off' });
    const open = h('input', { type: 'number', min: '0.001', max: '720', step: 'any', value: '24', required: true });
    const enforcement = h('select', null, h('option', { value: 'stop' }, 'the guest is stopped'),
        h('option', { value: 'report' }, 'it is only reported'));
    const most = limits.map(([name, , standard, step]) => [name,
        h('input', { type: 'number', min: '0', step: String(step), value: String(standard), required: true })]);
    const may = permissions.map(([name, , standard]) => [name, h('input', { type: 'checkbox', checked: standard })]);
    const problem = h('p', { class: 'bad', role: 'alert' });
    // One for the whole dialog: sent again after a lost answer, it gives the same invite.
    const key = random();

    const form = formOf(async () => {
        const body = {
            createdBy: createdBy.value, label: label.value, expiresInHours: Number(open.value), enforcement: enforcement.value,
            resourceLimits: Object.fromEntries(most.map(([name, input]) => [name, Number(input.value)])),
            permissions: Object.fromEntries(may.map(([name, input]) => [name, input.checked])),
        };
        try {
            const made = await insist(() => call('POST', '/couch/invites', body, { headers: { 'Idempotency-Key': key + digest(body) } }));
            box.close();
            show(made);
            onDone?.();
        } catch (failure) {
            problem.textContent = sentence(failure);
        }
    },
    field('Host (createdBy)', createdBy), field('Label', label, 'What it is for; you find the guest by it.'),
    h('fieldset', null, h('legend', null, 'The guest may use'), most.map(([, input], at) => field(limits[at][1], input))),
    h('fieldset', null, h('legend', null, 'The guest may reach'),
        may.map(([, input], at) => h('label', { class: 'check' }, input, ' ', permissions[at][1]))),
    field('Over a limit', enforcement), field('May be redeemed for, in hours', open), problem,
    h('div', { class: 'buttons' }, h('button', { class: 'main' }, 'Write the invite'), button('Cancel (Esc)', () => box.close())));
    const box = dialog('Write an invite', form);
}

// A body that was changed after a refusal is another request.
const digest = body => [...JSON.stringify(body)].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) | 0, 7).toString(36);

function show(made) {
    const forAgent = h('div', { 'aria-live': 'polite' });
    insist(() => pasteFor(made.code)).then(({ link, text }) => forAgent.replaceChildren(
        copyable('Link for an agent or a person', link, 'join-link'), pasteBlock(text)), failure => {
        forAgent.textContent = `There is no link: ${sentence(failure)}`;
    });
    const box = dialog('The invite is written', h('div', null,
        h('p', null, 'Its code is shown here once. Whoever has it can redeem it, once, until ', moment(made.expiresAt), '.'),
        copyable('Code', made.code, 'code'), copyable('Command that redeems it', redeemCommand(made.code), 'command'),
        copyable('The same by the command line couch', redeemByCouch(made.code), 'couch-command'),
        forAgent,
        h('div', { class: 'buttons' }, button('Done (Esc)', () => box.close()))));
}

export function invitesView(app) {
    let invites = [];
    let isGone = false;
    let timer = 0;
    const status = h('select', { 'aria-label': 'Status', onchange: () => { app.replace({ status: status.value || null }); draw(); } },
        ['', 'active', 'redeemed', 'revoked', 'expired'].map(value => h('option', { value }, value || 'all')));
    const search = h('input', { type: 'search', id: 'search', placeholder: 'Search  (/)', 'aria-label': 'Search by label, host or id',
        maxlength: '256',
        autocomplete: 'off', value: app.query().get('q') ?? '',
        oninput: () => { app.replace({ q: search.value || null }); draw(); } });
    const shown = h('p', { class: 'shown', 'aria-live': 'polite' });
    const grid = new Grid({
        label: 'Invites', empty: 'No invite matches. Press n to write one.',
        columns: [{ name: 'status', label: 'Status' }, { name: 'name', label: 'Label' }, { name: 'label', label: 'Host' },
            { name: 'time', label: 'Open for, or when' },
            { name: 'left', label: 'Redeemed by' }, { name: 'acts', label: '' }],
        onOpen: row => app.go({ view: 'invites', status: null, q: null, invite: row.id }),
        fill(cells, row, element) {
            element.className = `row invite ${row.status}`;
            cells.status.textContent = row.status;
            fillTheirs(cells.name, row.label || '(no label)');
            fillTheirs(cells.label, row.createdBy);
            cells.time.textContent = row.status === 'active' ? span(Date.parse(row.expiresAt) - now())
                : moment(row.redeemedAt ?? row.expiresAt);
            fillTheirs(cells.left, row.redeemedBy ?? '');
            cells.acts.replaceChildren(...(row.status === 'active'
                ? [button('Revoke', () => askToRevoke(row, read), { class: 'danger small', tabindex: '-1' })] : []));
        },
    });

    function draw() {
        const wanted = app.query().get('status') ?? '';
        status.value = wanted;
        const text = search.value.trim().toLowerCase();
        const rows = invites.filter(one => (!wanted || one.status === wanted) && (!text
            || [one.label, one.createdBy, one.id, one.redeemedBy].some(field => field?.toLowerCase().includes(text))));
        grid.set(rows);
        shown.textContent = `${many(rows.length, 'invite')} shown`;
    }

    async function read() {
        try {
            const found = [];
            for await (const page of pages('/couch/invites', mostPages)) {
                if (isGone)
                    return;
                // The code is a secret: a list does not keep it.
                found.push(...page.invites.map(({ code, ...rest }) => rest));
            }
            invites = found;
            draw();
        } catch (failure) {
            if (!isGone)
                say(sentence(failure), true);
        }
    }

    const onEvents = event => {
        if (event.detail.some(one => one.type.startsWith('couch.invite.'))) {
            clearTimeout(timer);
            timer = setTimeout(read, 500);
        }
    };
    house.addEventListener('events', onEvents);
    read();

    return {
        element: h('section', { class: 'invites' }, h('h1', { tabindex: '-1' }, 'Invites'),
            h('div', { class: 'tools', role: 'search' }, search, status, button('Invite (n)', () => app.act('n'), { class: 'main' }),
                button('Revoke many…', () => revokeMany(grid.rows))), shown, grid.element),
        title: 'Invites', grid, refresh: read, focus: () => grid.element.focus(), search: () => search,
        keys: { x: () => grid.selected?.status === 'active' && askToRevoke(grid.selected, read) },
        leave() {
            isGone = true;
            clearTimeout(timer);
            house.removeEventListener('events', onEvents);
        },
    };
}
