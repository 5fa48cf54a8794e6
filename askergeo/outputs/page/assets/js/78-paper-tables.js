// Tables on paper: one that is wider than the sheet is set as several, each with the columns that
// name its rows. Words and numbers are never broken.
{
  const NAMES = 3; // leading columns of text that name a row, at most
  const SHARE = 0.45; // of the sheet's width that these may take
  const TEXT = 130; // pixels that a column of text gets before it is narrower than its text
  const SHORT = 14; // rows of a table that is never parted between two sheets
  let laid = [];

  // Sets every table that is seen for a sheet as wide as the page is now.
  A.layTables = () => {
    for (const table of document.querySelectorAll("main .table-wrap > table")) {
      const wrap = table.parentElement;
      if (!wrap.checkVisibility()) continue;
      const box = A.el("div", { class: "table-wrap trykk-tabell" }, plain(table));
      wrap.before(box);
      split(box, titleOf(wrap));
      wrap.hidden = true;
      laid.push({ wrap, box });
    }
  };

  A.clearTables = () => {
    for (const { wrap, box } of laid) {
      wrap.hidden = false;
      box.remove();
    }
    laid = [];
  };

  // The title without the number of rows that a folded table has beside it.
  function titleOf(wrap) {
    const named = document.getElementById((wrap.getAttribute("aria-labelledby") || "").split(" ")[0]);
    return named ? (named.firstElementChild || named).textContent.trim() : wrap.getAttribute("aria-label");
  }

  // A copy without what only a screen has: browsers do not repeat a header with buttons on each sheet.
  function plain(table) {
    const copy = table.cloneNode(true);
    for (const only of copy.querySelectorAll(".no-print, .kart-sorttegn")) only.remove();
    for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
    for (const cell of copy.querySelectorAll("th, td")) cell.textContent = A.glued(cell.textContent);
    return copy;
  }

  function split(box, title) {
    const table = box.firstElementChild;
    const heads = [...table.tHead.rows[0].cells];
    const widths = wanted(table, heads);
    heads.forEach((cell, at) => { if (!isNumber(cell)) cell.style.minWidth = `${widths[at]}px`; });
    const parts = share(heads, widths, box.clientWidth);
    box.classList.toggle("trykk-kort", table.rows.length <= SHORT);
    if (parts.length === 1) return;
    box.replaceChildren(...parts.map((columns, at) => {
      const part = table.cloneNode(true);
      for (const row of part.rows) {
        [...row.cells].forEach((cell, column) => { if (!columns.has(column)) cell.remove(); });
      }
      part.createCaption().textContent = A.say("trykk_del", { tabell: title, del: at + 1, alle: parts.length });
      return part;
    }));
  }

  // How wide each column should be: a number as its longest, a text not narrower than it reads well.
  function wanted(table, heads) {
    const [least, most] = ["min-content", "max-content"].map((width) => {
      table.style.width = width;
      return heads.map((cell) => cell.getBoundingClientRect().width);
    });
    table.style.width = "";
    return heads.map((cell, at) => (isNumber(cell) ? least[at] : Math.max(least[at], Math.min(most[at], TEXT))));
  }

  const isNumber = (cell) => cell.classList.contains("number");

  // Sets of columns, each with those that name the rows and as many others as there is room for.
  function share(heads, widths, room) {
    const sum = (some) => some.reduce((all, column) => all + widths[column], 0);
    const columns = heads.map((_, at) => at);
    if (sum(columns) <= room) return [new Set(columns)];
    const names = [0];
    for (let at = 1; at < NAMES && !isNumber(heads[at]) && sum([...names, at]) <= room * SHARE; at += 1) names.push(at);
    const parts = [[...names]];
    for (const column of columns.slice(names.length)) {
      const part = parts[parts.length - 1];
      if (part.length > names.length && sum([...part, column]) > room) parts.push([...names, column]);
      else part.push(column);
    }
    return parts.map((part) => new Set(part));
  }
}
