"use strict";
/* What pages share: their data, the colours of the theme, figures that follow it, and downloads. */
const page = (() => {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const redraws = new Map();

  /** The colours of the current theme: text, muted, surface, line, grid, accent, background, series. */
  function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ["text", "muted", "surface", "line", "grid", "accent", "background", "good", "bad"];
    const found = Object.fromEntries(names.map((name) => [name, read(name)]));
    found.series = [];
    for (let i = 0; read(`series-${i}`); i++) found.series.push(read(`series-${i}`));
    return found;
  }

  /** Settings of a plotly figure that follow the theme. */
  function themed(layout) {
    const c = colours();
    const axis = { gridcolor: c.grid, zerolinecolor: c.line, linecolor: c.line, automargin: true };
    const base = {
      paper_bgcolor: c.background, plot_bgcolor: c.background, colorway: c.series,
      font: { color: c.text, family: "system-ui, sans-serif", size: 13 },
      margin: { l: 48, r: 16, t: 24, b: 40 },
      hoverlabel: { bgcolor: c.surface, bordercolor: c.line, font: { color: c.text }, align: "left" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: c.muted, activecolor: c.accent },
      legend: { font: { color: c.text } },
    };
    const merged = { ...base, ...layout };
    for (const name of ["xaxis", "yaxis", ...Object.keys(layout)]) {
      if (/^[xy]axis\d*$/.test(name)) merged[name] = { ...axis, ...layout[name] };
    }
    for (const name of ["font", "margin", "hoverlabel", "legend"]) {
      merged[name] = { ...base[name], ...layout[name] };
    }
    return merged;
  }

  /**
   * Draw a figure, and draw it again when the theme changes.
   * @param {string|HTMLElement} target The element, or its id.
   * @param {object|function} figure `{data, layout}` of plotly, or a function from the colours to it.
   * @param {object} config Settings of plotly beside those that all figures have.
   * @returns {Promise} Resolves when the figure is drawn.
   */
  function draw(target, figure, config = {}) {
    const element = typeof target === "string" ? document.getElementById(target) : target;
    // Buttons are listed, because some releases of plotly have one that uploads the figure.
    const modeBarButtons = [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]];
    const settings = { responsive: true, displaylogo: false, modeBarButtons, ...config };
    const redraw = () => {
      const { data: traces, layout = {} } = typeof figure === "function" ? figure(colours()) : figure;
      return Plotly.react(element, traces, themed(layout), settings);
    };
    redraws.set(element, redraw);
    return redraw();
  }
  dark.addEventListener("change", () => redraws.forEach((redraw) => redraw()));

  /** Whether the browser draws with WebGL. */
  function hasWebgl() {
    try {
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("webgl") || canvas.getContext("experimental-webgl");
      return Boolean(context);
    } catch {
      return false;
    }
  }

  /** Save a text as a file. */
  function download(name, text, type = "application/octet-stream") {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  /** Write text for the places where plotly reads markup: its entities are text again, nothing is a tag. */
  function escape(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  return { data, colours, draw, hasWebgl, download, escape };
})();
