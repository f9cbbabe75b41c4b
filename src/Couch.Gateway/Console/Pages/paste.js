// What a host hands to a guest's agent: the link of an invite, and the block of text that says all of it. The couch writes the text for
// everybody alike; the code is put into it here, so that it is in no address and on no way.
import { Refused } from './api.js';
import { button, copy, h } from './dom.js';

const place = "COUCH_CODE='inv_...'";

/** Whether a text is a code, or at least looks like one: nothing that a shell would read as more than a text. */
export const isCode = text => /^inv_[A-Za-z0-9_-]{64}$/.test(text);

/** The link and the text for this code. The address in them is the couch's as others reach it, which need not be this page's. */
export async function pasteFor(code) {
    let response;
    try {
        response = await fetch('join', {
            headers: { Accept: 'text/markdown' }, cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
        });
    } catch {
        throw new Refused(0, 'the couch does not answer', 'The connection is gone, or the couch is down.');
    }
    const text = await response.text();
    const page = /^<([^>]+)>; rel="canonical"$/.exec(response.headers.get('Link') ?? '')?.[1];
    if (!response.ok || !page || !text.includes(place))
        throw new Refused(response.status, 'the couch has no text for agents at this address');
    const told = page.replace(/\/join$/, '');
    // Where TLS ends at a proxy, the browser knows it and the couch may not: the code must not be sent in the clear.
    const couch = told === `http://${location.host}` ? location.origin : told;
    const filled = text.replaceAll(told, () => couch).replace(place, () => `COUCH_CODE='${code}'`);
    return { couch, link: `${couch}/join#${code}`, text: filled };
}

/** A text of many lines, to be copied with one press. */
export const pasteBlock = text => h('div', null, h('pre', { class: 'paste', id: 'paste', tabindex: '0' }, text),
    button('Copy for an agent', () => copy(text), { id: 'copy-paste' }));
