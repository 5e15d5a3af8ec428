/* The figures of a training report: drawn when they are shown, in the colours of the theme. */
const report = (() => {
  const drawn = new Set();
  /* To ask takes a context, of which a page has few. */
  const webgl = page.hasWebgl();
  /** Points that a browser draws quickly without WebGL. */
  const MOST_WITHOUT_WEBGL = 3000;

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

  /** Make some lines stand out among many: those whose buttons are pressed. */
  function emphasize() {
    const pressed = [...document.querySelectorAll(".chip[aria-pressed=true]")].map((chip) => Number(chip.dataset.line));
    for (const element of document.querySelectorAll("[data-figure=curves], [data-figure=losses]")) {
      const tasks = document.querySelectorAll(".chip").length;
      page.data.figures[element.dataset.figure].data.forEach((trace, i) => {
        trace.opacity = !pressed.length || pressed.includes(i) || i >= tasks ? 1 : 0.12;
      });
      drawn.delete(element);
      show(element);
    }
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
    for (const chip of document.querySelectorAll(".chip")) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        emphasize();
      });
    }
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
    const draw = () => page.draw(element, (colours) => mapFigure(points, texts, points.colourings[select.value], colours, coarse),
      { displayModeBar: !coarse, scrollZoom: !coarse, modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"] });
    select.addEventListener("change", draw);
    draw();
  }

  function wrap(text) {
    return text.replace(/\s+/g, " ").replace(/(.{50}\S*) /g, "$1<br>");
  }

  function mapFigure(points, texts, { names, codes }, colours, coarse) {
    /* The most frequent labels first, so that rare ones lie above them. */
    const every = webgl ? 1 : Math.ceil(codes.length / MOST_WITHOUT_WEBGL);
    document.getElementById("map-note").hidden = every === 1;
    const traces = [-1, ...names.keys()].map((code) => {
      const rows = codes.flatMap((found, row) => (found === code && row % every === 0 ? [row] : []));
      return {
        type: webgl ? "scattergl" : "scatter",
        mode: "markers",
        name: code < 0 ? "not annotated" : page.escape(names[code]),
        x: rows.map((row) => points.x[row]),
        y: rows.map((row) => points.y[row]),
        text: rows.map((row) => texts[row]),
        hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
        marker: {
          size: points.x.length > 5000 ? 4 : 6,
          color: code < 0 ? colours.line : colours.series[code % colours.series.length],
          symbol: points.shapes[Math.floor(Math.max(code, 0) / colours.series.length) % points.shapes.length],
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
        /* Beside the map, where they cover no names. */
        modebar: { orientation: "v" },
        margin: { l: 12, r: coarse ? 12 : 40, t: 24, b: 12 },
      },
    };
  }

  return { setUp };
})();
report.setUp();
