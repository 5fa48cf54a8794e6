// The tables beside the map: filter, sort, all rows, and the way to the map and back.
{
  const STEP = 100; // rows that «Vis flere» adds
  const FIRST = 25; // rows that a table has before it is asked for more
  const LONG = 40; // letters from which a cell has a least width
  const UNKNOWN = new Set(["", ":", "..", ".", "–", "-"]);
  const words = new Intl.Collator(["nb", "no"], { numeric: true });
  const blocks = [];

  A.tables = blocks;

  A.on("ready", (data) => {
    A.side.tables.forEach((meta, number) => {
      const box = document.getElementById(meta.id) ||
        [...document.querySelectorAll(".table-block")].find((one) => one.dataset.table === meta.name);
      const rows = box && box.querySelector("tbody") ? data.tableRows(number) : [];
      if (rows.length) blocks.push(liven({ meta, box, rows, body: box.querySelector("tbody"), head: box.querySelector("thead tr") }));
    });
    A.on("select", mark);
    A.on("moved", A.soon(() => {
      for (const table of blocks) if (table.inView) fill(table);
    }));
  });

  // What sorts a cell: a number as a number, a sign for unknown or hidden as nothing.
  A.number = (text) => {
    const plain = String(text).trim().replace(/[\s\u00a0\u202f]/g, "").replace("−", "-").replace(/%$/, "");
    if (!/^[+-]?\d+(?:,\d+)?$/.test(plain)) return null;
    return Number(plain.replace(",", "."));
  };

  // Dates and shares stay on one line.
  A.glued = (text) => text.replace(/(\d)-(?=\d)/g, "$1-\u2060").replace(/(\d) %/g, "$1\u00a0%");

  function liven(table) {
    const { meta, box, rows } = table;
    table.layers = (meta.layers || []).map(A.layerNamed).filter(Boolean);
    table.mapped = rows.map(() => null);
    table.folded = rows.map(([, cells]) => A.fold(cells.join(" ")));
    table.numeric = meta.numeric || [];
    Object.assign(table, { filter: "", sort: null, inView: false, shown: FIRST, totals: rows.filter((row) => row[2]).length });
    const labels = table.layers.map((layer) => new Map(layer.labels().map((label, row) => [String(label), row])));
    rows.forEach(([label], i) => {
      const at = labels.findIndex((one) => one.has(String(label)));
      if (at >= 0) table.mapped[i] = { layer: table.layers[at], row: labels[at].get(String(label)) };
    });
    table.onMap = table.mapped.some(Boolean);
    tools(table);
    headers(table);
    more(table);
    fill(table);
    box.classList.add("kart-tabell");
    return table;
  }

  function tools(table) {
    const { meta, box } = table;
    const bar = box.querySelector(".table-tools");
    if (!bar) return;
    const title = box.querySelector(`#${CSS.escape(meta.id)}-tittel`);
    const named = title ? title.firstChild.textContent.trim() : meta.name;
    table.title = named;
    table.count = A.el("p", { class: "kart-antall", role: "status" });
    if (table.rows.length > 5) {
      const id = `${meta.id}-filter`;
      table.field = A.el("input", { type: "search", id, autocomplete: "off", "aria-label": A.say("filtrer_tabell", { tabell: named }), oninput: () => A.filterTable(table, table.field.value) });
      bar.append(A.el("label", { for: id, text: A.say("filtrer") }), table.field);
    }
    if (table.onMap) {
      const check = A.el("input", { type: "checkbox", onchange: () => { table.inView = check.checked; fill(table, true); } });
      bar.append(A.el("label", { class: "kart-utsnitt" }, check, A.el("span", { text: A.say("bare_utsnitt") })));
    }
    bar.append(A.button(A.say("last_ned_csv"), () => A.saveTable(table), { "aria-label": A.say("last_ned_csv_tabell", { tabell: named }) }), table.count);
  }

  function headers(table) {
    for (const cell of table.head.children) cell.textContent = A.glued(cell.textContent);
    if (table.rows.length - table.totals > 2) [...table.head.children].forEach((cell, column) => {
      const text = cell.textContent;
      const sign = A.el("span", { class: "kart-sorttegn", "aria-hidden": "true", text: "↕" });
      const button = A.button("", () => {
        const down = table.sort && table.sort.column === column && !table.sort.down;
        sortBy(table, column, down);
      }, { class: "kart-sorter" });
      button.append(text, sign);
      cell.replaceChildren(button);
    });
    if (table.onMap) {
      table.head.append(A.el("th", { scope: "col", class: "no-print" }, A.say("kart")));
    }
  }

  function sortBy(table, column, down) {
    table.sort = { column, down };
    [...table.head.children].forEach((cell, at) => {
      const sign = cell.querySelector(".kart-sorttegn");
      if (at === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      if (sign) sign.textContent = at === column ? (down ? "▼" : "▲") : "↕";
    });
    fill(table);
  }

  function more(table) {
    table.more = A.button("", () => {
      const before = new Set([...table.body.rows].map((row) => row.dataset.row));
      table.shown += STEP;
      fill(table);
      const next = [...table.body.rows].find((row) => !before.has(row.dataset.row));
      const target = next && (next.querySelector("button") || next.cells[0]);
      if (target && target.tagName !== "BUTTON") target.tabIndex = -1;
      if (target && table.more.hidden) target.focus();
    }, { class: "kart-flere no-print" });
    const wrap = table.box.querySelector(".table-wrap");
    wrap.after(table.more);
    const cut = table.box.querySelector(".table-cut");
    if (cut && table.rows.length >= table.meta.rows) cut.hidden = true;
  }

  // Rows that pass the filter and the view, in order, without the sums.
  function order(table) {
    const asked = A.fold(table.filter).trim().split(" ").filter(Boolean);
    const [west, south, east, north] = table.inView ? A.view() : [];
    const passes = (i) => {
      if (table.rows[i][2]) return false;
      if (!asked.every((word) => table.folded[i].includes(word))) return false;
      if (!table.inView) return true;
      if (!table.mapped[i]) return false;
      const { layer: { bounds }, row } = table.mapped[i];
      return bounds[4 * row] <= east && bounds[4 * row + 2] >= west && bounds[4 * row + 1] <= north && bounds[4 * row + 3] >= south;
    };
    const found = table.rows.map((_, i) => i).filter(passes);
    if (table.sort) found.sort(comparer(table));
    return found;
  }

  function comparer(table) {
    const { column, down } = table.sort;
    const turn = down ? -1 : 1;
    const text = (i) => table.rows[i][1][column] || "";
    const keys = new Map();
    const key = (i) => {
      if (!keys.has(i)) keys.set(i, table.numeric[column] ? A.number(text(i)) : UNKNOWN.has(text(i).trim()) ? null : text(i));
      return keys.get(i);
    };
    return (a, b) => {
      const [one, other] = [key(a), key(b)];
      if (one === null || other === null) return (one === null) - (other === null) || a - b;
      return turn * (table.numeric[column] ? one - other : words.compare(one, other)) || a - b;
    };
  }

  function fill(table, announce) {
    const found = order(table);
    const sums = table.rows.map((_, i) => i).filter((i) => table.rows[i][2]);
    const narrowed = Boolean(table.filter.trim()) || table.inView;
    const listed = found.slice(0, table.shown);
    const all = narrowed ? listed : [...listed, ...sums];
    // Sums of a part stand by it, until the reader has another order.
    if (!table.sort) all.sort((one, other) => one - other);
    table.body.replaceChildren(...all.map((i) => line(table, i)));
    const rest = found.length - listed.length;
    table.more.hidden = !rest;
    table.more.textContent = A.say("vis_flere", { antall: Math.min(rest, STEP), rest });
    const text = narrowed
      ? A.say(found.length ? "antall_treff" : "ingen_rader", { antall: found.length, alle: table.rows.length - table.totals }) : "";
    if (table.count && (announce || table.count.textContent !== text)) table.count.textContent = text;
    mark(A.state.selected);
  }

  function line(table, i) {
    const [label, cells, total] = table.rows[i];
    const row = A.el("tr", { "data-row": label, class: total ? "total" : null });
    // An empty header would be read as one.
    cells.forEach((text, column) => {
      const heads = column === 0 && text.trim() !== "";
      row.append(A.el(heads ? "th" : "td", { scope: heads ? "row" : null, class: table.numeric[column] ? "number" : !heads && text.length > LONG ? "long" : null, text }));
    });
    if (!table.onMap) return row;
    const hit = table.mapped[i];
    const button = hit && A.button(A.say("vis"), () => show(hit), { "aria-label": A.say("vis_i_kartet", { navn: cells[0] || label }) });
    row.append(A.el("td", { class: "no-print" }, button));
    return row;
  }

  function show(hit) {
    A.select(hit, { from: "tabell", zoom: true });
    const box = document.getElementById("kart");
    box.scrollIntoView({ block: "center", behavior: A.reducedMotion() ? "auto" : "smooth" });
    box.focus({ preventScroll: true });
  }

  // Narrows a table to what holds all words; what falls out is hidden on the map too.
  A.filterTable = (table, text) => {
    table.filter = text;
    if (table.field && table.field.value !== text) table.field.value = text;
    table.shown = FIRST;
    fill(table);
    for (const layer of table.layers) mask(layer);
    if (table.layers.length) A.emit("masks", A.state.masks);
    A.emit("filter", table);
  };

  function mask(layer) {
    const narrowing = blocks.filter((table) => table.filter.trim() && table.layers.includes(layer));
    if (!narrowing.length) {
      A.state.masks[layer.meta.name] = null;
      return;
    }
    const shown = new Uint8Array(layer.n);
    for (const table of narrowing) {
      const asked = A.fold(table.filter).trim().split(" ").filter(Boolean);
      table.mapped.forEach((hit, i) => {
        if (hit && hit.layer === layer && asked.every((word) => table.folded[i].includes(word))) shown[hit.row] += 1;
      });
    }
    // Of two filtered tables a feature must pass both.
    for (let row = 0; row < shown.length; row += 1) shown[row] = shown[row] === narrowing.length ? 1 : 0;
    A.state.masks[layer.meta.name] = shown;
  }

  function place(layer, row) {
    for (const table of blocks) {
      const i = table.mapped.findIndex((hit) => hit && hit.layer === layer && hit.row === row);
      if (i >= 0) return { table, i };
    }
    return null;
  }

  A.tableOf = place;

  function mark(chosen) {
    for (const row of document.querySelectorAll("tr.kart-valgt")) {
      row.classList.remove("kart-valgt");
      row.removeAttribute("aria-current");
    }
    const found = chosen && place(chosen.layer, chosen.row);
    const row = found && rowOf(found);
    if (!row) return;
    row.classList.add("kart-valgt");
    row.setAttribute("aria-current", "true");
  }

  function rowOf({ table, i }) {
    return [...table.body.rows].find((row) => row.dataset.row === String(table.rows[i][0]));
  }

  // Opens and scrolls to the row of a feature, and gives it the focus.
  A.showInTable = (layer, row) => {
    const found = place(layer, row);
    if (!found) return;
    const { table, i } = found;
    if (!rowOf(found)) {
      table.inView = false;
      const check = table.box.querySelector(".kart-utsnitt input");
      if (check) check.checked = false;
      if (table.filter) A.filterTable(table, "");
      table.shown = Math.max(table.shown, order(table).indexOf(i) + 1);
      fill(table);
    }
    for (let fold = table.box.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const line_ = rowOf(found);
    mark(A.state.selected);
    line_.scrollIntoView({ block: "center" });
    const button = line_.querySelector("button");
    if (button) button.focus({ preventScroll: true });
  };
}
