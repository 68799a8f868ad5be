// SPDX-License-Identifier: MIT
// report.js - the charts of `krait report`: zoom, pan, values. Nothing but the page itself is used.
"use strict";
(() => {
const SVG = "http://www.w3.org/2000/svg";
const SMALL = 1e-12;

// ---- elements ---------------------------------------------------------------------------------

function make(name, attributes, parent, text) {
    const is_svg = parent instanceof SVGElement || name === "svg";
    const node = is_svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
}

// ---- numbers ----------------------------------------------------------------------------------

const minus = text => text.replace("-", "\u2212");

// Digits enough to tell numbers that lie a step apart.
function format_step(value, step) {
    if (Math.abs(value) < step * SMALL) return "0";
    const size = Math.abs(value);
    if (size >= 1e6 || size < 1e-4) return minus(Number(value.toPrecision(3)).toExponential());
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return minus(value.toFixed(Math.min(decimals, 10)));
}

function format_value(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e9) return minus(String(value));
    return minus(String(Number(value.toPrecision(5))));
}

// 1, 2 or 5 times a power of ten: about n of them between low and high.
function nice_step(low, high, n) {
    const rough = Math.max((high - low) / n, Number.MIN_VALUE * 1e16);
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find(m => m * power >= rough * 0.999);
}

function linear_ticks(low, high, n, is_integer) {
    let step = nice_step(low, high, n);
    if (is_integer) step = Math.max(1, step);
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && ticks.length < 100; i++) {
        ticks.push({at: i * step, text: format_step(i * step, step)});
    }
    return ticks;
}

// low and high are exponents of ten. A short range is divided as a linear one.
function log_ticks(low, high, n) {
    if (high - low < 1) {
        return linear_ticks(10 ** low, 10 ** high, n)
            .filter(t => t.at > 0).map(t => ({at: Math.log10(t.at), text: t.text}));
    }
    const ticks = [], every = Math.max(1, Math.ceil((high - low) / n));
    for (let e = Math.floor(low); e <= Math.ceil(high); e += every) {
        for (const m of high - low < 2.5 ? [1, 2, 5] : [1]) {
            const at = e + Math.log10(m);
            if (at < low - SMALL || at > high + SMALL) continue;
            ticks.push({at, text: format_step(m * 10 ** e, 10 ** e)});
        }
    }
    return ticks;
}

// First place of x, which grows, that is not below value.
function find(x, value) {
    let low = 0, high = x.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (x[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
}

function nearest(x, value) {
    const i = find(x, value);
    if (i === 0) return 0;
    if (i === x.length) return i - 1;
    return value - x[i - 1] < x[i] - value ? i - 1 : i;
}

// ---- a chart ----------------------------------------------------------------------------------

class Chart {
    constructor(figure) {
        this.data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
        this.is_points = this.data.kind === "points";
        this.is_bars = this.data.kind === "bars";
        this.choice = this.data.choices.map(() => 0);
        this.hidden = new Set();
        this.pointers = new Map();
        this.cursor = null;
        this.build(figure);
        this.show_view();
        this.listen();
        figure.classList.add("live");
        new ResizeObserver(() => this.draw()).observe(this.plot);
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    }

    // ---- parts around the plot ----

    build(figure) {
        const tools = make("div", {class: "tools"});
        figure.querySelector(".still").after(tools);
        this.data.choices.forEach((choice, k) => this.build_choice(choice, k, tools));
        this.legend = make("div", {class: "legend", role: "group", "aria-label": "Shown series"}, tools);
        this.reset_button = make("button", {type: "button", class: "reset", hidden: ""}, figure, "Reset zoom");
        this.reset_button.addEventListener("click", () => this.reset());
        this.plot = make("div", {class: "plot"});
        tools.after(this.plot);
        if (this.is_points) this.canvas = make("canvas", {"aria-hidden": "true"}, this.plot);
        this.svg = make("svg", {tabindex: "0", role: "application", "aria-roledescription": "chart",
            "aria-label": `${this.data.title}. Arrows read values, plus and minus zoom, 0 resets.`}, this.plot);
        this.tip = make("div", {class: "tip", hidden: ""}, this.plot);
        this.hint = make("div", {class: "hint", hidden: ""}, this.plot, "Click first, or hold Ctrl, to zoom with the wheel");
        this.spoken = make("div", {class: "spoken", "aria-live": "polite"}, this.plot);
    }

    build_choice(choice, k, tools) {
        if (choice.names.length < 2) return;
        const label = make("label", {}, tools, choice.label + " ");
        const select = make("select", {}, label);
        choice.names.forEach((name, i) => make("option", {value: i}, select, name));
        select.addEventListener("change", () => {
            this.choice[k] = select.selectedIndex;
            this.show_view();
            this.draw();
        });
    }

    build_legend() {
        this.legend.replaceChildren();
        if (this.view.series.length < 2) return;
        this.view.series.forEach(s => {
            const button = make("button", {type: "button", "aria-pressed": String(!this.hidden.has(s.name))}, this.legend);
            make("i", {class: `key c${s.color % 10}`}, button);
            button.append(s.name);
            button.addEventListener("click", () => this.toggle(s.name, button));
        });
    }

    toggle(name, button) {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        button.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.cursor = null;
        this.draw();
    }

    // ---- the view that was chosen ----

    show_view() {
        let index = 0;
        this.data.choices.forEach((choice, k) => { index = index * choice.names.length + this.choice[k]; });
        this.view = this.data.views[index];
        this.view.series.forEach((s, k) => { s.id = s.id || this.data.views[0].series[k]?.id; });
        for (const s of this.view.series) {
            if (!Array.isArray(s.x)) { const first = s.x; s.x = s.y.map((_, i) => first + i); }
        }
        this.cursor = null;
        this.build_legend();
        this.home_x = this.limits("x", null);
        this.home_y = this.is_points ? this.limits("y", null) : null;
        this.reset();
    }

    shown() { return this.view.series.filter(s => !this.hidden.has(s.name)); }

    // Least and greatest of the numbers, of those whose x lies in a range where one is given.
    limits(axis, range) {
        let low = Infinity, high = -Infinity;
        for (const s of axis === "x" || this.is_points ? this.view.series : this.shown()) {
            const v = s[axis];
            for (let i = 0; i < v.length; i++) {
                if (v[i] === null || (range && (s.x[i] < range[0] || s.x[i] > range[1]))) continue;
                if (axis === "y" && this.view.log && v[i] <= 0) continue;
                low = Math.min(low, v[i]);
                high = Math.max(high, v[i]);
            }
        }
        if (low > high) [low, high] = this.view.log && axis === "y" ? [1, 10] : [0, 1];
        if (axis === "x" && this.is_bars) return [low - 0.6, high + 0.6];
        if (axis === "y" && this.is_bars) { low = Math.min(0, low); high = Math.max(0, high); }
        if (axis === "y" && this.view.log) { low = Math.log10(low); high = Math.log10(high); }
        const span = high - low || Math.abs(high) * 0.1 || 1;
        if (axis === "x" && !this.is_points) return high > low ? [low - span * 0.01, high + span * 0.01] : [low - 1, high + 1];
        return [this.is_bars && low === 0 ? 0 : low - span * 0.05, high + span * 0.05];
    }

    // A unit is as long in y as in x: the shorter of the two ranges is widened.
    make_equal() {
        const was_home = this.is_home(), room = [this.width - 60, this.height - 50];
        const raw = [this.limits("x", null), this.limits("y", null)];
        const scale = Math.max(...raw.map((range, k) => (range[1] - range[0]) / room[k]));
        [this.home_x, this.home_y] = raw.map((range, k) => {
            const middle = (range[0] + range[1]) / 2, half = scale * room[k] / 2;
            return [middle - half, middle + half];
        });
        if (!was_home) return;
        this.x = [...this.home_x];
        this.y = [...this.home_y];
    }

    is_home() { return this.x[0] === this.home_x[0] && this.x[1] === this.home_x[1]; }

    reset() {
        this.x = [...this.home_x];
        this.y = this.home_y && [...this.home_y];
        this.draw();
    }

    // ---- drawing ----

    draw() {
        const width = this.plot.clientWidth;
        if (!width) return;
        this.width = width;
        this.height = Math.round(this.is_points ? Math.min(width, 620) : Math.max(240, Math.min(width * 0.5, 400)));
        if (this.is_points) this.make_equal(); else this.y = this.limits("y", this.x);
        this.y_ticks = this.view.log ? log_ticks(this.y[0], this.y[1], this.height / 60)
            : linear_ticks(this.y[0], this.y[1], this.height / 60);
        const longest = Math.max(...this.y_ticks.map(t => t.text.length), 1);
        this.left = 12 + 7 * longest + (this.view.label ? 18 : 0);
        this.right = width - 12;
        this.top = 12;
        this.choose_x_ticks();
        this.bottom = this.height - 24 - (this.data.x ? 20 : 0) - this.slant;
        this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
        this.svg.setAttribute("width", width);
        this.svg.setAttribute("height", this.height);
        this.svg.replaceChildren();
        this.draw_axes();
        this.draw_series();
        this.draw_mark();
        this.overlay = make("g", {class: "overlay"}, this.svg);
        this.draw_cursor();
        this.reset_button.hidden = this.is_home();
        this.svg.classList.toggle("zoomed", !this.is_home());
    }

    // Names stand slanted where they are too long for their bar, and some are left out.
    choose_x_ticks() {
        const names = this.data.categories, room = this.right - this.left;
        this.slant = 0;
        if (!names) {
            this.x_ticks = linear_ticks(this.x[0], this.x[1], room / 80, this.data.integer);
            return;
        }
        const first = Math.max(0, Math.ceil(this.x[0])), last = Math.min(names.length - 1, Math.floor(this.x[1]));
        const cut = name => name.length > 14 ? name.slice(0, 13) + "\u2026" : name;
        const slot = room / Math.max(1, this.x[1] - this.x[0]);
        const longest = Math.max(1, ...names.slice(first, last + 1).map(name => cut(name).length));
        const is_slanted = 7.5 * longest > slot;
        if (is_slanted) this.slant = Math.min(66, 5 * longest - 4);
        const every = Math.ceil((is_slanted ? 16 : 0) / slot) || 1;
        this.x_ticks = [];
        for (let i = first; i <= last; i += every) this.x_ticks.push({at: i, text: cut(names[i])});
    }

    px(v) { return this.left + (v - this.x[0]) / (this.x[1] - this.x[0]) * (this.right - this.left); }
    py(v) {
        const t = this.view.log ? Math.log10(Math.max(v, 1e-300)) : v;
        return this.bottom - (t - this.y[0]) / (this.y[1] - this.y[0]) * (this.bottom - this.top);
    }
    x_at(px) { return this.x[0] + (px - this.left) / (this.right - this.left) * (this.x[1] - this.x[0]); }
    y_at(py) { return this.y[0] + (this.bottom - py) / (this.bottom - this.top) * (this.y[1] - this.y[0]); }

    draw_axes() {
        const g = make("g", {class: "axes"}, this.svg);
        for (const t of this.y_ticks) {
            const y = this.bottom - (t.at - this.y[0]) / (this.y[1] - this.y[0]) * (this.bottom - this.top);
            if (!this.is_points) make("line", {x1: this.left, x2: this.right, y1: y, y2: y, class: "grid"}, g);
            make("text", {x: this.left - 6, y: y + 4, "text-anchor": "end"}, g, t.text);
        }
        for (const t of this.x_ticks) {
            const x = this.px(t.at), y = this.bottom + 16;
            if (this.data.kind === "lines") make("line", {x1: x, x2: x, y1: this.top, y2: this.bottom, class: "grid"}, g);
            const place = this.slant > 0 ? {x, y: y - 4, "text-anchor": "end", transform: `rotate(-40 ${x} ${y - 4})`}
                : {x, y, "text-anchor": "middle"};
            make("text", place, g, t.text);
        }
        make("line", {x1: this.left, x2: this.right, y1: this.bottom, y2: this.bottom, class: "border"}, g);
        const middle = (this.left + this.right) / 2, side = (this.top + this.bottom) / 2;
        if (this.data.x) make("text", {x: middle, y: this.height - 6, "text-anchor": "middle", class: "label"}, g, this.data.x);
        if (this.view.label) make("text", {x: 12, y: side, "text-anchor": "middle", class: "label", transform: `rotate(-90 12 ${side})`}, g, this.view.label);
    }

    draw_series() {
        const clip = `clip-${Chart.count = (Chart.count || 0) + 1}`;
        const box = {x: this.left, y: this.top - 2, width: Math.max(0, this.right - this.left), height: Math.max(0, this.bottom - this.top + 4)};
        make("rect", box, make("clipPath", {id: clip}, make("defs", {}, this.svg)));
        const g = make("g", {"clip-path": `url(#${clip})`}, this.svg);
        if (this.is_points) this.draw_points();
        else if (this.is_bars) this.draw_bars(g);
        else for (const s of this.shown()) make("path", {d: this.line_path(s), class: `line c${s.color % 10}`}, g);
    }

    // Of more points than dots, the least and the greatest of every dot are joined.
    line_path(s) {
        const from = Math.max(0, find(s.x, this.x[0]) - 1), to = Math.min(s.x.length, find(s.x, this.x[1]) + 1);
        const each = Math.max(1, Math.floor((to - from) / (2 * (this.right - this.left))));
        let d = "", is_open = false;
        const add = i => {
            const v = s.y[i];
            if (v === null || (this.view.log && v <= 0)) { is_open = false; return; }
            d += `${is_open ? "L" : "M"}${this.px(s.x[i]).toFixed(1)} ${this.py(v).toFixed(1)}`;
            if (!is_open) d += "h0";
            is_open = true;
        };
        for (let i = from; i < to; i += each) {
            if (each === 1) { add(i); continue; }
            let low = i, high = i;
            for (let k = i; k < Math.min(to, i + each); k++) {
                if (s.y[k] < s.y[low]) low = k;
                if (s.y[k] > s.y[high]) high = k;
            }
            add(Math.min(low, high));
            if (low !== high) add(Math.max(low, high));
        }
        return d;
    }

    draw_bars(g) {
        const series = this.shown(), wide = 0.8 / Math.max(1, series.length), zero = this.py(0);
        series.forEach((s, k) => s.y.forEach((v, i) => {
            if (v === null || s.x[i] < this.x[0] - 1 || s.x[i] > this.x[1] + 1) return;
            const left = this.px(s.x[i] - 0.4 + k * wide), right = this.px(s.x[i] - 0.4 + (k + 1) * wide);
            const y = this.py(v);
            make("rect", {x: left, width: Math.max(0.5, right - left - 1), y: Math.min(y, zero), height: Math.abs(y - zero), class: `bar c${s.color % 10}`}, g);
        }));
    }

    // Ten thousand dots are too many for elements.
    draw_points() {
        const scale = devicePixelRatio || 1, context = this.canvas.getContext("2d");
        this.canvas.width = this.width * scale;
        this.canvas.height = this.height * scale;
        this.canvas.style.width = `${this.width}px`;
        this.canvas.style.height = `${this.height}px`;
        context.scale(scale, scale);
        context.beginPath();
        context.rect(this.left, this.top, this.right - this.left, this.bottom - this.top);
        context.clip();
        const n = this.view.series.reduce((sum, s) => sum + s.x.length, 0);
        const zoom = Math.sqrt((this.home_x[1] - this.home_x[0]) / (this.x[1] - this.x[0]));
        const radius = Math.min(5, (n > 4000 ? 1.3 : n > 1000 ? 1.8 : 2.6) * Math.max(1, zoom * 0.8));
        context.globalAlpha = n > 1000 ? 0.6 : 0.8;
        for (const s of this.shown()) {
            context.fillStyle = getComputedStyle(this.plot).getPropertyValue(`--c${s.color % 10}`);
            for (let i = 0; i < s.x.length; i++) {
                if (s.x[i] === null || s.y[i] === null) continue;
                context.beginPath();
                context.arc(this.px(s.x[i]), this.py(s.y[i]), radius, 0, 7);
                context.fill();
            }
        }
    }

    draw_mark() {
        if (this.data.mark === undefined || this.data.at < this.x[0] || this.data.at > this.x[1]) return;
        const x = this.px(this.data.at), is_right = x > (this.left + this.right) / 2;
        make("line", {x1: x, x2: x, y1: this.top, y2: this.bottom, class: "mark"}, this.svg);
        make("text", {x: x + (is_right ? -5 : 5), y: this.top + 10, "text-anchor": is_right ? "end" : "start", class: "mark"}, this.svg, this.data.mark);
    }

    // ---- values under the pointer ----

    // What lies nearest to a place of the plot: {x, rows: [{name, color, value, px, py}]}.
    look(px, py) {
        return this.is_points ? this.look_points(px, py) : this.look_lines(this.x_at(px));
    }

    look_points(px, py) {
        let best = null, least = 30 ** 2;
        for (const s of this.shown()) {
            for (let i = 0; i < s.x.length; i++) {
                const d = (this.px(s.x[i]) - px) ** 2 + (this.py(s.y[i]) - py) ** 2;
                if (d < least) { least = d; best = {s, i}; }
            }
        }
        if (!best) return null;
        const {s, i} = best, text = `${format_value(s.x[i])}, ${format_value(s.y[i])}`;
        return {x: s.x[i], head: s.id ? `${this.data.id} ${format_value(s.id[i])}` : s.name, rows: [{name: s.name, color: s.color, text, px: this.px(s.x[i]), py: this.py(s.y[i])}]};
    }

    look_lines(value) {
        const candidates = this.shown().filter(s => s.x.length > 0).map(s => s.x[nearest(s.x, value)]);
        if (candidates.length === 0) return null;
        const x = candidates.reduce((a, b) => Math.abs(b - value) < Math.abs(a - value) ? b : a);
        const rows = [];
        for (const s of this.shown()) {
            const i = find(s.x, x);
            if (s.x[i] !== x || s.y[i] === null) continue;
            rows.push({name: s.name, color: s.color, text: format_value(s.y[i]), px: this.px(x), py: this.py(s.y[i])});
        }
        const names = this.data.categories;
        const head = names ? names[x] : `${this.data.x || "x"} ${format_value(x)}`;
        return rows.length > 0 ? {x, head, rows} : null;
    }

    point_at(px, py, is_spoken) {
        const is_inside = px >= this.left - 8 && px <= this.right + 8 && py >= this.top - 8 && py <= this.height;
        this.cursor = is_inside ? this.look(px, py) : null;
        this.draw_cursor();
        if (is_spoken && this.cursor) {
            this.spoken.textContent = `${this.cursor.head}: ${this.cursor.rows.map(r => `${r.name} ${r.text}`).join(", ")}`;
        }
    }

    draw_cursor() {
        this.overlay.replaceChildren();
        this.tip.hidden = !this.cursor;
        if (!this.cursor) return;
        const {rows, head} = this.cursor, at = rows[0].px;
        if (at < this.left - 1 || at > this.right + 1) { this.tip.hidden = true; return; }
        if (!this.is_points) make("line", {x1: at, x2: at, y1: this.top, y2: this.bottom, class: "cursor"}, this.overlay);
        for (const row of this.is_bars ? [] : rows) {
            make("circle", {cx: row.px, cy: row.py, r: this.is_points ? 6 : 4, class: `dot c${row.color % 10}`}, this.overlay);
        }
        this.tip.replaceChildren();
        make("b", {}, this.tip, head);
        for (const row of rows) {
            const line = make("div", {}, this.tip);
            make("i", {class: `key c${row.color % 10}`}, line);
            make("span", {}, line, row.name);
            make("span", {class: "value"}, line, row.text);
        }
        const width = this.tip.offsetWidth, is_left = at + 16 + width > this.width;
        const top = this.is_points ? rows[0].py - this.tip.offsetHeight - 10 : this.top + 6;
        this.tip.style.left = `${Math.max(0, is_left ? at - 14 - width : at + 14)}px`;
        this.tip.style.top = `${Math.max(0, top)}px`;
    }

    // ---- zoom and pan ----

    static zoom_range(range, home, factor, at, least) {
        const span = Math.max(least, Math.min(home[1] - home[0], (range[1] - range[0]) * factor));
        const part = (at - range[0]) / (range[1] - range[0]);
        return Chart.keep_inside([at - part * span, at + (1 - part) * span], home);
    }

    static keep_inside(range, home) {
        const span = range[1] - range[0];
        if (span >= (home[1] - home[0]) * (1 - 1e-9)) return [...home];
        const low = Math.min(Math.max(range[0], home[0]), home[1] - span);
        return [low, low + span];
    }

    zoom(factor, px, py) {
        const least_x = this.is_points ? (this.home_x[1] - this.home_x[0]) / 500 : this.data.integer || this.is_bars ? 2 : (this.home_x[1] - this.home_x[0]) / 1e4;
        this.x = Chart.zoom_range(this.x, this.home_x, factor, this.x_at(px), Math.min(least_x, this.home_x[1] - this.home_x[0]));
        if (this.is_points) this.y = Chart.zoom_range(this.y, this.home_y, factor, this.y_at(py), (this.home_y[1] - this.home_y[0]) / 500);
        this.cursor = null;
        this.draw();
    }

    pan(dx, dy) {
        const x = dx / (this.right - this.left) * (this.x[1] - this.x[0]);
        this.x = Chart.keep_inside([this.x[0] - x, this.x[1] - x], this.home_x);
        if (this.is_points) {
            const y = dy / (this.bottom - this.top) * (this.y[1] - this.y[0]);
            this.y = Chart.keep_inside([this.y[0] + y, this.y[1] + y], this.home_y);
        }
        this.cursor = null;
        this.draw();
    }

    // ---- events ----

    listen() {
        const svg = this.svg;
        svg.addEventListener("pointerdown", e => this.on_down(e));
        svg.addEventListener("pointermove", e => this.on_move(e));
        for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, e => this.pointers.delete(e.pointerId));
        svg.addEventListener("pointerleave", () => { this.cursor = null; this.draw_cursor(); });
        svg.addEventListener("dblclick", () => this.reset());
        svg.addEventListener("wheel", e => this.on_wheel(e), {passive: false});
        svg.addEventListener("keydown", e => this.on_key(e));
        svg.addEventListener("blur", () => { this.cursor = null; this.draw_cursor(); });
    }

    place(e) {
        const box = this.svg.getBoundingClientRect();
        return [e.clientX - box.left, e.clientY - box.top];
    }

    on_down(e) {
        this.svg.focus({preventScroll: true});
        this.svg.setPointerCapture(e.pointerId);
        this.pointers.set(e.pointerId, this.place(e));
        if (e.pointerType === "touch") this.point_at(...this.place(e), false);
    }

    on_move(e) {
        const now = this.place(e), before = this.pointers.get(e.pointerId);
        if (!before) { this.point_at(...now, false); return; }
        if (this.pointers.size === 2) {
            const [other] = [...this.pointers].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
            const distance = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
            this.zoom(Math.max(distance(before), 1) / Math.max(distance(now), 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
        } else if (e.pointerType === "touch" && this.is_home()) {
            this.point_at(...now, false);
        } else {
            this.pan(now[0] - before[0], now[1] - before[1]);
        }
        this.pointers.set(e.pointerId, now);
    }

    // A wheel over a chart that nobody has asked for anything scrolls the page.
    on_wheel(e) {
        if (!e.ctrlKey && document.activeElement !== this.svg) {
            this.hint.hidden = false;
            clearTimeout(this.hint_timer);
            this.hint_timer = setTimeout(() => { this.hint.hidden = true; }, 1200);
            return;
        }
        e.preventDefault();
        const lines = e.deltaMode === 1 ? 16 : 1;
        this.zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY * lines * 0.002))), ...this.place(e));
    }

    on_key(e) {
        if (e.ctrlKey || e.altKey || e.metaKey) return;
        const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
        const middle = [(this.left + this.right) / 2, (this.top + this.bottom) / 2];
        if (e.key === "+" || e.key === "=") this.zoom(0.7, ...middle);
        else if (e.key === "-" || e.key === "_") this.zoom(1 / 0.7, ...middle);
        else if (e.key === "0" || e.key === "Escape") this.reset();
        else if (e.shiftKey && e.key in arrows) this.pan(...arrows[e.key].map(v => -60 * v));
        else if (e.key in arrows && !this.is_points && arrows[e.key][0]) this.step(arrows[e.key][0]);
        else return;
        e.preventDefault();
    }

    // The next value to the left or right.
    step(direction) {
        const all = [...new Set(this.shown().flatMap(s => s.x))].sort((a, b) => a - b);
        if (all.length === 0) return;
        const inside = all.findIndex(v => v >= this.x[0]);
        const i = this.cursor ? Math.max(0, Math.min(all.length - 1, find(all, this.cursor.x) + direction)) : Math.max(0, inside);
        if (all[i] < this.x[0] || all[i] > this.x[1]) {
            const span = this.x[1] - this.x[0];
            this.x = Chart.keep_inside([all[i] - span / 2, all[i] + span / 2], this.home_x);
            this.draw();
        }
        this.point_at(this.px(all[i]), (this.top + this.bottom) / 2, true);
    }
}

// ---- pictures ---------------------------------------------------------------------------------

// A click shows a picture as large as the window allows.
function open_picture(image) {
    const dialog = make("dialog", {class: "viewer", "aria-label": image.alt}, document.body);
    const copy = make("img", {src: image.src, alt: image.alt}, dialog);
    copy.addEventListener("click", () => copy.classList.toggle("whole"));
    const close = make("button", {type: "button", "aria-label": "Close"}, dialog, "\u00d7");
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", e => { if (e.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
}

for (const figure of document.querySelectorAll("figure.chart")) {
    try { new Chart(figure); } catch (error) { console.error(error); }
}
for (const button of document.querySelectorAll("figure.picture button")) {
    button.addEventListener("click", () => open_picture(button.firstElementChild));
}
})();
