// Which layers are seen: the boxes of the legend, and a background map from the net when asked for.
{
  const PATIENCE = 3; // tiles that may fail before the background is given up
  let failed = 0;
  let rested = null; // what of the ground was seen before a background from the net covered it

  A.on("ready", () => {
    const panel = document.getElementById("kart-lag");
    if (!panel || !A.map) return;
    for (const box of boxes()) {
      box.disabled = false;
      box.addEventListener("change", () => A.setVisible({ [box.dataset.toggle]: box.checked }));
    }
    if (panel.tagName === "DETAILS" && window.matchMedia("(max-width: 40rem)").matches) panel.open = false;
    if (A.names) panel.append(names());
    if (A.side.tiles) panel.append(backgrounds());
    show();
    A.on("visible", show);
    A.on("year", showYear);
    showYear();
  });

  // Shows and hides layers by name; names that the page does not have are ignored.
  A.setVisible = (changes) => {
    for (const layer of A.side.layers) {
      if (Object.hasOwn(changes, layer.name)) A.state.visible[layer.name] = Boolean(changes[layer.name]);
    }
    const chosen = A.state.selected;
    if (chosen && !A.state.visible[chosen.layer.meta.name]) A.select(null);
    A.emit("visible", A.state.visible);
  };

  A.layerNamed = (name) => A.data.layers.find((layer) => layer.meta.name === name);

  function boxes() {
    return document.querySelectorAll("[data-toggle]");
  }

  // The legend of a hidden layer folds.
  function show() {
    for (const box of boxes()) {
      const seen = Boolean(A.state.visible[box.dataset.toggle]);
      box.checked = seen;
      const group = box.closest("[data-layer]");
      if (group) group.classList.toggle("kart-lag-av", !seen);
    }
  }

  function showYear() {
    for (const layer of A.side.layers) {
      if (!layer.years || !layer.years.length) continue;
      const group = [...document.querySelectorAll("#kart-lag [data-layer]")].find((one) => one.dataset.layer === layer.name);
      if (!group) continue;
      let line = group.querySelector(".kart-lag-aar");
      const heading = group.querySelector(".unit");
      if (!line) {
        line = A.el("p", { class: "kart-lag-aar" });
        group.querySelector("ul, .note").before(line);
      }
      // The heading is that of the opening year's column.
      const opening = A.yearOf(layer) === layer.year;
      line.hidden = opening;
      line.textContent = opening ? "" : A.say("viser_aar", { aar: A.yearName(A.yearOf(layer)) });
      if (heading) heading.hidden = !opening;
    }
  }

  // What a year is called: a school year is no calendar year.
  A.yearName = (year) => {
    const named = A.side.layers.find((layer) => layer.years.includes(year));
    return named ? named.yearNames[year] : String(year);
  };

  // The year that a layer shows: its own, when it does not have the chosen one.
  A.yearOf = (layer) => (layer.years.includes(A.state.year) ? A.state.year : layer.year);

  function names() {
    const box = A.el("input", { type: "checkbox", checked: true, onchange: () => (box.checked ? A.names.addTo(A.map) : A.names.remove()) });
    return A.el("fieldset", { class: "kart-navn" }, A.el("legend", {}, A.el("label", {}, box, A.el("span", { text: A.say("stedsnavn") }))));
  }

  function backgrounds() {
    const group = A.el("fieldset", { class: "kart-bakgrunn" }, A.el("legend", { text: A.say("bakgrunn") }));
    const choices = { "": "bakgrunn_egen", topo: "bakgrunn_topo", topograatone: "bakgrunn_graatone" };
    for (const [key, text] of Object.entries(choices)) {
      if (key && !A.side.tiles.layers[key]) continue;
      const radio = A.el("input", { type: "radio", name: "kart-bakgrunn", value: key, checked: !key, onchange: () => A.setBackground(key) });
      group.append(A.el("label", {}, radio, A.el("span", { text: A.say(text) })));
    }
    return group;
  }

  A.setBackground = (key) => {
    if (A.background) A.map.removeLayer(A.background);
    A.background = null;
    failed = 0;
    if (key) A.background = online(key).addTo(A.map);
    ground(!key);
    A.showSources();
    for (const radio of document.querySelectorAll("input[name=kart-bakgrunn]")) radio.checked = radio.value === key;
  };

  function online(key) {
    const tiles = A.side.tiles;
    const made = L.tileLayer(tiles.url, { layer: tiles.layers[key], pane: "bakgrunn", maxNativeZoom: 18, minNativeZoom: 0, crossOrigin: false });
    made.on("tileload", () => { failed = -Infinity; });
    made.on("tileerror", () => {
      failed += 1;
      if (failed < PATIENCE || A.background !== made) return;
      A.setBackground("");
      A.status(A.say("bakgrunn_feil"));
    });
    return made;
  }

  // The page's own ground rests while a map from the net lies under everything.
  function ground(back) {
    const layers = A.side.layers.filter((layer) => layer.ground);
    if (back) {
      if (rested) A.setVisible(rested);
      rested = null;
    } else if (!rested) {
      rested = Object.fromEntries(layers.map((layer) => [layer.name, A.state.visible[layer.name]]));
      A.setVisible(Object.fromEntries(layers.map((layer) => [layer.name, false])));
    }
  }
}
