// Renders what a terminal has shown (the output and the timing of `script`) as one animated SVG, without scripts in it.
// usage: node render.mjs OUTPUT TIMING [SHOWN INSTEAD]
import { readFileSync } from "node:fs";
import xterm from "@xterm/headless";

const [rawFile, timingFile, hide, show] = process.argv.slice(2);
const [columns, rows] = [100, 34];
const [cellWidth, cellHeight, margin] = [8.43, 18, 14];
const together = 0.09; // What comes within this is one picture, in seconds.
const longestPause = 4;
const atTheEnd = 5;
const palette = ["#32363f", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0",
    "#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff"];

const raw = readFileSync(rawFile);
const timing = readFileSync(timingFile, "utf8").trim().split("\n").map(line => line.split(" ").map(Number));
const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
const write = data => new Promise(done => terminal.write(data, done));
const escape = text => text.replace(/[&<>]/g, one => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[one]);

/** A line of the screen as SVG: a run of cells that look alike is one tspan, placed by its column. */
function line(y) {
    const cells = terminal.buffer.active.getLine(y);
    const runs = [];
    for (let x = 0; x < columns; x++) {
        const cell = cells.getCell(x);
        const text = cell.getChars() || (cell.getWidth() === 0 ? "" : " ");
        const look = [
            cell.isFgPalette() && cell.getFgColor() < 16 ? ` fill="${palette[cell.getFgColor()]}"` : "",
            cell.isBold() ? ' font-weight="bold"' : "",
            cell.isDim() ? ' opacity=".6"' : "",
        ].join("");
        const last = runs.at(-1);
        if (last?.look === look) last.text += text;
        else runs.push({ look, text, x });
    }
    return runs.filter(run => run.text.trim()).map(run => {
        const text = hide ? run.text.replaceAll(hide, show) : run.text;
        const lead = text.length - text.trimStart().length;
        return `<tspan x="${((run.x + lead) * cellWidth).toFixed(1)}"${run.look}>${escape(text.trim())}</tspan>`;
    }).join("");
}

const known = new Map();
const pictures = [];
let [at, from, pending] = [0, raw.indexOf(10) + 1, 0];
async function take() {
    const lines = [];
    for (let y = 0; y < rows; y++) {
        const text = line(y);
        if (!text) continue;
        if (!known.has(text)) known.set(text, known.size);
        lines.push(`<use href="#l${known.get(text)}" y="${y * cellHeight + 13}"/>`);
    }
    const shown = lines.join("");
    if (pictures.at(-1)?.shown !== shown) pictures.push({ at, shown });
}
for (const [pause, bytes] of timing) {
    if (pending > 0 && pending + pause > together) {
        await take();
        pending = 0;
    }
    at += Math.min(pause, longestPause);
    pending += pause || 1e-6;
    await write(raw.subarray(from, from += bytes));
}
await take();

const whole = at + atTheEnd;
const [width, height] = [Math.ceil(columns * cellWidth + 2 * margin), rows * cellHeight + 2 * margin];
const steps = pictures.map(({ at }, place) => `${(100 * at / whole).toFixed(2)}%{transform:translateX(${-place * width}px)}`).join("");
const last = -(pictures.length - 1) * width;
const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">
<title>The command couch: an invite is created and redeemed, and its guest is watched, given time, and killed.</title>
<style>
@keyframes play{0%{transform:translateX(0)}${steps}100%{transform:translateX(${last}px)}}
#film{animation:play ${whole.toFixed(1)}s step-end infinite}
@media (prefers-reduced-motion:reduce){#film{animation:none;transform:translateX(${last}px)}}
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d7dae0;white-space:pre}
</style>
<defs>${[...known].map(([text, id]) => `<text id="l${id}">${text}</text>`).join("")}</defs>
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
<svg x="${margin}" y="${margin}" width="${width - margin}" height="${height}" overflow="hidden"><g id="film">
${pictures.map(({ shown }, place) => `<g transform="translate(${place * width} 0)">${shown}</g>`).join("\n")}
</g></svg>
</svg>
`);
