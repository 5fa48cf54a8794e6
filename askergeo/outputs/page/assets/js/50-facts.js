// What is on a spot, in plain words: by click, by touch, and by Enter at the map's centre.
{
  const REACH = 8; // pixels from a mark or a line that still count as on it
  let hits = [];
  let at = 0;
  let outline = null;
  let opener = null;

  A.on("ready", () => {
    const box = document.getElementById("kart");
    if (!A.map) return;
    outline = A.highlight(A.map);
    A.map.on("click", (event) => {
      if (A.pickPlace) A.pickPlace(A.xy(event.latlng));
      else look(A.xy(event.latlng));
    });
    box.addEventListener("keydown", (event) => {
      if (event.target !== box) return;
      if (event.key === "Enter") {
        event.preventDefault();
        const centre = A.xy(A.map.getCenter());
        if (A.pickPlace) A.pickPlace(centre);
        else look(centre);
      } else if (event.key === "Escape") {
        if (A.stopPicking) A.stopPicking();
        else A.select(null);
      }
    });
    const panel = document.getElementById("kart-fakta");
    if (!panel) return;
    panel.hidden = true;
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    A.on("year", () => {
      const chosen = A.state.selected;
      if (chosen && chosen.layer.meta.years.length) write(chosen);
    });
  });

  function look(place) {
    const metres = REACH * A.resolution(A.map.getZoom());
    const side = A.sideAt ? A.sideAt(place) : null;
    const found = A.hit(A.data, place, metres, { zoom: A.map.getZoom(), side });
    if (!found.length) {
      A.select(null);
      A.status(A.say("ingen_treff"));
      return;
    }
    A.select(found[0], { hits: found, from: "kart" });
    const panel = document.getElementById("kart-fakta");
    if (panel) panel.scrollIntoView({ block: "nearest", behavior: A.reducedMotion() ? "auto" : "smooth" });
  }

  // Chooses one feature ({layer, row}) or nothing. settings: hits, all that were on the spot; from,
  // what asked; zoom, whether the map goes there.
  A.select = (hit, settings) => {
    const { hits: all, from = "", zoom = false } = settings || {};
    hits = hit ? all || [hit] : [];
    at = Math.max(hits.indexOf(hit), 0);
    if (hit && from !== "delt") opener = document.activeElement;
    choose(hit, from);
    if (!hit) return;
    if (!A.state.visible[hit.layer.meta.name]) A.setVisible({ [hit.layer.meta.name]: true });
    if (zoom) A.showBox(A.bounds(hit.layer, hit.row));
  };

  function choose(hit, from) {
    A.state.selected = hit;
    if (hit) outline.show(hit.layer, hit.row);
    else outline.clear();
    write(hit);
    A.emit("select", hit ? { layer: hit.layer, row: hit.row, from } : null);
  }

  // The sentence of a feature's class, as the legend has it; the year's where the layer has years.
  A.className = (layer, row) => {
    const symbol = layer.meta.symbols[(layer.years[A.state.year] || layer.klass)[row]];
    return symbol && layer.meta.symbols.length > 1 ? symbol.label : "";
  };

  function write(hit) {
    const panel = document.getElementById("kart-fakta");
    if (!panel) return;
    const had = panel.contains(document.activeElement) ? document.activeElement.dataset.move || "" : null;
    panel.hidden = !hit;
    if (!hit) {
      panel.replaceChildren();
      return;
    }
    const { layer, row } = hit;
    const cells = layer.cells();
    const list = A.el("dl", {});
    const pair = (name, value) => list.append(A.el("dt", { text: name }), A.el("dd", { text: value }));
    const kind = A.className(layer, row);
    const year = layer.meta.years.length ? A.yearOf(layer.meta) : null;
    // The cells tell of the opening year: a later one is told first.
    const later = year !== null && year !== layer.meta.year;
    if (kind && later) pair(A.say("klasse_aar", { aar: A.yearName(year) }), kind);
    // The first column is the name of the thing: it is the heading.
    const named = cells.length && !layer.meta.numeric[0] ? cells[0][row] : "";
    layer.meta.headers.forEach((header, column) => {
      if (!(column === 0 && named)) pair(header, cells[column][row]);
    });
    const told = cells.some((column) => column[row] === kind);
    if (kind && !told && !later) pair(A.say("klasse"), kind);
    const buttons = A.el("div", { class: "kart-fakta-knapper" });
    if (hits.length > 1) {
      const step = (by, text) => A.button(text, () => {
        at = (at + by + hits.length) % hits.length;
        choose(hits[at], "kart");
      }, { "data-move": by });
      buttons.append(step(-1, A.say("forrige")),
        A.el("span", { class: "kart-fakta-nr", text: A.say("treff_nr", { nr: at + 1, alle: hits.length }) }),
        step(1, A.say("neste")));
    }
    if (A.tableOf && A.tableOf(layer, row)) {
      buttons.append(A.button(A.say("vis_i_tabellen"), () => A.showInTable(layer, row)));
    }
    buttons.append(A.button(A.say("lukk"), close));
    panel.replaceChildren(
      A.el("p", { class: "kart-fakta-lag", text: layer.meta.title }),
      ...(named ? [A.el("p", { class: "kart-fakta-navn", text: named })] : []), list, buttons);
    // A list that scrolls must be reached by keys too.
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
    if (had !== null) {
      const again = had && panel.querySelector(`[data-move="${had}"]`);
      (again || buttons.lastElementChild).focus();
    }
  }

  function close() {
    const back = opener && opener.isConnected && opener !== document.body && !document.getElementById("kart-fakta").contains(opener)
      ? opener : document.getElementById("kart");
    A.select(null);
    back.focus({ preventScroll: true });
  }

  // A place found by name: the map goes there, and the crosshair tells the spot.
  A.showPlace = (place, text) => {
    A.select(null);
    A.map.setView(A.latLng(place), Math.max(A.map.getZoom(), A.zoomOf(2.5)));
    A.mark(place);
    A.status(A.say("viser_sted", { sted: text }));
  };

  let spot = null;
  A.mark = (place) => {
    if (spot) spot.remove();
    spot = null;
    if (!place) return;
    const icon = L.divIcon({ className: "kart-sted", iconSize: [28, 28] });
    spot = L.marker(A.latLng(place), { icon, interactive: false, keyboard: false, pane: "innspill" }).addTo(A.map);
  };
}
