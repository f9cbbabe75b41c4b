// Elements without markup: every text is set as text, so that nothing that others have written is ever read as HTML.
import { pieces, visible } from './text.js';

/** An element. `on…` properties are listeners; what is null or false is left out; children are nodes or texts. */
export function h(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties ?? {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith('on'))
            element.addEventListener(name.slice(2), value);
        else
            element.setAttribute(name === 'class' ? 'class' : name, value === true ? '' : value);
    }
    element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
    return element;
}

/** Text from outside: kept apart from what stands beside it, with escapes where something cannot be seen. */
export const theirs = text => fillTheirs(document.createElement('bdi'), text);

export function fillTheirs(element, text) {
    element.replaceChildren(...pieces(text ?? '').map(
        piece => piece.isEscape ? h('span', { class: 'escape' }, piece.text) : document.createTextNode(piece.text)));
    element.title = visible(text ?? '');
    return element;
}

export const button = (label, onclick, properties) => h('button', { type: 'button', onclick, ...properties }, label);

/** A field under its label. */
export function field(label, input, hint) {
    return h('label', { class: 'field' }, h('span', null, label), input, hint ? h('small', null, hint) : null);
}

/** A form that is sent once at a time: a second press while the first is under way does nothing. */
export function formOf(send, ...children) {
    let isUnderWay = false;
    return h('form', { onsubmit: async event => {
        event.preventDefault();
        if (isUnderWay)
            return;
        isUnderWay = true;
        const act = event.target.querySelector('button.main');
        const hadFocus = document.activeElement === act;
        act.disabled = true;
        try {
            await send();
        } finally {
            [isUnderWay, act.disabled] = [false, false];
            if (hadFocus)
                act.focus();
        }
    } }, ...children);
}

let live;

/** Says something to whoever listens rather than looks, and shows it for a while to whoever looks. */
export function say(text, isBad = false) {
    live ??= h('div', { class: 'said', role: 'status', 'aria-live': 'polite' });
    if (!live.isConnected)
        document.body.append(live);
    const line = h('p', { class: isBad ? 'bad' : null }, visible(text));
    live.append(line);
    while (live.childElementCount > 4)
        live.firstChild.remove();
    setTimeout(() => line.remove(), isBad ? 12_000 : 6_000);
}

/**
 * A dialog over the page. Esc closes it, as its Close button does; the focus returns to where it was.
 * @param keys what a single letter does while it is open and nothing is being typed.
 */
export function dialog(title, content, { keys = {}, onclose, focus } = {}) {
    const before = document.activeElement;
    const box = h('dialog', { 'aria-labelledby': 'dialog-title' }, h('h2', { id: 'dialog-title' }, title), content);
    box.addEventListener('close', () => {
        box.remove();
        refocus(before);
        onclose?.();
    });
    box.addEventListener('keydown', event => {
        event.stopPropagation();
        if (!isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key]) {
            event.preventDefault();
            keys[event.key]();
        }
    });
    document.body.append(box);
    box.showModal();
    (focus ?? box.querySelector('input, select, textarea, button'))?.focus();
    return { box, close: () => box.close() };
}

/** Gives the focus back to an element, or to its successor where the page was drawn anew: the one of the same role. */
export function refocus(element) {
    const role = element?.dataset?.role;
    (element?.isConnected ? element : role && document.querySelector(`[data-role="${role}"]`))?.focus?.({ preventScroll: true });
}

export const isTyping = element => element.matches?.('input:not([type=checkbox]), textarea, select') ?? false;

/** Copies a text, also where the page has no clipboard because it came over plain HTTP. */
export async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        const area = h('textarea', { class: 'away', 'aria-hidden': 'true' });
        area.value = text;
        (document.querySelector('dialog[open]') ?? document.body).append(area);
        area.select();
        const isDone = document.execCommand('copy');
        area.remove();
        if (!isDone)
            return say('It could not be copied: select it and copy it by hand.', true);
    }
    say('Copied.');
}

/** A secret or a command, to be copied with one press. */
export function copyable(label, text, id) {
    const shown = h('code', { id, tabindex: '0' }, text);
    return h('div', { class: 'copyable' }, h('span', null, label), shown,
        button('Copy', () => copy(text), { 'aria-label': `Copy ${label}` }));
}
