// A table of any length. Only the rows in sight are elements, and they are used again as it scrolls: ten thousand rows cost what forty do.
import { h } from './dom.js';

const spare = 6;
let grids = 0;

export class Grid {
    rows = [];
    selectedId = null;
    #columns;
    #fill;
    #onOpen;
    #onSelect;
    #body;
    #pool = [];
    #prefix = `grid-${++grids}-`;
    #drawnHeight = 0;
    #narrow = matchMedia('(max-width: 800px)');

    /**
     * @param columns each { name, label, sort?: its key, isSorted?: () => 'ascending' | 'descending' | null }
     * @param fill puts a row into its cells: (cells, row) => void
     * @param heights a row's height in pixels, on wide screens and on narrow ones
     */
    constructor({ label, columns, fill, heights = [40, 84], onOpen, onSelect, onSort, empty }) {
        this.#columns = columns;
        this.#fill = fill;
        this.#onOpen = onOpen ?? (() => { });
        this.#onSelect = onSelect ?? (() => { });
        this.heights = heights;
        this.head = h('div', { class: 'grid-head', role: 'row', 'aria-rowindex': '1' }, columns.map(column => h(
            'div', { role: 'columnheader', class: `cell ${column.name}` },
            column.sort ? h('button', { type: 'button', onclick: () => onSort(column.sort) }, column.label)
                : column.label || h('span', { class: 'unseen' }, 'Actions'))));
        this.#body = h('div', { class: 'grid-body', role: 'rowgroup' });
        this.empty = h('p', { class: 'empty' }, empty ?? 'Nothing here.');
        this.element = h('div', {
            class: 'grid', role: 'grid', tabindex: '0', 'aria-label': label, onscroll: () => this.#draw(),
            onkeydown: event => this.#key(event),
        }, h('div', { role: 'rowgroup', class: 'grid-top' }, this.head), this.#body, this.empty);
        this.#body.addEventListener('click', event => {
            const at = event.target.closest('[role=row]')?.dataset.index;
            if (at === undefined)
                return;
            this.select(Number(at));
            if (!event.target.closest('button, a'))
                this.#onOpen(this.rows[Number(at)]);
        });
        new ResizeObserver(() => this.#draw()).observe(this.element);
    }

    get height() {
        return this.heights[this.#narrow.matches ? 1 : 0];
    }

    /** How many elements there are, whatever the number of rows. */
    get drawn() {
        return this.#pool.length;
    }

    /** The rows that can be seen, in whole or in part; more are drawn around them. */
    get inSight() {
        const room = Math.max(0, this.element.clientHeight - this.head.offsetHeight);
        const first = Math.floor(this.element.scrollTop / this.height);
        return this.rows.slice(first, Math.ceil((this.element.scrollTop + room) / this.height));
    }

    get selected() {
        return this.rows[this.index] ?? null;
    }

    get index() {
        return this.selectedId === null ? -1 : this.rows.findIndex(row => row.id === this.selectedId);
    }

    set(rows) {
        this.rows = rows;
        this.empty.hidden = rows.length > 0;
        this.element.setAttribute('aria-rowcount', String(rows.length + 1));
        this.#columns.forEach((column, at) => {
            const sorted = column.isSorted?.();
            if (sorted)
                this.head.children[at].setAttribute('aria-sort', sorted);
            else
                this.head.children[at].removeAttribute('aria-sort');
        });
        this.#draw(true);
    }

    /** Selects the row at this place and brings it into sight. */
    select(index) {
        const row = this.rows[Math.max(0, Math.min(this.rows.length - 1, index))];
        if (!row)
            return;
        const changed = row.id !== this.selectedId;
        this.selectedId = row.id;
        const at = this.rows.indexOf(row);
        const [top, bottom] = [at * this.height, (at + 1) * this.height];
        const room = this.element.clientHeight - this.head.offsetHeight;
        if (top < this.element.scrollTop)
            this.element.scrollTop = top;
        else if (bottom > this.element.scrollTop + room)
            this.element.scrollTop = bottom - room;
        this.#draw(true);
        if (changed)
            this.#onSelect(row);
    }

    move(by) {
        // Without a selection the first step is onto the first row, or the last one.
        const from = this.index >= 0 ? this.index : by > 0 ? -1 : this.rows.length;
        this.select(from + by);
    }

    openSelected() {
        if (this.selected)
            this.#onOpen(this.selected);
    }

    /** Fills the rows in sight anew: time has passed. */
    refresh() {
        this.#draw(true);
    }

    #key(event) {
        if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey)
            return;
        const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 2);
        const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.rows.length, End: this.rows.length };
        if (!(event.key in moves))
            return;
        event.preventDefault();
        this.move(moves[event.key]);
    }

    #draw(isAnew = false) {
        const height = this.height;
        // A phone that is turned round: every row has another place.
        isAnew ||= height !== this.#drawnHeight;
        this.#drawnHeight = height;
        const total = `${this.rows.length * height}px`;
        if (this.#body.style.height !== total)
            this.#body.style.height = total;
        const seen = Math.ceil((this.element.clientHeight || innerHeight) / height) + 2 * spare;
        const count = Math.min(this.rows.length, seen);
        while (this.#pool.length < count)
            this.#pool.push(this.#make());
        while (this.#pool.length > count)
            this.#pool.pop().element.remove();
        const first = Math.max(0, Math.min(this.rows.length - count, Math.floor(this.element.scrollTop / height) - spare));
        let active = null;
        // Each place keeps its element while it is in sight: only what comes into sight is filled.
        for (let at = first; at < first + count; at++) {
            const place = this.#pool[at % count];
            const row = this.rows[at];
            if (isAnew || place.at !== at || place.row !== row) {
                [place.at, place.row] = [at, row];
                place.element.dataset.index = String(at);
                place.element.id = this.#prefix + at;
                place.element.setAttribute('aria-rowindex', String(at + 2));
                place.element.style.transform = `translateY(${at * height}px)`;
                const isSelected = row.id === this.selectedId;
                place.element.setAttribute('aria-selected', String(isSelected));
                this.#fill(place.cells, row, place.element);
            }
            if (row.id === this.selectedId)
                active = place.element.id;
        }
        if (active)
            this.element.setAttribute('aria-activedescendant', active);
        else
            this.element.removeAttribute('aria-activedescendant');
    }

    #make() {
        const cells = {};
        const element = h('div', { role: 'row', class: 'row' }, this.#columns.map(column =>
            cells[column.name] = h('div', { role: 'gridcell', class: `cell ${column.name}` })));
        this.#body.append(element);
        return { element, cells, at: -1, row: null };
    }
}
