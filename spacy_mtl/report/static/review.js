/* One row at a time: decide by key or click, undo, filter, keep the progress, download. */
const review = (() => {
  const { key, tasks, files, rows } = page.data;
  const byId = (id) => document.getElementById(id);
  const STORE = `spacy-mtl-review-${key}`;
  const HEIGHT = 56;
  const FILTERS = {
    all: ["All rows", () => true],
    open: ["Open", (i) => !decisions.has(i)],
    decided: ["Decided", (i) => decisions.has(i)],
    flagged: ["Most likely wrong", (i) => rows[i].flagged],
  };
  const NAMES = {
    sure_of_other: "Model sure of another label", near_duplicate: "Near-duplicate with other labels",
    far_from_neighbours: "Unlike its neighbours", other_task: "Contradicted by another task",
    seeds_disagree: "Seeds disagree", low_margin: "Low margin", uncertain: "Uncertain", different: "Unlike the others",
  };
  const decisions = new Map();
  let history = [];
  let shown = [];
  let at = 0;
  let chosen = [];
  let isSaved = true;

  const element = (name, classes = "", text = "") => {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    made.textContent = text;
    return made;
  };
  const same = (a, b) => a.length === b.length && a.every((label) => b.includes(label));
  const listed = (labels) => labels.join(", ") || "no label";
  const visible = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f]/g, "\ufffd");

  /* The tab's own store is a second copy: a page that is loaded again at once may find the first one empty,
     because Chromium fills it in the background. */
  const stores = [() => localStorage, () => sessionStorage];

  function load() {
    let newest = -1;
    let kept = new Map();
    for (const store of stores) {
      try {
        const held = JSON.parse(store().getItem(STORE) || "{}");
        // Pages of earlier releases keep the list alone.
        const { saved, rows: found } = Array.isArray(held) ? { saved: 0, rows: held } : held;
        if (saved > newest) [newest, kept] = [saved, new Map(found)];
      } catch {
        // There is nothing to go on from.
      }
    }
    for (const [i, decision] of kept) if (rows[i]) decisions.set(i, decision);
  }

  function save() {
    write(STORE, JSON.stringify({ saved: Date.now(), rows: [...decisions] }));
  }

  function write(name, text) {
    const failed = stores.filter((store) => {
      try {
        store().setItem(name, text);
        return false;
      } catch {
        return true;
      }
    });
    isSaved = !failed.includes(stores[0]);
    byId("notice").hidden = isSaved;
    byId("notice").textContent = isSaved ? "" : "This browser does not keep your decisions: download them before you leave.";
  }

  function refilter(row) {
    const [, keep] = FILTERS[byId("filter").value] || FILTERS.all;
    shown = rows.map((_, i) => i).filter(keep);
    const place = shown.indexOf(row);
    at = place >= 0 ? place : Math.max(0, shown.findIndex((i) => i >= row));
    show();
  }

  function show() {
    const done = decisions.size;
    byId("count").textContent = `${done.toLocaleString("en")} of ${rows.length.toLocaleString("en")} decided`;
    byId("bar").style.width = `${rows.length ? (100 * done) / rows.length : 0}%`;
    byId("progress").setAttribute("aria-valuemax", rows.length);
    byId("progress").setAttribute("aria-valuenow", done);
    byId("download").disabled = !done;
    byId("current").hidden = !shown.length;
    byId("empty").hidden = Boolean(shown.length);
    byId("undo").disabled = !history.length;
    if (shown.length) showRow(shown[at]);
    showList(true);
  }

  function showRow(i) {
    const row = rows[i];
    const task = tasks[row.task];
    const decision = decisions.get(i);
    chosen = decision && decision.accept ? [...decision.accept] : [...row.labels];
    byId("place").textContent =
      `${(at + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")} · ${row.task} · ${files[row.file].split(/[\\/]/).slice(-2).join("/")}, line ${row.line} · score ${row.score.toFixed(2)}`;
    byId("state").textContent = decision ? stateOf(i) : "";
    byId("place").title = files[row.file];
    byId("text").textContent = visible(row.text) || "(empty text)";
    byId("text").scrollTop = 0;
    const takes = row.suggested.length || task.multiple;
    byId("suggest").hidden = !takes || same(row.suggested, row.labels);
    fill(byId("suggest"), `${row.labels.length ? "Change to" : "Label"} ${listed(row.suggested)} `, "c");
    byId("next").disabled = at >= shown.length - 1;
    byId("back").disabled = at <= 0;
    byId("reasons").replaceChildren(...(row.reasons.length ? row.reasons : [["", "Nothing in particular speaks against its labels."]]).map(([, text]) => element("li", "", text)));
    byId("near-title").hidden = !row.near.length;
    byId("near").replaceChildren(...row.near.map(nearCard));
    showLabels(i);
  }

  function showLabels(i) {
    const row = rows[i];
    const task = tasks[row.task];
    byId("labels").classList.toggle("wide", task.labels.some((label) => label.length > 20));
    byId("labels").replaceChildren(...task.labels.map((label, n) => {
      const button = element("button", "label");
      button.append(element("kbd", "", n < 9 ? String(n + 1) : "·"));
      const name = element("span", "name", label);
      if (row.labels.includes(label)) name.append(element("span", "tag", "  now"));
      else if (row.suggested.includes(label)) name.append(element("span", "tag", "  suggested"));
      const p = row.p[n];
      const meter = element("span", "meter");
      meter.style.width = `${100 * (p || 0)}%`;
      button.append(name, element("span", "p", p === null ? "" : `${Math.round(100 * p)} %`), meter);
      button.setAttribute("aria-pressed", String(chosen.includes(label)));
      button.addEventListener("click", () => choose(n));
      return button;
    }));
    const keeps = same(chosen, row.labels);
    const valid = task.multiple || chosen.length === 1;
    byId("accept").disabled = !valid;
    fill(byId("accept"), !valid ? "Choose a label " : keeps ? `Keep ${listed(chosen)} ` : `Save ${listed(chosen)} `, "a");
  }

  function fill(button, text, keyName) {
    button.replaceChildren(document.createTextNode(text), element("kbd", "", keyName));
  }

  function nearCard([example, similarity, isSame]) {
    const other = typeof example === "number" ? rows[example] : example;
    const card = element("div", "card");
    const head = element("div", "head");
    head.append(element("strong", isSame ? "same" : "other", `${isSame ? "Same labels" : "Other labels"}: ${listed(other.labels)}`));
    head.append(element("span", "muted", `line ${other.line} · ${similarity.toFixed(2)}`));
    card.append(head, element("div", "text", visible(other.text)));
    return card;
  }

  function stateOf(i) {
    const decision = decisions.get(i);
    if (decision.answer === "reject") return "✗ left out";
    return same(decision.accept, rows[i].labels) ? "✓ kept" : `✓ ${listed(decision.accept)}`;
  }

  /* Only the items in sight exist. */
  function showList(follow = false) {
    const list = byId("list");
    if (!list.clientHeight) return;
    byId("space").style.height = `${shown.length * HEIGHT}px`;
    if (follow && (at * HEIGHT < list.scrollTop || (at + 1) * HEIGHT > list.scrollTop + list.clientHeight)) {
      list.scrollTop = Math.max(0, at * HEIGHT - list.clientHeight / 2);
    }
    const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / HEIGHT) + 10);
    const items = [];
    for (let n = first; n < last; n++) {
      const row = rows[shown[n]];
      const item = element("button", "item");
      item.tabIndex = -1;
      item.style.top = `${n * HEIGHT}px`;
      item.setAttribute("aria-current", String(n === at));
      const small = element("span", "small", `${listed(row.labels)} · ${row.score.toFixed(2)} `);
      if (decisions.has(shown[n])) small.append(element("strong", "done inline", stateOf(shown[n])));
      item.append(element("span", "", visible(row.text.slice(0, 120)) || "(empty text)"), small);
      item.addEventListener("click", () => go(n));
      items.push(item);
    }
    byId("space").replaceChildren(...items);
  }

  function go(place) {
    if (!shown.length) return;
    at = Math.min(Math.max(0, place), shown.length - 1);
    show();
    window.scrollTo({ top: 0 });
  }

  function decide(decision) {
    if (!shown.length) return;
    const i = shown[at];
    history.push([i, decisions.get(i)]);
    decisions.set(i, decision);
    save();
    advance(i);
  }

  function advance(i) {
    const [, keep] = FILTERS[byId("filter").value] || FILTERS.all;
    // A row that no longer belongs here makes room for the next.
    if (keep(i)) go(at + 1);
    else refilter(i);
  }

  function undo() {
    if (!history.length) return;
    const [i, before] = history.pop();
    if (before) decisions.set(i, before);
    else decisions.delete(i);
    save();
    if (!shown.includes(i)) refilter(i);
    go(shown.indexOf(i));
  }

  function choose(n) {
    if (!shown.length) return;
    const row = rows[shown[at]];
    const task = tasks[row.task];
    const label = task.labels[n];
    if (label === undefined) return;
    if (!task.multiple) {
      decide({ answer: "accept", accept: [label] });
      return;
    }
    const now = chosen.includes(label) ? chosen.filter((other) => other !== label) : [...chosen, label];
    chosen = task.labels.filter((other) => now.includes(other));
    showLabels(shown[at]);
  }

  function accept() {
    if (shown.length && !byId("accept").disabled) decide({ answer: "accept", accept: [...chosen] });
  }

  function takeSuggestion() {
    if (shown.length && !byId("suggest").hidden) decide({ answer: "accept", accept: [...rows[shown[at]].suggested] });
  }

  function save_file() {
    if (!decisions.size) return;
    const lines = rows.map((row, i) => {
      const task = tasks[row.task];
      const decision = decisions.get(i);
      return JSON.stringify({
        text: row.text,
        options: task.labels.map((label) => ({ id: label, text: label })),
        accept: decision && decision.accept ? decision.accept : row.labels,
        answer: decision ? decision.answer : "ignore",
        config: { choice_style: task.multiple ? "multiple" : "single" },
        meta: { task: row.task, file: files[row.file], line: row.line, score: row.score, labels: row.labels, suggested: row.suggested },
      });
    });
    page.download("review.jsonl", lines.join("\n") + "\n", "application/x-ndjson");
  }

  function toggleHelp() {
    byId("help").hidden = !byId("help").hidden;
    byId("help-button").setAttribute("aria-expanded", String(!byId("help").hidden));
  }

  const KEYS = {
    j: () => go(at + 1), ArrowRight: () => go(at + 1), k: () => go(at - 1), ArrowLeft: () => go(at - 1),
    a: accept, c: takeSuggestion, x: () => decide({ answer: "reject" }), s: () => go(at + 1),
    u: undo, d: save_file, "?": toggleHelp,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const action = /^[1-9]$/.test(event.key) ? () => choose(Number(event.key) - 1) : KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  const reasons = new Set(rows.flatMap((row) => row.reasons.map(([name]) => name)));
  for (const name of Object.keys(NAMES).filter((found) => reasons.has(found))) {
    FILTERS[name] = [NAMES[name], (i) => rows[i].reasons.some(([found]) => found === name)];
  }
  if (Object.keys(tasks).length > 1) {
    for (const name of Object.keys(tasks)) FILTERS[`task ${name}`] = [`Task ${name}`, (i) => rows[i].task === name];
  }
  for (const [name, [title, keep]] of Object.entries(FILTERS)) {
    const counted = ["open", "decided"].includes(name) ? "" : ` (${rows.filter((_, i) => keep(i)).length.toLocaleString("en")})`;
    const option = element("option", "", title + counted);
    option.value = name;
    byId("filter").append(option);
  }
  byId("filter").addEventListener("change", () => { refilter(shown[at] || 0); byId("filter").blur(); });
  byId("list").addEventListener("scroll", () => showList());
  window.addEventListener("resize", () => showList());
  const CLICKS = {
    accept, suggest: takeSuggestion, reject: KEYS.x, skip: KEYS.s, undo, back: KEYS.k, next: KEYS.j,
    download: save_file, "help-button": toggleHelp,
  };
  for (const [id, action] of Object.entries(CLICKS)) byId(id).addEventListener("click", action);
  load();
  write("spacy-mtl-review", "");
  byId("filter").value = "all";
  const first = rows.findIndex((_, i) => !decisions.has(i));
  refilter(Math.max(0, first));
  return { decisions };
})();
