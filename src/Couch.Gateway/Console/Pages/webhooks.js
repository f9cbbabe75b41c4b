// Webhooks: made, with their secret shown once; watched, tested, taken up again, deleted.
import { call, pages, sentence } from './api.js';
import { button, copyable, dialog, field, formOf, h, say, theirs } from './dom.js';
import { moment } from './text.js';

export function webhooksView(app) {
    const rows = h('tbody');
    let isGone = false;

    async function read() {
        try {
            const found = [];
            for await (const page of pages('/couch/webhooks', 1))
                found.push(...page.webhooks);
            if (!isGone)
                rows.replaceChildren(...found.map(row));
        } catch (failure) {
            if (!isGone)
                say(sentence(failure), true);
        }
    }

    const doing = (text, act) => button(text, async () => {
        try {
            await act();
        } catch (failure) {
            say(sentence(failure), true);
        }
        read();
    }, { class: 'small' });

    function row(one) {
        const path = `/couch/webhooks/${one.id}`;
        return h('tr', { class: one.state === 'active' ? null : 'bad' },
            h('td', null, theirs(one.url), h('small', null, theirs(one.description ?? ''))), h('td', null, one.types?.join(', ') ?? 'all'),
            h('td', null, one.state, one.failingSince ? ` since ${moment(one.failingSince)}` : '',
                one.lastError ? h('small', null, theirs(one.lastError)) : ''),
            h('td', null, one.behind >= 10_000 ? '10,000 or more' : String(one.behind)),
            h('td', { class: 'buttons' },
                doing('Test', async () => {
                    const answer = await call('POST', `${path}/test`);
                    say(answer.delivered ? `It answered ${answer.status} in ${answer.durationMs} ms.`
                        : `It was not delivered: ${answer.error}`, !answer.delivered);
                }),
                one.state === 'active' ? null : doing('Resume', () => call('POST', `${path}/resume`)),
                button('Delete', () => remove(one), { class: 'danger small' })));
    }

    function make() {
        const url = h('input', { type: 'url', required: true, maxlength: '2048', autocomplete: 'off' });
        const types = h('input', { autocomplete: 'off' });
        const description = h('input', { maxlength: '256', autocomplete: 'off' });
        const problem = h('p', { class: 'bad', role: 'alert' });
        const form = formOf(async () => {
            const wanted = types.value.split(',').map(one => one.trim()).filter(Boolean);
            try {
                const made = await call('POST', '/couch/webhooks', {
                    url: url.value, ...(wanted.length ? { types: wanted } : {}),
                    ...(description.value.trim() ? { description: description.value } : {}),
                });
                box.close();
                const shown = dialog('The webhook is made', h('div', null,
                    h('p', null, 'The secret that signs its deliveries is shown here once.'),
                    copyable('Secret', made.secret, 'secret'), h('div', { class: 'buttons' }, button('Done (Esc)', () => shown.close()))));
                read();
            } catch (failure) {
                problem.textContent = sentence(failure);
            }
        }, field('Address', url), field('Types', types, 'With commas, such as couch.guest.*; empty: all.'),
            field('What it is for', description), problem,
        h('div', { class: 'buttons' }, h('button', { class: 'main' }, 'Make the webhook'), button('Cancel (Esc)', () => box.close())));
        const box = dialog('Make a webhook', form);
    }

    function remove(one) {
        const act = async () => {
            box.close();
            try {
                await call('DELETE', `/couch/webhooks/${one.id}`);
                say('The webhook is deleted.');
            } catch (failure) {
                say(sentence(failure), true);
            }
            read();
        };
        const cancel = button('Cancel (Esc)', () => box.close());
        const box = dialog('Delete this webhook?', h('div', null, h('p', null, 'Nothing more is sent to ', theirs(one.url), '.'),
            h('div', { class: 'buttons' }, button('Delete (y)', act, { class: 'danger' }), cancel)), { keys: { y: act }, focus: cancel });
    }

    read();
    return {
        element: h('section', { class: 'webhooks' }, h('h1', { tabindex: '-1' }, 'Webhooks'),
            h('div', { class: 'tools' }, button('Make a webhook…', make, { class: 'main' })),
            h('div', { class: 'scroll' }, h('table', { class: 'list' },
                h('thead', null, h('tr', null, ['Address', 'Types', 'State', 'Behind', ''].map(
                text => h('th', { scope: 'col' }, text || h('span', { class: 'unseen' }, 'Actions'))))), rows))),
        title: 'Webhooks', refresh: read, focus: () => app.heading(), keys: {},
        leave() {
            isGone = true;
        },
    };
}
