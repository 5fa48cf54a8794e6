// Names on the map: written by rank and distance, with a halo, never over each other.
{
  // Metres a pixel up to which a rank is written, its letters in CSS pixels, and its weight.
  const RANKS = [
    null,
    { to: Infinity, size: 16, weight: 700 },
    { to: 60, size: 14, weight: 700 },
    { to: 25, size: 13, weight: 600 },
    { to: 9, size: 12, weight: 400 },
    { to: 3.5, size: 11, weight: 400 },
    { to: 2, size: 11, weight: 400 },
    { to: 1.3, size: 11, weight: 400 },
  ];
  const DOT_FROM = 4; // ranks that are one building or stop, marked with a dot, the name beside it
  const STREET = 7;
  const INK = "#333333";
  const DOT = "#6b6b6b";
  const WATER_INK = "#2a5d80";
  const HALO = "rgba(255,255,255,0.9)";
  const FONT = '"Source Sans 3", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  const LONGEST = 40;
  const ALIKE = 220; // pixels within which the same name is not written twice
  const ROOM = 0.25; // of the map's size is drawn outside each edge, for moving the map
  const NONE = { kinds: [], names: [], kind: [], x: [], y: [], rank: [], addresses: {} };
  let known = null;

  // The names of the page with their places in metres; the same object each time.
  A.placesOf = (data) => {
    if (known && known.data === data) return known.places;
    let written = null;
    if (A.side.places && data.places) written = data.places();
    const read = { ...NONE, ...(written || {}) };
    const streets = read.addresses || {};
    const places = {
      kinds: read.kinds,
      names: read.names,
      kind: read.kind,
      rank: read.rank,
      x: added(read.x, A.side.origin[0]),
      y: added(read.y, A.side.origin[1]),
      streets: streets.streets || [],
      numbers: streets.numbers || [],
      streetX: added(streets.x || [], A.side.origin[0]),
      streetY: added(streets.y || [], A.side.origin[1]),
    };
    known = { data, places };
    return places;
  };

  function added(steps, origin) {
    const sums = new Float64Array(steps.length);
    let at = origin;
    for (let i = 0; i < steps.length; i++) {
      at += steps[i];
      sums[i] = at;
    }
    return sums;
  }

  // Which names are written where: greedy by rank, each in its own box.
  // `project` gives pixels, `width` the width of a text in a font; `box` is what is drawn, in pixels.
  A.placeNames = (places, { resolution, box, project, width }) => {
    const taken = [];
    const written = [];
    const seen = new Map();
    for (const i of byRank(places)) {
      const rank = places.rank[i];
      const style = RANKS[Math.min(rank, RANKS.length - 1)];
      if (resolution > style.to) continue;
      const [x, y] = project(places.x[i], places.y[i]);
      if (x < box[0] || y < box[1] || x > box[2] || y > box[3]) continue;
      const name = places.names[i];
      const text = name.length > LONGEST ? name.slice(0, LONGEST - 1) + "…" : name;
      if ((seen.get(name) || []).some(([a, b]) => Math.hypot(a - x, b - y) < ALIKE)) continue;
      const font = `${style.weight} ${style.size}px ${FONT}`;
      const wide = width(text, font);
      const half = style.size * 0.65;
      const dot = rank >= DOT_FROM && rank < STREET;
      // The name of a place stands above it, so that what is there is seen.
      const middle = dot || rank === STREET ? y : y - style.size;
      const spots = dot ? [x + 6, x - wide - 6] : [x - wide / 2];
      for (const left of spots) {
        const frame = [left - 3, middle - half - 2, left + wide + 3, middle + half + 2];
        if (dot) frame[left > x ? 0 : 2] = left > x ? x - 4 : x + 4;
        if (taken.some((other) => meets(frame, other))) continue;
        taken.push(frame);
        seen.set(name, [...(seen.get(name) || []), [x, y]]);
        written.push({ text, font, left, middle, x, y, dot, water: isWater(places.kinds[places.kind[i]]), size: style.size });
        break;
      }
    }
    return written;
  };

  function byRank(places) {
    if (!places.order) {
      places.order = Array.from(places.rank.keys()).filter((i) => places.rank[i] > 0);
      places.order.sort((a, b) => places.rank[a] - places.rank[b] || a - b);
    }
    return places.order;
  }

  function isWater(kind) {
    return kind === "hav" || kind === "innsjø" || kind === "elv" || kind === "vann";
  }

  function meets(a, b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  // A layer of the map with the names; `options.ratio` is the pixels of a CSS pixel, for print.
  A.labels = (data) => {
    const Names = L.Layer.extend({
      options: { pane: "navn", ratio: 0 },
      onAdd(map) {
        this._canvas = document.createElement("canvas");
        this._canvas.setAttribute("aria-hidden", "true");
        this._canvas.style.position = "absolute";
        this.getPane().append(this._canvas);
        this._soon = A.soon ? A.soon(() => this.redraw()) : () => this.redraw();
        map.on("moveend resize viewreset", this._soon, this);
        map.on("zoomstart", this._hide, this);
        this.redraw();
      },
      onRemove(map) {
        map.off("moveend resize viewreset", this._soon, this);
        map.off("zoomstart", this._hide, this);
        this._canvas.remove();
        this._canvas = null;
      },
      // The names and where they stand in the map's box, in its pixels.
      picture() {
        const canvas = this._canvas;
        const corner = this._map.layerPointToContainerPoint(L.DomUtil.getPosition(canvas));
        return { canvas, corner, wide: parseFloat(canvas.style.width), high: parseFloat(canvas.style.height) };
      },
      _hide() {
        this._canvas.style.visibility = "hidden";
      },
      redraw() {
        if (!this._canvas || !this._map._loaded) return this;
        const map = this._map;
        const size = map.getSize();
        const edge = [Math.round(size.x * ROOM), Math.round(size.y * ROOM)];
        const wide = size.x + 2 * edge[0];
        const high = size.y + 2 * edge[1];
        const ratio = this.options.ratio || window.devicePixelRatio || 1;
        const canvas = this._canvas;
        canvas.width = Math.round(wide * ratio);
        canvas.height = Math.round(high * ratio);
        canvas.style.width = `${wide}px`;
        canvas.style.height = `${high}px`;
        L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-edge[0], -edge[1]]));
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.scale(ratio, ratio);
        const west = map.containerPointToLatLng([-edge[0], -edge[1]]);
        const east = map.containerPointToLatLng([wide - edge[0], -edge[1]]);
        const resolution = (east.lng - west.lng) / wide;
        const written = A.placeNames(A.placesOf(data), {
          resolution,
          box: [0, 0, wide, high],
          project: (x, y) => [(x - west.lng) / resolution, (west.lat - y) / resolution],
          width: (text, font) => {
            pen.font = font;
            return pen.measureText(text).width;
          },
        });
        write(pen, written);
        canvas.dataset.names = String(written.length);
        canvas.style.visibility = "";
        return this;
      },
    });
    return new Names();
  };

  function write(pen, written) {
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const one of written) {
      pen.font = one.font;
      pen.strokeStyle = HALO;
      pen.lineWidth = one.size >= 14 ? 4 : 3;
      pen.strokeText(one.text, one.left, one.middle);
      pen.fillStyle = one.water ? WATER_INK : INK;
      pen.fillText(one.text, one.left, one.middle);
      if (!one.dot) continue;
      pen.beginPath();
      pen.arc(one.x, one.y, 2, 0, 2 * Math.PI);
      pen.lineWidth = 2;
      pen.fillStyle = DOT;
      pen.stroke();
      pen.fill();
    }
  }
}
