// Host keys made under the configured one: made, shown once, listed, revoked.
import { call, now, pages, sentence } from './api.js';
import { button, copyable, dialog, field, formOf, h, say, theirs } from './dom.js';
import { moment } from './text.js';

const scopes = ['invites', 'guests', 'meter', 'keys', 'events', 'webhooks', 'vms'];

export function keysView(app) {
    const rows = h('tbody');
    let isGone = false;

    async function read() {
        try {
            const found = [];
            for await (const page of pages('/couch/keys', 1))
                found.push(...page.keys);
            if (!isGone)
                rows.replaceChildren(...found.map(row));
        } catch (failure) {
            if (!isGone)
                say(sentence(failure), true);
        }
    }

    function row(key) {
        const isGood = !key.revokedAt && !(key.expiresAt && Date.parse(key.expiresAt) <= now());
        return h('tr', { class: isGood ? null : 'over' },
            h('td', null, theirs(key.name), h('small', { class: 'id' }, key.id)), h('td', null, key.scopes.join(', ')),
            h('td', null, moment(key.createdAt), key.createdWith?.name ? [' by ', theirs(key.createdWith.name)] : ''),
            h('td', null, key.revokedAt ? ['revoked ', moment(key.revokedAt),
                key.revokedWith?.name ? [' by ', theirs(key.revokedWith.name)] : ''].flat()
                : key.expiresAt ? `until ${moment(key.expiresAt)}` : 'no end'),
            h('td', null, key.revokedAt ? '' : button('Revoke', () => revoke(key), { class: 'danger small' })));
    }

    function make() {
        const name = h('input', { required: true, maxlength: '128', autocomplete: 'off' });
        const hours = h('input', { type: 'number', min: '0.001', max: '87600', step: 'any' });
        const wanted = scopes.map(scope => [scope, h('input', { type: 'checkbox' })]);
        const problem = h('p', { class: 'bad', role: 'alert' });
        const form = formOf(async () => {
            try {
                const made = await call('POST', '/couch/keys', {
                    name: name.value, scopes: wanted.filter(([, box]) => box.checked).map(([scope]) => scope),
                    ...(hours.value ? { expiresInHours: Number(hours.value) } : {}),
                });
                box.close();
                const shown = dialog('The key is made', h('div', null, h('p', null, 'It is shown here once.'),
                    copyable('Host key', made.key, 'key'),
                    h('div', { class: 'buttons' }, button('Done (Esc)', () => shown.close()))));
                read();
            } catch (failure) {
                problem.textContent = sentence(failure);
            }
        }, field('Name', name, 'What it is for.'),
        h('fieldset', null, h('legend', null, 'Scopes'), wanted.map(([scope, box]) => h('label', { class: 'check' }, box, ' ', scope))),
        field('Good for, in hours', hours, 'Empty: as long as the key that you signed in with.'), problem,
        h('div', { class: 'buttons' }, h('button', { class: 'main' }, 'Make the key'), button('Cancel (Esc)', () => box.close())));
        const box = dialog('Make a host key', form);
    }

    function revoke(key) {
        const act = async () => {
            box.close();
            try {
                await call('DELETE', `/couch/keys/${key.id}`);
                say('The key is revoked.');
            } catch (failure) {
                say(sentence(failure), true);
            }
            read();
        };
        const cancel = button('Cancel (Esc)', () => box.close());
        const box = dialog('Revoke this key?', h('div', null,
            h('p', null, theirs(key.name), ' opens nothing from then on, and neither do its sessions.'),
            h('div', { class: 'buttons' }, button('Revoke (y)', act, { class: 'danger' }), cancel)), { keys: { y: act }, focus: cancel });
    }

    read();
    return {
        element: h('section', { class: 'keys' }, h('h1', { tabindex: '-1' }, 'Host keys'),
            h('div', { class: 'tools' }, button('Make a key…', make, { class: 'main' })),
            h('div', { class: 'scroll' }, h('table', { class: 'list' },
                h('thead', null, h('tr', null, ['Key', 'Scopes', 'Made', 'Good', ''].map(
                text => h('th', { scope: 'col' }, text || h('span', { class: 'unseen' }, 'Actions'))))), rows))),
        title: 'Host keys', refresh: read, focus: () => app.heading(), keys: {},
        leave() {
            isGone = true;
        },
    };
}
