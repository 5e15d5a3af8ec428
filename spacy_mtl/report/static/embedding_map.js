/* A map of texts: points coloured by label, a lasso, and export of what is selected. */
(() => {
  const { texts, rows, panels, colourings, shapes, maxLabels } = page.data;
  const n = panels[0].x.length;
  const MAX_TIP = 300, MAX_ITEM = 200, MAX_ITEMS = 100, MAX_NAMES = 8, FEW = 3000;
  /** Plotly's own lasso looks at every point at every step of the mouse. A drawn shape is looked at once. */
  const drawing = (val, title, icon) => ({
    name: title, title, icon, attr: "dragmode", val, click: () => { dragmode = val; Plotly.relayout(plot, { dragmode }); },
  });
  const BUTTONS = [
    ["toImage"],
    [drawing("drawclosedpath", "Lasso", Plotly.Icons.lasso), drawing("drawrect", "Box", Plotly.Icons.selectbox),
      drawing("pan", "Pan", Plotly.Icons.pan)],
    ["zoomIn2d", "zoomOut2d", "resetScale2d"],
  ];
  /** Fields of a row that hold labels. */
  const LABELS = ["label", "labels", "cats", "accept", "options", "answer", "config"];
  const SHAPE_PATHS = {
    circle: "M7 1a6 6 0 1 0 0 12a6 6 0 1 0 0-12Z", square: "M2 2h10v10h-10Z", diamond: "M7 0l7 7l-7 7l-7-7Z",
    cross: "M5 1h4v4h4v4h-4v4h-4v-4h-4v-4h4Z", "triangle-up": "M7 1l6.5 12h-13Z",
  };
  const webgl = n > FEW && page.hasWebgl();
  const byId = (id) => document.getElementById(id);
  const plot = byId("map");
  let colouring = 0;
  let groups = [];
  let selected = new Set();
  let adding = false;
  let dragmode = "drawclosedpath";
  let drawn = 0;

  const cut = (text, limit) => {
    const characters = text.length > limit ? Array.from(text.slice(0, 2 * limit)) : [];
    return characters.length > limit ? `${characters.slice(0, limit).join("")}…` : text;
  };
  const textOf = (row) => (texts ? texts[row] : `row ${row}`);
  const labelOf = (which, row) => {
    const { labels, codes } = colourings[which];
    return codes[row] < 0 ? null : labels[codes[row]];
  };

  /** The rows of each label, in the order of the legend. The rarest labels share one group. */
  function makeGroups() {
    const { labels, codes } = colourings[colouring];
    const own = Math.min(labels.length, maxLabels);
    const look = (i, c) => ({ colour: c.series[i % c.series.length], shape: shapes[Math.floor(i / c.series.length) % shapes.length] });
    const grey = () => ({ colour: getComputedStyle(document.documentElement).getPropertyValue("--unlabelled").trim(), shape: shapes[0] });
    const made = labels.slice(0, own).map((name, i) => ({ name, look: (c) => look(i, c), rows: [], shown: true }));
    const others = { name: `${labels.length - own} other labels`, look: grey, rows: [], shown: true };
    const none = { name: "no label", look: labels.length ? grey : (c) => look(0, c), rows: [], shown: true };
    codes.forEach((code, row) => (code < 0 ? none : code < own ? made[code] : others).rows.push(row));
    groups = [...made, others, none].filter((group) => group.rows.length);
  }

  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

  /** From where to where an axis goes: all values, and a margin. */
  function range(values) {
    const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
    const margin = 0.06 * (high - low) || 1;
    return [low - margin, high + margin];
  }

  /** The names of labels in the midst of their points, pushed apart so that all can be read. */
  function nameTags(panel, suffix, colours, stacked) {
    const size = (values, pixels) => { const [low, high] = range(values); return (high - low) / Math.max(pixels, 100); };
    const dx = 90 * size(panel.x, (plot.clientWidth * stacked) / panels.length);
    const dy = 26 * size(panel.y, plot.clientHeight / stacked - 60);
    const tags = groups.filter((group) => group.shown).map((group) => ({
      group, x: median(group.rows.map((row) => panel.x[row])), at: median(group.rows.map((row) => panel.y[row])),
    })).sort((a, b) => a.at - b.at);
    tags.forEach((tag, i) => {
      for (const other of tags.slice(0, i).sort((a, b) => a.at - b.at)) {
        if (Math.abs(tag.x - other.x) < dx && Math.abs(tag.at - other.at) < dy) tag.at = other.at + dy;
      }
    });
    return tags.map(({ group, x, at }) => ({
      text: page.escape(cut(group.name, 30)), showarrow: false, xref: `x${suffix}`, yref: `y${suffix}`, x, y: at,
      font: { size: 13, color: colours.text }, bgcolor: colours.background, bordercolor: group.look(colours).colour,
      borderwidth: 2, borderpad: 3, opacity: 0.9,
    }));
  }

  function figure(colours) {
    const wide = plot.clientWidth >= 700 || panels.length === 1;
    const size = n <= 500 ? 10 : n <= 5000 ? 7 : 5;
    const traces = [], annotations = [];
    const layout = {
      dragmode, hovermode: "closest", showlegend: false, annotations, margin: { l: 8, r: 8, t: wide ? 44 : 60, b: 8 },
      uirevision: wide, editrevision: drawn, shapes: [],
      newshape: { line: { color: colours.accent, width: 2 }, fillcolor: colours.accent, opacity: 0.25 },
    };
    panels.forEach((panel, p) => {
      const suffix = p ? p + 1 : "";
      const gap = wide ? 0.02 : 0.06;
      const share = (1 - gap * (panels.length - 1)) / panels.length;
      const at = wide ? p : panels.length - 1 - p;
      const part = [at * (share + gap), at * (share + gap) + share];
      const axis = { showticklabels: false, zeroline: false, showline: true, mirror: true };
      layout[`xaxis${suffix}`] = { ...axis, anchor: `y${suffix}`, domain: wide ? part : [0, 1], range: range(panel.x) };
      layout[`yaxis${suffix}`] = { ...axis, anchor: `x${suffix}`, domain: wide ? [0, 1] : part, range: range(panel.y) };
      const heading = [panel.name, panel.note].filter(Boolean).map(page.escape);
      if (panel.name) heading[0] = `<b>${heading[0]}</b>`;
      annotations.push({
        text: heading.join(" · "), showarrow: false, xref: `x${suffix} domain`, yref: `y${suffix} domain`,
        x: 0, y: 1, xanchor: "left", yanchor: "bottom", font: { size: 13 },
      });
      for (const group of groups) {
        const { colour, shape } = group.look(colours);
        traces.push({
          type: webgl ? "scattergl" : "scatter", mode: "markers", hoverinfo: "none", visible: group.shown,
          xaxis: `x${suffix}`, yaxis: `y${suffix}`, name: page.escape(group.name),
          x: group.rows.map((row) => panel.x[row]), y: group.rows.map((row) => panel.y[row]), customdata: group.rows,
          marker: { size, color: colour, symbol: shape, opacity: n <= 500 ? 0.85 : n <= 5000 ? 0.7 : 0.5 },
          selectedpoints: selected.size ? group.rows.flatMap((row, i) => (selected.has(row) ? [i] : [])) : null,
          selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: 0.12 } },
        });
      }
      if (byId("names").checked) annotations.push(...nameTags(panel, suffix, colours, wide ? 1 : panels.length));
    });
    return { data: traces, layout };
  }

  const redraw = () => page.draw(plot, figure, { scrollZoom: true, doubleClick: "reset", modeBarButtons: BUTTONS });

  function showLegend() {
    const colours = page.colours();
    byId("legend").replaceChildren(...groups.map((group) => {
      const { colour, shape } = group.look(colours);
      const button = document.createElement("button");
      button.type = "button";
      button.title = group.name;
      button.setAttribute("aria-pressed", group.shown);
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 14 14");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", SHAPE_PATHS[shape]);
      path.setAttribute("fill", colour);
      svg.append(path);
      const name = document.createElement("span");
      name.textContent = group.name;
      name.dir = "auto";
      const count = document.createElement("small");
      count.className = "muted";
      count.textContent = group.rows.length.toLocaleString("en");
      button.append(svg, name, count);
      button.addEventListener("click", () => {
        group.shown = !group.shown;
        button.setAttribute("aria-pressed", group.shown);
        redraw();
      });
      return button;
    }));
  }

  function showAll(shown) {
    groups.forEach((group) => { group.shown = shown; });
    showLegend();
    redraw();
  }

  function select(found) {
    selected = found;
    const inOrder = [...selected].sort((a, b) => a - b);
    const some = inOrder.length > 0;
    byId("count").textContent = some ? `${inOrder.length.toLocaleString("en")} of ${n.toLocaleString("en")} selected.` : "Nothing is selected.";
    byId("export").disabled = byId("clear").disabled = !some;
    byId("list").replaceChildren(...inOrder.slice(0, MAX_ITEMS).map((row) => {
      const item = document.createElement("li");
      item.className = "text";
      item.dir = "auto";
      item.textContent = cut(textOf(row), MAX_ITEM);
      return item;
    }));
    if (inOrder.length > MAX_ITEMS) {
      const more = document.createElement("li");
      more.className = "muted";
      more.textContent = `and ${(inOrder.length - MAX_ITEMS).toLocaleString("en")} more`;
      byId("list").append(more);
    }
    return redraw();
  }

  /** A row as it is exported: as it is, or with nothing but the new label to tell what it is. */
  function exported(row, label) {
    const own = rows ? rows[row] : { ...(texts ? { text: texts[row] } : { row }), ...(labelOf(0, row) === null ? {} : { label: labelOf(0, row) }) };
    if (!label) return own;
    const kept = Object.entries(own).filter(([name]) => !LABELS.includes(name));
    return { ...Object.fromEntries(kept), label };
  }

  function exportRows() {
    const label = byId("label").value.trim();
    const lines = [...selected].sort((a, b) => a - b).map((row) => `${JSON.stringify(exported(row, label))}\n`);
    page.download("selected.jsonl", lines.join(""), "application/jsonl");
  }

  function showTip(row, { clientX, clientY }) {
    const names = colourings.filter((own) => own.name || own.labels.length).map(({ name }, i) => `${name}: ${labelOf(i, row) ?? "no label"}`);
    byId("tip-labels").textContent = names.map((name) => cut(name, 80)).join(" · ");
    byId("tip-text").textContent = cut(textOf(row), MAX_TIP);
    const tip = byId("tip");
    tip.hidden = false;
    const left = Math.min(clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    const below = clientY + 14 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? clientY + 14 : Math.max(8, clientY - 14 - tip.offsetHeight)}px`;
  }

  /** Show the text of the point that a finger has touched. */
  function showTouched(touch) {
    const box = plot.getBoundingClientRect();
    let nearest = null, least = 20 ** 2;
    panels.forEach((panel, p) => {
      const x = plot._fullLayout[p ? `xaxis${p + 1}` : "xaxis"], y = plot._fullLayout[p ? `yaxis${p + 1}` : "yaxis"];
      for (const group of groups.filter(({ shown }) => shown)) {
        group.rows.forEach((row) => {
          const dx = box.left + x._offset + x.d2p(panel.x[row]) - touch.clientX;
          const dy = box.top + y._offset + y.d2p(panel.y[row]) - touch.clientY;
          if (dx * dx + dy * dy < least) { nearest = row; least = dx * dx + dy * dy; }
        });
      }
    });
    if (nearest === null) byId("tip").hidden = true;
    else showTip(nearest, touch);
  }

  /** The corners of a drawn shape, in the numbers of its axes. */
  function corners({ type, path, x0, x1, y0, y1 }) {
    if (type !== "path") return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
    return path.slice(1, -1).split("L").map((point) => point.split(",").map(Number));
  }

  function isInside(x, y, polygon) {
    let inside = false;
    polygon.forEach(([x1, y1], i) => {
      const [x2, y2] = polygon[(i || polygon.length) - 1];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    });
    return inside;
  }

  /** Select what a drawn shape encloses, of the labels that are shown. */
  function selectInside(shape) {
    const panel = panels[Number(shape.xref.slice(1) || 1) - 1];
    const polygon = corners(shape);
    const found = new Set(adding ? selected : []);
    for (const group of groups) {
      if (group.shown) group.rows.forEach((row) => { if (isInside(panel.x[row], panel.y[row], polygon)) found.add(row); });
    }
    drawn++;
    select(found);
  }

  function find() {
    const wanted = byId("search").value.toLowerCase();
    if (!wanted) return;
    const found = new Set();
    for (const group of groups) {
      if (group.shown) group.rows.forEach((row) => { if (textOf(row).toLowerCase().includes(wanted)) found.add(row); });
    }
    select(found);
  }

  makeGroups();
  byId("names").checked = colourings[0].labels.length > 1 && colourings[0].labels.length <= MAX_NAMES;
  if (n > FEW && !webgl) {
    byId("notice").textContent = "This browser draws without WebGL: with so many points, zooming and selecting take longer.";
    byId("notice").hidden = false;
  }
  showLegend();
  redraw().then(() => {
    plot.on("plotly_hover", ({ points, event }) => { if (!event.touches) showTip(points[0].customdata, event); });
    plot.addEventListener("touchend", (event) => showTouched(event.changedTouches[0]), true);
    plot.on("plotly_unhover", () => { byId("tip").hidden = true; });
    plot.on("plotly_relayout", ({ shapes }) => { if (shapes?.length) selectInside(shapes[0]); });
    plot.on("plotly_doubleclick", () => { select(new Set()); });
    plot.dataset.ready = "true";
  });
  plot.addEventListener("mousedown", (event) => { adding = event.shiftKey; }, true);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showLegend);
  let wasWide = plot.clientWidth >= 700;
  window.addEventListener("resize", () => {
    if (wasWide !== plot.clientWidth >= 700) { wasWide = !wasWide; redraw(); }
  });
  byId("colouring").addEventListener("change", (event) => {
    colouring = Number(event.target.value);
    makeGroups();
    showLegend();
    redraw();
  });
  byId("names").addEventListener("change", redraw);
  byId("all").addEventListener("click", () => showAll(true));
  byId("none").addEventListener("click", () => showAll(false));
  byId("find").addEventListener("click", find);
  byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter") find(); });
  byId("clear").addEventListener("click", () => select(new Set()));
  byId("export").addEventListener("click", exportRows);
})();
