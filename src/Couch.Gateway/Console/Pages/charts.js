// Charts of the last hour and the last day: who stayed, who came and went, and what the stays have used.
import { now, sentence } from './api.js';
import { h, say } from './dom.js';
import { house, longestUnread, staying } from './house.js';
import { Past, Parts, ends, lengthOf, parts } from './past.js';
import { clock, full, many, short } from './text.js';

const spans = { 1: ['the last hour'], 24: ['the last day'] };
const uses = {
    tokens: ['Tokens', usage => usage.tokensUsed, ''], network: ['GB to the network', usage => usage.networkEgressGB, ' GB'],
    cpu: ['Processor seconds', usage => usage.cpuSeconds, ' s'],
};
const [width, height] = [720, 130];

const svg = (tag, properties, ...children) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.entries(properties).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
};

/**
 * A chart of bars that stand on each other, with a summary in words and a table of the same numbers.
 * @param kinds each { name, label }: the bars of a part, from the bottom; the ones with isBelow hang under the line
 */
class Chart {
    element;
    #kinds;
    #drawing = h('div', { class: 'drawing' });
    #summary = h('p', { class: 'shown' });
    #note = h('p', { class: 'shown' });
    #top = h('span', { class: 'most' });
    #times = h('div', { class: 'times', 'aria-hidden': 'true' });
    #rows = h('tbody');
    #table;
    #parts = [];
    #unit;

    constructor(title, kinds) {
        this.#kinds = kinds;
        this.#table = h('details', { ontoggle: () => this.#fill() }, h('summary', null, `${title}, as a table`),
            h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${title}, as a table` }, h('table', { class: 'list' },
                h('thead', null, h('tr', null, ['From', 'To', ...kinds.map(kind => kind.label)].map(
                    label => h('th', { scope: 'col' }, label)))), this.#rows)));
        this.element = h('section', { class: 'chart', 'aria-label': title }, h('h2', null, title), this.#summary,
            h('ul', { class: 'legend' }, kinds.map(kind => h('li', { class: kind.name }, kind.label))),
            this.#top, this.#drawing, this.#times, this.#note, this.#table);
    }

    draw(found, summary, { note = '', unit = '' } = {}) {
        [this.#parts, this.#unit] = [found, unit];
        this.#summary.textContent = summary;
        this.#note.textContent = note;
        const sum = (part, isBelow) => this.#kinds.filter(kind => Boolean(kind.isBelow) === isBelow)
            .reduce((all, kind) => all + (part[kind.name] ?? 0), 0);
        const [above, below] = [false, true].map(isBelow => Math.max(...found.map(part => sum(part, isBelow))));
        const most = above + below || 1;
        const line = height * (above || (below ? 0 : 1)) / most;
        const step = width / found.length;
        this.#top.textContent = above + below === 0 ? 'nothing'
            : [above ? `the highest bar: ${short(above)}${unit}` : null, below ? `the lowest: ${short(below)}` : null]
                .filter(Boolean).join(', ');
        const bars = found.map((part, at) => {
            let [up, down] = [line, line];
            const place = svg('g', {}, svg('title', {}, this.#said(part)),
                svg('rect', { class: 'place', x: at * step, y: 0, width: step, height }));
            for (const kind of this.#kinds) {
                const size = (part[kind.name] ?? 0) / most * height;
                if (size === 0)
                    continue;
                up -= kind.isBelow ? 0 : size;
                place.append(svg('rect', { class: kind.name, x: at * step + step * 0.1, y: kind.isBelow ? down : up, width: step * 0.8,
                    height: size }));
                down += kind.isBelow ? size : 0;
            }
            return place;
        });
        this.#drawing.replaceChildren(svg('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img',
            'aria-label': summary }, ...bars, svg('line', { class: 'line', x1: 0, x2: width, y1: line, y2: line })));
        const middle = found[Math.floor(found.length / 2)].from;
        this.#times.replaceChildren(...[found[0].from, middle, found.at(-1).until].map(at => h('span', null, short24(at))));
        this.#fill();
    }

    #said = part => `${short24(part.from)} to ${short24(part.until)}: `
        + this.#kinds.map(kind => `${this.#figure(part, kind)} ${kind.label}`).join(', ');

    #figure = (part, kind) => part[kind.name] === null ? 'not known' : `${full(part[kind.name] ?? 0)}${this.#unit}`;

    /** Only a table that is open is drawn. */
    #fill() {
        this.#rows.replaceChildren(...(this.#table.open ? this.#parts.map(part => h('tr', null,
            h('td', null, short24(part.from)), h('td', null, short24(part.until)),
            this.#kinds.map(kind => h('td', null, this.#figure(part, kind))))) : []));
    }
}

/** Hours and minutes, and seconds where there are some. */
const short24 = at => Math.floor(at / 1000) % 60 === 0 ? clock(at).slice(0, 5) : clock(at);

export function chartsView(app) {
    const past = new Past();
    let isRead = false;
    let isGone = false;
    let timer = 0;
    let drawnAt = 0;
    const asked = (name, among, standard) => Object.hasOwn(among, app.query().get(name) ?? '') ? app.query().get(name) : standard;
    const choice = (name, label, among, standard) => h('select', { 'aria-label': label, onchange: event => {
        app.replace({ [name]: event.target.value === standard ? null : event.target.value });
        draw();
    } }, Object.entries(among).map(([value, [text]]) => h('option', { value, selected: asked(name, among, standard) === value }, text)));
    const shown = h('p', { class: 'shown', 'aria-live': 'off' }, 'Reading the log…');
    const stays = new Chart('Guests who stay', [
        { name: 'running', label: 'running' }, { name: 'provisioning', label: 'provisioning' }]);
    const changes = new Chart('Who came and went', [{ name: 'arrived', label: 'arrived' },
        { name: 'stopped', label: 'stopped', isBelow: true }, { name: 'expired', label: 'expired', isBelow: true },
        { name: 'revoked', label: 'revoked', isBelow: true }]);
    const usage = new Chart('What stays have used', [
        { name: 'spent', label: 'of stays that ended then' }, { name: 'far', label: 'so far, of those who stay' }]);
    const charts = h('div', { class: 'charts', hidden: true }, stays.element, changes.element, usage.element);

    function draw() {
        clearTimeout(timer);
        timer = 0;
        if (!isRead)
            return;
        drawnAt = now();
        const hours = asked('hours', spans, '1');
        const [name] = spans[hours];
        const until = now();
        const wanted = until - hours * 3_600_000;
        const from = Math.max(wanted, past.since);
        // Sentences claim no more than was read.
        const isShort = from > wanted + 1000;
        const when = isShort ? `since ${clock(from)}` : `in ${name}`;
        const counted = house.summary;
        const base = counted && { running: counted.guests.running, provisioning: counted.guests.provisioning, after: counted.countedAfter };
        const length = lengthOf(until - from);
        const found = parts(past.steps, { from, until, length, base });
        const inSight = past.steps.filter(step => step.at >= from);
        shown.textContent = `Drawn from ${many(inSight.length, 'change')} in the log. ` + (isShort
            ? `The log has more than this page reads: these are all since ${clock(from)}. ` : '')
            + (base ? '' : house.can('guests') ? 'How many stay is not known: there is no summary yet.'
                : 'How many stay is not shown: this key lacks the scope guests.');
        stays.element.hidden = !base;
        const last = found.at(-1);
        const most = Math.max(...found.map(part => part.most));
        if (base)
            stays.draw(found, `Now ${last.running} running and ${last.provisioning} provisioning; ${when} at most ${most} together.`,
                { note: 'Each bar is how many there were at its end, counted back from now by the log.' });
        const sum = kind => found.reduce((all, part) => all + part[kind], 0);
        changes.draw(found, `${when[0].toUpperCase()}${when.slice(1)} ${many(sum('arrived'), 'guest')} arrived; `
            + `${full(sum('stopped'))} stopped, ${full(sum('expired'))} expired, ${full(sum('revoked'))} were killed.`);
        drawUsage(inSight.filter(step => step.type in ends).length, when, new Parts(from, until, length));
        charts.hidden = false;
    }

    /** Usage counters are no events, so nobody can say when they grew: what a stay has used is put where it ended. */
    function drawUsage(ended, when, times) {
        usage.element.hidden = !house.can('guests');
        const [label, of, unit] = uses[asked('use', uses, 'tokens')];
        const used = times.all;
        used.forEach(part => Object.assign(part, { spent: 0, far: 0 }));
        let here = 0;
        for (const row of house.guests.values()) {
            if (staying(row)) {
                used.at(-1).far += of(row.usage) ?? 0;
                continue;
            }
            const part = times.at(row.stoppedAt);
            if (part) {
                here++;
                part.spent += of(row.usage) ?? 0;
            }
        }
        const sum = used.reduce((all, part) => all + part.spent, 0);
        usage.draw(used, `${label}: ${full(sum)} by the ${many(here, 'stay')} that ended ${when}, and `
            + `${full(used.at(-1).far)} so far by those who stay.`, { unit, note: 'Usage counters are no events: a bar is all that the '
            + `stays which ended then have used, whenever they did. That of those who stay is `
            + `${house.usageAt ? `as of ${clock(house.usageAt)}` : 'not read yet'}.`
            + (ended > here ? ` ${many(ended - here, 'stay')} that ended are not held by this page, and are missing here.` : '') });
    }

    async function read() {
        try {
            await past.read(() => isGone);
            if (isGone)
                return;
            isRead = true;
            draw();
        } catch (failure) {
            if (isGone)
                return;
            say(sentence(failure), true);
            if (!isRead)
                shown.textContent = `The log cannot be read: ${sentence(failure)}. r tries again.`;
        }
    }

    const later = () => { timer ||= setTimeout(draw, 1000); };
    const onEvents = event => {
        past.take(event.detail);
        later();
    };
    house.addEventListener('events', onEvents);
    house.addEventListener('change', later);
    // Time passes, whether something happens or not; and what guests use grows without an event.
    const ticking = setInterval(() => {
        if (document.hidden)
            return;
        if (now() - drawnAt >= 30_000)
            later();
        if (house.can('guests') && house.isLoaded && house.connection !== 'gone' && now() - house.triedAt >= longestUnread)
            house.freshen([]);
    }, 1000);
    read();

    return {
        element: h('section', { class: 'guest charted' }, h('h1', { tabindex: '-1' }, 'Charts'),
            h('div', { class: 'tools' }, choice('hours', 'Of which time', spans, '1'), choice('use', 'Usage of what', uses, 'tokens')),
            shown, charts),
        title: 'Charts', past, refresh: read, focus: () => app.heading(), keys: {},
        leave() {
            isGone = true;
            clearTimeout(timer);
            clearInterval(ticking);
            house.removeEventListener('events', onEvents);
            house.removeEventListener('change', later);
        },
    };
}
