// Text for people: what others have written made harmless, and numbers and times in few letters.

// Characters that cannot be seen: controls, turns of direction, joiners, private and unassigned ones, and letters that are blank.
// Shown as escapes, so that no name poses as another one, or turns the text beside it.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u115F\u1160\u3164\uFFA0\u2800\u034F\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu;

const escaped = letter => `\\u{${letter.codePointAt(0).toString(16).toUpperCase()}}`;

/** The text with an escape for every character that cannot be seen. */
export const visible = text => String(text).replace(unseen, escaped);

/** The same in pieces, so that escapes can be told from text that only looks like one. */
export function pieces(text) {
    const whole = String(text);
    const found = [];
    let from = 0;
    for (const match of whole.matchAll(unseen)) {
        if (match.index > from)
            found.push({ text: whole.slice(from, match.index), isEscape: false });
        found.push({ text: escaped(match[0]), isEscape: true });
        from = match.index + match[0].length;
    }
    if (from < whole.length)
        found.push({ text: whole.slice(from), isEscape: false });
    return found;
}

/** Whether it may be, or hold, a code, a token, a key or a webhook's secret. */
export const looksSecret = text => /(inv|guest|couch|whsec)_/i.test(text);

const units = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];

/** A length of time in its two largest units, such as "2 h 5 min". */
export function span(milliseconds) {
    let left = Math.max(0, Math.round(milliseconds / 1000) * 1000);
    const first = units.findIndex(([size]) => left >= size);
    if (first < 0)
        return '0 s';
    const said = [];
    for (const [size, unit] of units.slice(first, first + 2)) {
        const count = Math.floor(left / size);
        if (count > 0)
            said.push(`${count} ${unit}`);
        left -= count * size;
    }
    return said.join(' ');
}

/** A number in at most four digits: 1.2k, 49.9M. */
export function short(number) {
    const size = Math.abs(number);
    for (const [least, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
        if (size >= least)
            return trim(number / least) + unit;
    }
    return trim(number);
}

const trim = number => String(Math.abs(number) >= 100 ? Math.floor(number) : Math.floor(number * 10) / 10);

/** A number in full, without more digits than anybody reads. */
export const full = number => number.toLocaleString('en', { maximumFractionDigits: 2 });

export const many = (count, one, more = one + 's') => `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

export const clock = milliseconds => new Date(milliseconds).toLocaleTimeString('en-GB');

export const moment = text => text ? new Date(text).toLocaleString('en-GB', {
    year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
}) : '—';
