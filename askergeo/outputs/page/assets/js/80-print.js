// The map on paper: a size in millimetres, a scale that is a round number, and sharp lines.
{
  const PAPERS = ["a4-staaende", "a4-liggende", "a3-staaende", "a3-liggende"];
  const SCALES = [500, 1000, 2000, 2500, 5000, 10000, 15000, 20000, 25000, 30000, 40000, 50000, 75000, 100000, 150000, 200000, 250000, 500000, 1000000, 2000000];
  const TILE = 256;
  const SHEET = 1024; // larger tiles on paper: printers show the joints between them
  const PIXEL = 0.0254 / 96; // metres of paper that a pixel is
  let before = null; // how the page was

  A.on("ready", () => {
    if (!A.map) return;
    const bar = document.getElementById("kart-verktoy");
    const box = A.map.getContainer();
    box.append(A.el("p", { class: "kart-maalestokk", hidden: true }));
    if (bar) bar.append(choices());
    // Print from the browser's own menu is a whole page on A4.
    window.addEventListener("beforeprint", () => A.preparePrint(PAPERS[0], true));
    window.addEventListener("afterprint", A.endPrint);
  });

  function choices() {
    const option = (key) => A.el("option", { value: key, text: A.say("trykk_" + key.replace("-", "_")) });
    const paper = A.el("select", { id: "trykk-ark" }, ...PAPERS.map(option));
    const what = A.el("select", { id: "trykk-hva" }, option("kart"), option("alt"));
    const print = A.button(A.say("trykk"), () => {
      A.preparePrint(paper.value, what.value === "alt");
      window.print();
    });
    return A.el("details", { class: "kart-trykk" }, A.el("summary", { text: A.say("trykk") }), A.el("div", { class: "kart-trykk-valg" },
      A.el("label", { for: "trykk-ark", text: A.say("trykk_ark") }), paper,
      A.el("label", { for: "trykk-hva", text: A.say("trykk_hva") }), what, print));
  }

  // The roundest scale that shows all that the screen shows.
  A.paperScale = (metres) => {
    const wanted = metres / PIXEL;
    return SCALES.find((scale) => scale >= wanted * 0.98) || Math.ceil(wanted / 1e6) * 1e6;
  };

  // Lays the page out for a paper: nothing is done twice.
  A.preparePrint = (paper, whole) => {
    if (before) return;
    const map = A.map;
    const screen = map.getSize();
    const shut = [...document.querySelectorAll("details:not([open])")].filter((fold) => whole || fold.closest("#kart-lag"));
    before = { paper, centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap, least: map.getMinZoom(), most: map.getMaxZoom(), shut };
    for (const fold of shut) fold.open = true;
    document.body.classList.add("trykk", "trykk-" + paper, whole ? "trykk-alt" : "trykk-kart");
    if (!whole) alone();
    map.invalidateSize({ animate: false, pan: false });
    const sheet = map.getSize();
    const resolution = A.resolution(before.zoom) * Math.max(screen.x / sheet.x, screen.y / sheet.y);
    const scale = A.paperScale(resolution);
    Object.assign(map.options, { zoomSnap: 0, minZoom: 0, maxZoom: 24 });
    map.setView(before.centre, A.zoomOf(scale * PIXEL), { animate: false });
    const line = map.getContainer().querySelector(".kart-maalestokk");
    line.textContent = A.say("maalestokk", { tall: scale.toLocaleString("nb-NO"), ark: paper.slice(0, 2).toUpperCase() });
    line.hidden = false;
    sharp(paper.startsWith("a3") ? 2 : 3);
    A.emit("print", { paper, scale });
  };

  A.endPrint = () => {
    if (!before) return;
    const { paper, centre, zoom, snap, least, most, shut } = before;
    before = null;
    const map = A.map;
    document.body.classList.remove("trykk", "trykk-" + paper, "trykk-alt", "trykk-kart");
    for (const hidden of document.querySelectorAll(".trykk-skjul")) hidden.classList.remove("trykk-skjul");
    for (const fold of shut) fold.open = false;
    map.getContainer().querySelector(".kart-maalestokk").hidden = true;
    map.invalidateSize({ animate: false, pan: false });
    Object.assign(map.options, { zoomSnap: snap, minZoom: least, maxZoom: most });
    map.setView(centre, zoom, { animate: false });
    sharp(null);
  };

  // Draws at once and at the paper's sharpness; the browser does not wait for later pictures.
  function sharp(ratio) {
    for (const layer of Object.values(A.drawn)) {
      layer.remove();
      Object.assign(layer.options, { ratio, tileSize: ratio ? SHEET : TILE });
      layer.addTo(A.map);
      if (ratio) layer.drawNow();
    }
    if (A.names && A.map.hasLayer(A.names)) {
      A.names.options.ratio = ratio;
      A.names.redraw();
    }
  }

  // Leaves the map, its legend, the title, the finding and the sources.
  function alone() {
    const kept = [...document.querySelectorAll("#kartfigur, #trykk-topp, #trykk-bunn, header h1, header .sentence")];
    const box = document.getElementById("kart");
    if (!kept.some((one) => one.contains(box))) kept.push(box.closest("figure") || box);
    const hide = (element) => {
      if (kept.includes(element) || ["SCRIPT", "STYLE"].includes(element.tagName)) return;
      if (kept.some((one) => element.contains(one))) [...element.children].forEach(hide);
      else element.classList.add("trykk-skjul");
    };
    [...document.body.children].forEach(hide);
  }
}
