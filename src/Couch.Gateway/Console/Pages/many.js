// Many at once: counted first, and done only by whoever types the count.
import { call, open, Refused, sentence } from './api.js';
import { button, dialog, field, h, say, theirs } from './dom.js';
import { house, staying } from './house.js';
import { many } from './text.js';

const mostIds = 1000;

/** Ends many guests: those that are shown, or all that stay, of one host or one label. */
export function endMany(rows) {
    const ids = rows.filter(staying).map(row => row.id);
    ask({
        title: 'End many guests', verb: 'End', path: '/couch/guests/kill', count: 'killed', noun: 'guest', single: 'End them one by one.',
        shown: ids, all: 'all that stay',
    });
}

/** Revokes many invites that nobody has redeemed. */
export function revokeMany(invites) {
    ask({
        title: 'Revoke many invites', verb: 'Revoke', path: '/couch/invites/revoke', count: 'revoked', noun: 'invite',
        single: 'Revoke them one by one.', shown: invites.filter(invite => invite.status === 'active').map(invite => invite.id),
        all: 'all that are open',
    });
}

function ask({ title, verb, path, count, noun, single, shown, all }) {
    const which = h('select', { onchange: () => reset() },
        h('option', { value: 'ids', disabled: shown.length === 0 || shown.length > mostIds },
            `those shown: ${many(shown.length, noun)}${shown.length > mostIds ? `, at most ${mostIds} at once` : ''}`),
        h('option', { value: 'all', selected: shown.length === 0 || shown.length > mostIds }, all));
    const createdBy = h('input', { maxlength: '128', oninput: () => reset(), autocomplete: 'off' });
    const label = h('input', { maxlength: '256', oninput: () => reset(), autocomplete: 'off' });
    const answer = h('div', { 'aria-live': 'polite' });
    const counting = button('Count first', () => preview(), { class: 'main' });
    const box = dialog(title, h('div', null,
        field('Which', which), field('Only of the host (createdBy)', createdBy, 'Exactly; empty: of all.'),
        field('Only with the label', label, 'Exactly; empty: with any.'), answer,
        h('div', { class: 'buttons' }, counting, button('Close (Esc)', () => box.close()))));

    // What is shown belongs to the fields as they are now: a change takes it away, and an answer that comes later is dropped.
    let asked = 0;
    const reset = () => {
        asked++;
        answer.replaceChildren();
    };
    const selection = () => ({
        ...(which.value === 'all' ? { all: true } : { ids: shown }),
        ...(createdBy.value.trim() ? { createdBy: createdBy.value.trim() } : {}),
        ...(label.value.trim() ? { label: label.value.trim() } : {}),
    });

    async function preview() {
        reset();
        const [wanted, mine] = [selection(), asked];
        answer.replaceChildren(h('p', null, 'Counting…'));
        try {
            const would = await call('POST', path, { ...wanted, dryRun: true });
            if (mine !== asked)
                return;
            const number = would[count];
            if (number === 0)
                return answer.replaceChildren(h('p', null, `There is no ${noun} to end that way.`));
            const typed = h('input', { inputmode: 'numeric', autocomplete: 'off',
                oninput: () => { act.disabled = typed.value !== String(number); } });
            const act = button(`${verb} ${many(number, noun)}`, () => run(wanted, number), { class: 'danger', disabled: true });
            answer.replaceChildren(
                h('p', null, `${many(number, noun)} would be ${count}; ${would.alreadyEnded} ended already. This cannot be undone.`),
                field(`Type ${number} to go on`, typed), act);
            typed.focus();
        } catch (failure) {
            if (mine === asked)
                answer.replaceChildren(h('p', { class: 'bad' }, why(failure)));
        }
    }

    /** Does what was counted, whatever the fields say by then. */
    async function run(wanted, number) {
        const progress = h('p', null, `0 of ${number}…`);
        answer.replaceChildren(progress);
        const fields = [which, createdBy, label, counting];
        fields.forEach(one => { one.disabled = true; });
        try {
            const done = await follow(wanted, so => { progress.textContent = `${so[count]} of ${number}…`; });
            answer.replaceChildren(
                h('p', null, `${many(done[count], noun)} ${count}, ${done.alreadyEnded} ended already, ${done.failed.length} failed.`),
                done.failed.length === 0 ? '' : h('ul', null,
                    done.failed.slice(0, 50).map(one => h('li', null, `${one.id}: `, theirs(one.error)))));
            say(`${many(done[count], noun)} ${count}.`);
            house.summarize();
        } catch (failure) {
            answer.replaceChildren(h('p', { class: 'bad' }, why(failure), ' What was asked is safe to be asked again.'));
        } finally {
            fields.forEach(one => { one.disabled = false; });
        }
    }

    /** Each line is how far it is; the last one is the answer. */
    async function follow(wanted, onLine) {
        const response = await open(path, { Accept: 'application/x-ndjson', 'Content-Type': 'application/json' }, undefined,
            { method: 'POST', body: JSON.stringify(wanted) });
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let [rest, last] = ['', null];
        const take = line => {
            if (line.trim())
                onLine(last = JSON.parse(line));
        };
        for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
            const lines = (rest + value).split('\n');
            rest = lines.pop();
            lines.forEach(take);
        }
        take(rest);
        if (!last)
            throw new Refused(0, 'the answer has no end');
        return last;
    }

    const why = failure => failure.status === 404 || failure.status === 405
        ? `This couch cannot do that for many at once: POST ${path} answers ${failure.status}. ${single}`
        : sentence(failure);
}
