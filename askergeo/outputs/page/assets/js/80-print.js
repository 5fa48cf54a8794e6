// The map on paper: a size in millimetres, a scale that is a round number, and sharp lines.
{
  const PAPERS = ["a4-staaende", "a4-liggende", "a3-staaende", "a3-liggende"];
  const SCALES = [500, 1000, 2000, 2500, 5000, 10000, 15000, 20000, 25000, 30000, 40000, 50000, 75000, 100000, 150000, 200000, 250000, 300000, 400000, 500000, 1000000, 2000000];
  const SHARP = 4; // pixels of the paper's picture for each of the page
  const MOST = 16e6; // pixels that such a picture may have
  const ROOM = 0.04; // of the map's size, around what is shown
  const FOOT = 26; // pixels at the bottom of the map that the scale and the sources lie on
  const PATIENCE = 1500; // milliseconds that a browser may take to begin its print
  const PIXEL = 0.0254 / 96; // metres of paper that a pixel is
  let before = null; // how the page was
  let begun = false; // whether the browser has asked for the paper

  A.on("ready", () => {
    if (A.map) {
      A.map.getContainer().append(A.el("p", { class: "kart-maalestokk", hidden: true }));
      const bar = document.getElementById("kart-verktoy");
      if (bar) bar.append(choices());
    }
    // Print from the browser's own menu is a whole page on A4.
    window.addEventListener("beforeprint", () => {
      begun = true;
      A.preparePrint(PAPERS[0], true);
    });
    window.addEventListener("afterprint", A.endPrint);
  });

  function choices() {
    const option = (key) => A.el("option", { value: key, text: A.say("trykk_" + key.replace("-", "_")) });
    const paper = A.el("select", { id: "trykk-ark" }, ...PAPERS.map(option));
    const what = A.el("select", { id: "trykk-hva" }, option("kart"), option("alt"));
    const print = A.button(A.say("trykk"), () => {
      A.preparePrint(paper.value, what.value === "alt");
      begun = false;
      window.print();
      // A page in a frame may not be allowed to print; the map must not stay on its paper.
      if (!begun) window.setTimeout(() => begun || A.endPrint(), PATIENCE);
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
    const screen = A.map && A.map.getSize();
    const shut = [...document.querySelectorAll("details:not([open])")].filter((fold) => whole || fold.closest("#kart-lag"));
    before = { paper, shut };
    for (const fold of shut) fold.open = true;
    document.body.classList.add("trykk", "trykk-" + paper, whole ? "trykk-alt" : "trykk-kart");
    if (whole) A.layTables();
    else alone();
    if (A.map) before.map = layMap(paper, screen);
  };

  A.endPrint = () => {
    if (!before) return;
    const { paper, shut, map } = before;
    before = null;
    A.clearTables();
    document.body.classList.remove("trykk", "trykk-" + paper, "trykk-alt", "trykk-kart");
    for (const hidden of document.querySelectorAll(".trykk-skjul")) hidden.classList.remove("trykk-skjul");
    for (const fold of shut) fold.open = false;
    if (map) map.end();
  };

  // Sets the map at a round scale as one picture; what it returns brings the screen's map back.
  function layMap(paper, screen) {
    const map = A.map;
    const was = { centre: map.getCenter(), zoom: map.getZoom() };
    const { zoomSnap, minZoom, maxZoom } = map.options;
    const online = backgroundTiles();
    map.invalidateSize({ animate: false, pan: false });
    const { centre, scale } = fit(was, screen);
    Object.assign(map.options, { zoomSnap: 0, minZoom: 0, maxZoom: 24 });
    map.setView(centre, A.zoomOf(scale * PIXEL), { animate: false });
    const line = map.getContainer().querySelector(".kart-maalestokk");
    line.textContent = A.say("maalestokk", { tall: scale.toLocaleString("nb-NO"), ark: paper.slice(0, 2).toUpperCase() });
    line.hidden = false;
    const drawn = picture(online);
    A.emit("print", { paper, scale });
    const end = () => {
      line.hidden = true;
      map.invalidateSize({ animate: false, pan: false });
      Object.assign(map.options, { zoomSnap, minZoom, maxZoom });
      map.setView(was.centre, was.zoom, { animate: false });
      drawn.remove();
      map.getContainer().classList.remove("kart-papir-vises");
      for (const layer of Object.values(A.drawn)) layer.addTo(map);
      names(null);
    };
    return { end };
  }

  // The scale and the middle that show what the screen shows of the data, as large as the paper lets.
  function fit(was, screen) {
    const sheet = A.map.getSize();
    const half = screen.multiplyBy(A.resolution(was.zoom) / 2);
    const [x, y] = A.xy(was.centre);
    const [west, south, east, north] = A.side.home || A.side.bounds;
    const seen = [Math.max(west, x - half.x), Math.max(south, y - half.y), Math.min(east, x + half.x), Math.min(north, y + half.y)];
    const wide = seen[2] - seen[0];
    const high = seen[3] - seen[1];
    // A view beside the data, or of a single spot, is printed as it is.
    if (!(wide > 0 && high > 0)) {
      return { centre: was.centre, scale: A.paperScale(Math.max(2 * half.x / sheet.x, 2 * half.y / sheet.y)) };
    }
    const metres = Math.max(wide / sheet.x, high / (sheet.y - FOOT)) * (1 + ROOM);
    const scale = A.paperScale(metres);
    const lowered = (FOOT / 2) * scale * PIXEL;
    return { centre: A.latLng([(seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2 - lowered]), scale };
  }

  // One picture for the paper in the place of the tiles: paper moves tiles and shows their joints.
  function picture(online) {
    const map = A.map;
    const box = map.getContainer();
    const size = map.getSize();
    const ratio = Math.max(1, Math.min(SHARP, Math.sqrt(MOST / (size.x * size.y))));
    const canvas = A.el("canvas", { class: "kart-papir", "aria-hidden": "true", width: Math.floor(size.x * ratio), height: Math.floor(size.y * ratio) });
    // Its own size, not that of the box: a browser may lay the sheet out otherwise than it told.
    canvas.style.width = `${canvas.width / ratio}px`;
    canvas.style.height = `${canvas.height / ratio}px`;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.scale(ratio, ratio);
    for (const { image, place } of online) {
      const corner = map.latLngToContainerPoint(place.getNorthWest());
      const far = map.latLngToContainerPoint(place.getSouthEast());
      pen.drawImage(image, corner.x, corner.y, far.x - corner.x, far.y - corner.y);
    }
    for (const layer of Object.values(A.drawn)) {
      layer.remove();
      const [from, to] = A.swipePart ? A.swipePart(layer.options.side) : [0, size.x];
      pen.save();
      pen.beginPath();
      pen.rect(from, 0, to - from, size.y);
      pen.clip();
      A.paintMap(pen, map, ratio, layer.options);
      pen.restore();
    }
    names(ratio);
    if (A.names && map.hasLayer(A.names)) {
      const { canvas: written, corner, wide, high } = A.names.picture();
      pen.drawImage(written, corner.x, corner.y, wide, high);
    }
    box.append(canvas);
    box.classList.add("kart-papir-vises");
    return canvas;
  }

  function names(ratio) {
    if (!A.names || !A.map.hasLayer(A.names)) return;
    A.names.options.ratio = ratio;
    A.names.redraw();
  }

  // What has come of a background from the net: the paper does not wait for more.
  function backgroundTiles() {
    const layer = A.background;
    if (!layer) return [];
    const tiles = Object.values(layer._tiles).filter((tile) => tile.current && tile.loaded && tile.el.naturalWidth);
    return tiles.map((tile) => ({ image: tile.el, place: layer._tileCoordsToBounds(tile.coords) }));
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
