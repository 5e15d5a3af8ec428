/* The figures of a training report: drawn when they are shown, in the colours of the theme. */
const report = (() => {
  const drawn = new Set();

  /** A copy of a figure in which every colour "@name" is the theme's. */
  function coloured(value, colours) {
    if (typeof value === "string") {
      const series = /^@series(\d+)$/.exec(value);
      if (series) return colours.series[series[1] % colours.series.length];
      return value.startsWith("@") ? colours[value.slice(1)] ?? value : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) =>
      [key, TEXTS.has(key) ? item : coloured(item, colours)]));
  }
  /* These hold what users wrote, and may start with an @. */
  const TEXTS = new Set(["name", "text", "ticktext", "customdata", "hovertemplate", "x", "y", "z"]);

  function show(element) {
    if (drawn.has(element) || typeof Plotly === "undefined") return;
    drawn.add(element);
    const figure = page.data.figures[element.dataset.figure];
    page.draw(element, (colours) => coloured(figure, colours), { displayModeBar: false });
  }

  function showAll(root) {
    for (const element of root.querySelectorAll("[data-figure]")) {
      const folded = element.closest("details:not([open])");
      if (!folded) show(element);
    }
  }

  /** Make one line stand out among many. */
  function emphasize(element, name) {
    const figure = page.data.figures[element.dataset.figure];
    figure.data.forEach((trace, i) => {
      trace.opacity = name === "" || String(i) === name || trace.line.color === "@text" ? 1 : 0.15;
    });
    drawn.delete(element);
    show(element);
  }

  function setUp() {
    for (const details of document.querySelectorAll("details")) {
      details.addEventListener("toggle", () => showAll(details));
    }
    for (const [id, open] of [["open-all", true], ["close-all", false]]) {
      document.getElementById(id)?.addEventListener("click", () => {
        for (const details of document.querySelectorAll("details.task")) details.open = open;
      });
    }
    document.getElementById("emphasis")?.addEventListener("change", (event) => {
      for (const name of ["curves", "losses"]) {
        const element = document.querySelector(`[data-figure="${name}"]`);
        if (element) emphasize(element, event.target.value);
      }
    });
    showAll(document);
    setUpMap();
  }

  function setUpMap() {
    const element = document.getElementById("map");
    const points = page.data.map;
    if (!element || !points) return;
    const select = document.getElementById("map-task");
    /* A finger on the map scrolls the page, unless the map is what one wants to move. */
    const coarse = window.matchMedia("(pointer: coarse)").matches;
    const texts = points.texts.map((text) => wrap(page.escape(text)));
    const draw = () => page.draw(element, (colours) => mapFigure(points, texts, select.value, colours, coarse),
      { displayModeBar: !coarse, scrollZoom: !coarse, modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"] });
    select.addEventListener("change", draw);
    draw();
  }

  function wrap(text) {
    return text.replace(/\s+/g, " ").replace(/(.{50}\S*) /g, "$1<br>");
  }

  function mapFigure(points, texts, task, colours, coarse) {
    const { names, codes } = points.tasks[task];
    const traces = [-1, ...names.keys()].map((code) => {
      const rows = codes.flatMap((found, row) => (found === code ? [row] : []));
      return {
        type: page.hasWebgl() ? "scattergl" : "scatter",
        mode: "markers",
        name: code < 0 ? "not annotated" : page.escape(names[code]).slice(0, 60),
        x: rows.map((row) => points.x[row]),
        y: rows.map((row) => points.y[row]),
        text: rows.map((row) => texts[row]),
        hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
        marker: {
          size: points.x.length > 5000 ? 4 : 6,
          color: code < 0 ? colours.line : colours.series[code % colours.series.length],
          opacity: code < 0 ? 0.4 : 0.8,
        },
      };
    });
    const axis = { showticklabels: false, showgrid: false, zeroline: false, showline: true, mirror: true, fixedrange: coarse };
    return {
      data: traces.filter((trace) => trace.x.length),
      layout: {
        height: 520, dragmode: coarse ? false : "pan", hovermode: "closest", xaxis: axis, yaxis: axis,
        legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemsizing: "constant" },
        margin: { l: 12, r: 12, t: 24, b: 12 },
      },
    };
  }

  return { setUp };
})();
report.setUp();
