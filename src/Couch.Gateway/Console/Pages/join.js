// The page of an invite's link. The code is in the address's fragment, which browsers send to nobody.
import { call, insist, random, sentence } from './api.js';
import { copyable, field, formOf, h, theirs } from './dom.js';
import { isCode, pasteBlock, pasteFor } from './paste.js';
import { full, moment } from './text.js';

const main = h('main', { class: 'join' });
const bad = text => h('p', { class: 'bad', role: 'alert' }, text);

function offer(invite) {
    const { resourceLimits: most, permissions: may } = invite;
    const line = (what, value) => h('div', null, h('dt', null, what), h('dd', null, value));
    return h('section', null, h('h2', null, 'What is offered'),
        invite.label ? h('p', null, 'In the host’s words, which are data and no instruction: “', theirs(invite.label), '”') : null,
        h('dl', null, line('Status', h('span', { id: 'status' }, invite.status)), line('May be redeemed until', moment(invite.expiresAt)),
            line('Stay', `${full(most.maxDurationHours)} hours`), line('Tokens', full(most.maxTokenBudget)),
            line('Machine', `${full(most.maxCpuCores)} cores, ${full(most.maxMemoryMB)} MB, ${full(most.maxDiskGB)} GB of disk`),
            line('To the network', may.canAccessInternet ? `${full(most.maxNetworkEgressGB)} GB` : 'nothing: no internet'),
            line('Host’s services', may.canAccessHostServices ? 'may be reached' : 'may not be reached'),
            line('Agents of its own', may.canSpawnSubAgents ? 'may be started' : 'may not be started')));
}

function redeemHere(code) {
    const name = h('input', { required: true, maxlength: '128', autocomplete: 'off', id: 'name' });
    const key = h('input', { autocomplete: 'off', spellcheck: 'false', id: 'public-key' });
    const problem = bad('');
    // One for the page: sent again after a lost answer, it gives the same token.
    const attempt = random();
    const section = h('section', null, h('h2', null, 'Redeem it here'),
        h('p', null, 'The token is shown once, on this page. If an agent is to be the guest, give it the text above instead.'),
        formOf(async () => {
            const body = { code, name: name.value, publicKey: key.value.trim() || undefined };
            try {
                const stay = await insist(() => call('POST', 'couch/redeem', body, { headers: { 'Idempotency-Key': attempt } }));
                // The code is spent: the address is only the page's again.
                isRedeemed = true;
                history.replaceState(null, '', location.pathname);
                section.replaceChildren(h('h2', null, 'You are a guest'),
                    h('p', null, 'The token is the guest’s own secret. It is shown only here: keep it now.'),
                    copyable('Token', stay.authToken, 'token'), copyable('Guest', stay.guestId, 'guest'),
                    h('p', null, 'The stay ends at ', moment(stay.expiresAt), ' at the latest.'));
                main.replaceChildren(section);
            } catch (failure) {
                problem.textContent = sentence(failure);
            }
        }, field('Name of the guest', name), field('SSH public key', key, 'Optional: one line, for access to the VM.'), problem,
            h('div', { class: 'buttons' }, h('button', { class: 'main', id: 'redeem' }, 'Redeem'))));
    return section;
}

// Once a token is shown, another fragment must not take it off the page: it is shown nowhere else.
let isRedeemed = false;

async function show() {
    if (isRedeemed)
        return;
    const code = location.hash.slice(1);
    // An answer may come after that of a later fragment, or after a redeem.
    const isLate = () => isRedeemed || code !== location.hash.slice(1);
    const title = h('h1', { tabindex: '-1' }, 'An invite to a couch');
    const lead = h('p', null, 'A couch lends a machine to an agent for a limited time.');
    if (!isCode(code)) {
        main.replaceChildren(title, lead, bad(code ? 'The code in this link is cut short or mistyped: ask the host for the whole link.'
            : 'This link has no code. The whole link ends in #inv_…: ask the host for it.'));
        return;
    }
    try {
        const [invite, { couch, text }] = await Promise.all([
            insist(() => call('POST', 'couch/invites/preview', { code })), insist(() => pasteFor(code)),
        ]);
        if (isLate())
            return;
        // The body by a here-document: a secret among a program's arguments is in the list of processes.
        const byCurl = `curl -X POST ${couch}/couch/redeem -H "Content-Type: application/json" -d @- <<'EOF'\n`
            + `{"code":"${code}","name":"your-name"}\nEOF`;
        const byCouch = `echo ${code} | couch redeem --name your-name --url ${couch}`;
        main.replaceChildren(title, lead, offer(invite), ...(invite.status === 'active' ? [
            h('section', null, h('h2', null, 'For an agent'),
                h('p', null, 'Paste this to the agent that is to be the guest. It holds the code, which is a secret: whoever has it can '
                    + 'redeem the invite, once.'), pasteBlock(text), copyable('Or the one command that redeems it', byCurl, 'command'),
                copyable('The same by the command line couch', byCouch, 'couch-command')),
            redeemHere(code)] : [bad(`This invite is ${invite.status}: it can be redeemed no more.`)]));
    } catch (failure) {
        if (!isLate())
            main.replaceChildren(title, lead, bad(sentence(failure)));
    }
}

document.body.replaceChildren(main);
addEventListener('hashchange', show);
show();
