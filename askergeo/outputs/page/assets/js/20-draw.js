// Draws the layers on canvas tiles, and outlines one feature.
{
  const MILLIMETRE = 3.78; // pixels of the screen
  const DETAIL = 0.4; // pixels that a border may be off
  const IN_ORDER = 3000; // features up to which each has its border drawn with it; of more, all after
  const BATCH = 12; // features that are filled at once
  const VERTICES = 400; // vertices that are stroked at once
  const SOME = 20; // features from which their size on the screen decides what is drawn of them
  const MEASURED = 500; // features that their ordinary size is measured from
  const FAINT = 0.4; // strength of the borders of small areas that have no colour
  const EDGE = 2; // pixels that small areas get round them in their own colour
  const FRAME = 9; // milliseconds of drawing before the browser may show what there is
  const CELL = 8; // side of a pattern's cell
  const SURFACE = 2, LINE = 1, CORNERS = 3;

  // The symbols' numbers of the year that is shown.
  const classes = (layer) => layer.years[A.state.year] || layer.klass;

  const near = ({ minZoom }, zoom) => minZoom === null || minZoom === undefined || zoom === undefined || zoom >= minZoom;

  // The layers that a drawing holds at a zoom: those of its side and those of all sides, when shown.
  A.inView = (data, zoom, options) => data.layers.filter((layer) => {
    const { side, ground, name } = layer.meta;
    if (options.ground !== undefined && options.ground !== null && !!ground !== options.ground) { return false; }
    if (options.only && !options.only(layer)) { return false; }
    if (side && options.side !== undefined && options.side !== null && side !== options.side) { return false; }
    return A.state.visible[name] !== false && near(layer.meta, zoom);
  });

  function strokeOf(symbol, meta, kind) {
    if (kind === LINE) {
      return { colour: symbol.stroke || symbol.fill || "#333333", width: Math.max(symbol.width * MILLIMETRE, meta.ground ? 0.7 : 2) };
    }
    if (!symbol.stroke || !symbol.width) { return null; }
    return { colour: symbol.stroke, width: Math.max(symbol.width * MILLIMETRE, 0.6) };
  }

  const radiusOf = (symbol) => Math.max(symbol.size * MILLIMETRE / 2, 3);

  // Pixels beyond a tile's edge at which a feature can still be seen in it.
  function margin(layer) {
    return layer.meta.symbols.reduce((most, symbol) =>
      Math.max(most, symbol.width * MILLIMETRE, radiusOf(symbol) * 1.3), 3) + 2;
  }

  // A mark of a point, drawn once and then copied.
  const marks = new Map();
  function markOf(symbol, ratio) {
    const key = JSON.stringify([symbol.fill, symbol.stroke, symbol.width, symbol.size, symbol.corners, ratio]);
    if (marks.has(key)) { return marks.get(key); }
    const radius = radiusOf(symbol), width = symbol.stroke && symbol.width ? Math.max(symbol.width * MILLIMETRE, 0.6) : 0;
    const half = Math.ceil(radius * 1.3 + width + 1);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(2 * half * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(half, half);
    pen.beginPath();
    if (symbol.corners) {
      for (let i = 0; i < symbol.corners.length; i += 2) { pen.lineTo(symbol.corners[i] * radius, symbol.corners[i + 1] * radius); }
      pen.closePath();
    } else {
      pen.arc(0, 0, radius, 0, 2 * Math.PI);
    }
    pen.fillStyle = symbol.fill || "#333333";
    if (symbol.fill || !width) { pen.fill(); }
    if (width) {
      pen.lineWidth = width;
      pen.strokeStyle = symbol.stroke;
      pen.stroke();
    }
    const mark = { canvas, half };
    marks.set(key, mark);
    return mark;
  }

  // Dark lines on a light colour and light ones on a dark.
  function inkOn(colour) {
    const part = (i) => parseInt(colour.slice(i, i + 2), 16);
    const light = colour ? (0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5)) / 255 : 1;
    return light > 0.45 ? "rgba(0,0,0,0.38)" : "rgba(255,255,255,0.55)";
  }

  const patterns = new Map();
  function patternOf(pen, symbol, ratio) {
    const path = (A.side.patterns || [])[symbol.pattern];
    if (!path) { return null; }
    const side = Math.round(CELL * ratio), ink = inkOn(symbol.fill), key = `${path}|${ink}|${side}`;
    if (!patterns.has(key)) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = side;
      const cell = canvas.getContext("2d");
      cell.scale(side / CELL, side / CELL);
      cell.lineWidth = 0.9;
      cell.strokeStyle = ink;
      cell.stroke(new Path2D(path));
      patterns.set(key, canvas);
    }
    const pattern = pen.createPattern(patterns.get(key), "repeat");
    pattern.setTransform(new DOMMatrix().scale(CELL / side));
    return pattern;
  }

  // One layer on one picture. `view` maps steps to pixels: x * sx + ox, y * sy + oy.
  class Painter {
    constructor(pen, data, layer, view) {
      this.pen = pen;
      this.patterns = new Map();
      this.layer = layer;
      this.view = view;
      this.arcs = data.arcs;
      this.level = data.arcs.within(view.resolution * DETAIL);
      const edge = margin(layer) / view.sx;
      this.west = -view.ox / view.sx - edge;
      this.east = (view.width - view.ox) / view.sx + edge;
      this.north = -view.oy / view.sy + edge;
      this.south = (view.height - view.oy) / view.sy - edge;
      data.turn = (data.turn || 0) + 1;
      if (!data.struck) { data.struck = new Uint32Array(data.arcs.start.length - 1); }
      this.data = data;
    }

    rows() {
      const { origin, unit } = A.side, mask = A.state.masks[this.layer.meta.name];
      const rows = this.layer.net.within(origin[0] + this.west * unit, origin[1] + this.south * unit,
        origin[0] + this.east * unit, origin[1] + this.north * unit);
      return mask ? rows.filter((row) => mask[row]) : rows;
    }

    // Fills in the order of the rows, a few features of a class at a time: one path of many
    // features takes the browser far longer than many short ones.
    paint() {
      const rows = this.rows();
      if (!rows.length) { return 0; }
      const { layer } = this, klass = classes(layer), { symbols } = layer.meta, inOrder = layer.n <= IN_ORDER;
      rows.sort((a, b) => a - b);
      for (let i = 0; i < rows.length;) {
        let end = i + 1;
        while (end < rows.length && end - i < BATCH && klass[rows[end]] === klass[rows[i]]) { end++; }
        const run = rows.slice(i, end), symbol = symbols[klass[rows[i]]];
        this.fill(run, symbol);
        if (inOrder) { this.strokes(run, symbol); }
        i = end;
      }
      if (!inOrder) { this.strokesByLook(rows); }
      return rows.length;
    }

    // Strokes after all fills; a border between two classes that are drawn alike is drawn once.
    strokesByLook(rows) {
      const { layer } = this, klass = classes(layer), { symbols } = layer.meta, looks = new Map();
      const lookOf = symbols.map((symbol, i) => (layer.meta.kind === SURFACE
        ? [symbol.stroke, symbol.width, symbol.dash, symbol.opacity].join() : i));
      rows.forEach((row) => {
        const look = lookOf[klass[row]];
        if (!looks.has(look)) { looks.set(look, { symbol: symbols[klass[row]], rows: [] }); }
        looks.get(look).rows.push(row);
      });
      looks.forEach((one) => this.strokes(one.rows, one.symbol));
    }

    fill(rows, symbol) {
      const { pen, layer } = this, kinds = layer.kinds, areas = rows.filter((row) => kinds[row] === SURFACE);
      if (!areas.length || !symbol.fill) { return; }
      pen.globalAlpha = symbol.opacity;
      pen.beginPath();
      areas.forEach((row) => this.area(row));
      pen.fillStyle = symbol.fill;
      pen.fill();
      if (symbol.opacity === 1 && !(symbol.stroke && symbol.width)) {
        // Closes the hair-thin light lines between neighbours without borders.
        pen.lineWidth = 0.6 / this.view.ratio;
        pen.strokeStyle = symbol.fill;
        pen.stroke();
      }
      // In areas of a few pixels a pattern only makes the colours unclear; a few of them are seen by an edge.
      const small = this.typical() < CELL;
      if (small && !layer.meta.ground && layer.n <= IN_ORDER) {
        pen.lineWidth = EDGE;
        pen.strokeStyle = symbol.fill;
        pen.stroke();
      }
      const pattern = layer.meta.ground || small ? null : this.patternOf(symbol);
      if (pattern) {
        pen.fillStyle = pattern;
        pen.fill();
      }
    }

    patternOf(symbol) {
      if (!this.patterns.has(symbol)) { this.patterns.set(symbol, patternOf(this.pen, symbol, this.view.ratio)); }
      return this.patterns.get(symbol);
    }

    area(row) {
      const { pen, view, layer } = this, { bounds, shape } = layer, { unit, origin } = A.side;
      const width = (bounds[4 * row + 2] - bounds[4 * row]) / view.resolution;
      const height = (bounds[4 * row + 3] - bounds[4 * row + 1]) / view.resolution;
      if (width < 1 && height < 1) {
        const x = (bounds[4 * row] - origin[0]) / unit * view.sx + view.ox;
        const y = (bounds[4 * row + 3] - origin[1]) / unit * view.sy + view.oy;
        pen.rect(Math.floor(x + width / 2), Math.floor(y + height / 2), 1, 1);
        return;
      }
      for (let part = shape.parts[row]; part < shape.parts[row + 1]; part++) { this.ring(part); }
    }

    ring(part) {
      const { pen, level } = this, { references, arcs } = this.layer.shape, { box } = this.arcs;
      const { sx, ox, sy, oy } = this.view, { x, y, start } = level;
      let begun = false, drawn = 0, x0 = 0, y0 = 0;
      for (let i = arcs[part]; i < arcs[part + 1]; i++) {
        const arc = references[i] >> 1, back = references[i] & 1, first = start[arc], last = start[arc + 1] - 1;
        const b = 4 * arc;
        // What lies outside may be cut short: nothing inside changes.
        const outside = box[b] > this.east || box[b + 2] < this.west || box[b + 1] > this.north || box[b + 3] < this.south;
        const step = outside ? Math.max(last - first, 1) : 1;
        let k = back ? last : first;
        const end = back ? first - 1 : last + 1;
        if (!begun) {
          begun = true;
          x0 = x[k] * sx + ox;
          y0 = y[k] * sy + oy;
          pen.moveTo(x0, y0);
        }
        if (back) {
          for (k -= step; k > end; k -= step) { pen.lineTo(x[k] * sx + ox, y[k] * sy + oy); drawn++; }
        } else {
          for (k += step; k < end; k += step) { pen.lineTo(x[k] * sx + ox, y[k] * sy + oy); drawn++; }
        }
        if (outside) { drawn += CORNERS; }
      }
      // A ring that this level has no room for is still there: a thin mark.
      if (drawn < CORNERS) {
        const { width, height } = this.furthest(part, x0, y0);
        pen.lineTo(x0 + width, y0 + height);
        pen.lineTo(x0 + width + 1, y0 + height);
        pen.lineTo(x0 + width + 1, y0 + height + 1);
        pen.lineTo(x0, y0 + 1);
      }
      pen.closePath();
    }

    // How far a collapsed ring reaches from its first vertex.
    furthest(part, x0, y0) {
      const { references, arcs } = this.layer.shape, { x, y, start } = this.level, { sx, ox, sy, oy } = this.view;
      let width = 0, height = 0;
      for (let i = arcs[part]; i < arcs[part + 1]; i++) {
        for (let k = start[references[i] >> 1]; k < start[(references[i] >> 1) + 1]; k++) {
          const dx = x[k] * sx + ox - x0, dy = y[k] * sy + oy - y0;
          if (dx * dx + dy * dy > width * width + height * height) { width = dx; height = dy; }
        }
      }
      return { width, height };
    }

    strokes(rows, symbol) {
      const { layer } = this, kinds = layer.kinds;
      const points = rows.filter((row) => kinds[row] === 0), lines = rows.filter((row) => kinds[row] === LINE);
      const areas = rows.filter((row) => kinds[row] === SURFACE);
      // Borders of many small areas would hide what they surround; areas that are only borders stay.
      const least = symbol.fill || layer.n > IN_ORDER ? 0 : FAINT;
      const strength = Math.min(1, Math.max(least, (this.typical() - 3) / 9));
      if (areas.length) { this.stroke(areas, symbol, strokeOf(symbol, layer.meta, SURFACE), strength); }
      if (lines.length) { this.stroke(lines, symbol, strokeOf(symbol, layer.meta, LINE), 1); }
      if (points.length) { this.marks(points, symbol); }
    }

    // Pixels across an ordinary feature; layers of a few features count as large.
    typical() {
      const { layer, view } = this, { bounds } = layer;
      if (layer.n < SOME) { return Infinity; }
      if (!layer.across) {
        const sizes = [], step = Math.ceil(layer.n / MEASURED);
        for (let at = 0; at < 4 * layer.n; at += 4 * step) {
          sizes.push(Math.max(bounds[at + 2] - bounds[at], bounds[at + 3] - bounds[at + 1]));
        }
        layer.across = sizes.sort((a, b) => a - b)[sizes.length >> 1];
      }
      return layer.across / view.resolution;
    }

    stroke(rows, symbol, stroke, strength) {
      if (!stroke || strength <= 0) { return; }
      const { pen, level, data } = this, { parts, arcs, references } = this.layer.shape, { box } = this.arcs;
      const { sx, ox, sy, oy, ratio } = this.view, { x, y, start } = level, struck = data.struck, turn = ++data.turn;
      let count = 0;
      pen.globalAlpha = symbol.opacity * strength;
      pen.strokeStyle = stroke.colour;
      // A line of one pixel of the screen is drawn many times faster than one a little wider.
      pen.lineWidth = stroke.width * ratio < 1.3 ? 1 / ratio : stroke.width;
      pen.lineJoin = "round";
      const dashes = symbol.dash ? symbol.dash.split(" ").map(Number) : [];
      pen.lineCap = dashes.length ? "butt" : "round";
      pen.setLineDash(dashes);
      pen.beginPath();
      for (const row of rows) {
        const last = arcs[parts[row + 1]];
        for (let i = arcs[parts[row]]; i < last; i++) {
          const arc = references[i] >> 1, b = 4 * arc;
          if (struck[arc] === turn || box[b] > this.east || box[b + 2] < this.west || box[b + 1] > this.north || box[b + 3] < this.south) { continue; }
          struck[arc] = turn;
          const first = start[arc], end = start[arc + 1];
          pen.moveTo(x[first] * sx + ox, y[first] * sy + oy);
          for (let k = first + 1; k < end; k++) { pen.lineTo(x[k] * sx + ox, y[k] * sy + oy); }
          if (end - first === 1) { pen.lineTo(x[first] * sx + ox + 0.5, y[first] * sy + oy); }
          count += end - first;
          if (count > VERTICES) {
            pen.stroke();
            pen.beginPath();
            count = 0;
          }
        }
      }
      pen.stroke();
      pen.setLineDash([]);
    }

    marks(rows, symbol) {
      const { pen, arcs } = this, { parts, arcs: ofPart, references } = this.layer.shape;
      const { sx, ox, sy, oy, ratio } = this.view, mark = markOf(symbol, ratio), size = mark.canvas.width / ratio;
      pen.globalAlpha = symbol.opacity;
      for (const row of rows) {
        const last = ofPart[parts[row + 1]];
        for (let i = ofPart[parts[row]]; i < last; i++) {
          const k = arcs.start[references[i] >> 1];
          pen.drawImage(mark.canvas, arcs.x[k] * sx + ox - mark.half, arcs.y[k] * sy + oy - mark.half, size, size);
        }
      }
    }
  }

  // Draws the layers of a view; returns how many features had a part in it.
  A.paint = (pen, data, view, options) => {
    let count = 0;
    A.inView(data, view.zoom, options || {}).forEach((layer) => {
      count += new Painter(pen, data, layer, view).paint();
    });
    pen.globalAlpha = 1;
    return count;
  };

  // How steps become pixels of the whole map at a zoom.
  function grid(map, zoom) {
    const { origin, unit } = A.side, { crs } = map.options;
    const a = crs.latLngToPoint(L.latLng(origin[1], origin[0]), zoom);
    const b = crs.latLngToPoint(L.latLng(origin[1] + 1000, origin[0] + 1000), zoom);
    return { sx: (b.x - a.x) / 1000 * unit, sy: (b.y - a.y) / 1000 * unit, ox: a.x, oy: a.y, resolution: 1000 / (b.x - a.x), zoom };
  }

  // What the map shows on one picture, its corner the map's: {data, side, ground, only}; for print.
  A.paintMap = (pen, map, ratio, options) => {
    const view = grid(map, map.getZoom()), corner = map.getPixelBounds().min, size = map.getSize();
    const placed = { ox: view.ox - corner.x, oy: view.oy - corner.y, width: size.x, height: size.y, ratio };
    return A.paint(pen, options.data, { ...view, ...placed }, options);
  };

  const Tiles = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenIdle: false, updateWhenZooming: false, keepBuffer: 2, ratio: null, side: null, ground: null, only: null },

    initialize(options) {
      L.setOptions(this, options);
      this._waiting = [];
      this._drawn = 0;
    },

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      this._ask({ canvas, coords, done });
      return canvas;
    },

    // Draws what there is anew, in place: nothing blinks.
    redraw() {
      if (!this._map) { return this; }
      const asked = new Set(this._waiting.map((job) => job.canvas));
      Object.values(this._tiles).forEach((tile) => {
        if (!asked.has(tile.el)) { this._ask({ canvas: tile.el, coords: tile.coords, done: null }); }
      });
      return this;
    },

    // The same, finished when it returns.
    drawNow() {
      this.redraw();
      while (this._waiting.length) { this._paint(this._waiting.shift()); }
      return this;
    },

    _ask(job) {
      this._waiting.push(job);
      if (!this._frame) { this._frame = requestAnimationFrame(() => this._work()); }
    },

    _work() {
      this._frame = null;
      const begin = performance.now();
      while (this._waiting.length && performance.now() - begin < FRAME) { this._paint(this._waiting.shift()); }
      if (this._waiting.length) { this._frame = requestAnimationFrame(() => this._work()); }
    },

    _paint({ canvas, coords, done }) {
      const tile = this._map && this._tiles[this._tileCoordsToKey(coords)];
      // Tiles that were dropped while they waited are not drawn.
      if (tile && tile.el === canvas) {
        const size = this.getTileSize(), ratio = this.options.ratio || window.devicePixelRatio || 1;
        canvas.width = Math.round(size.x * ratio);
        canvas.height = Math.round(size.y * ratio);
        // Many paths are drawn faster by the processor, above all where the graphics are emulated.
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.scale(canvas.width / size.x, canvas.height / size.y);
        const view = grid(this._map, coords.z);
        view.ox -= coords.x * size.x;
        view.oy -= coords.y * size.y;
        this._drawn += A.paint(pen, this.options.data, { ...view, width: size.x, height: size.y, ratio }, this.options);
      }
      if (done) { done(null, canvas); }
    },

    // Tiles are made for the very zoom, also between whole levels: a scaled tile is blurred.
    _setView(center, zoom, noPrune, noUpdate) {
      if (!noUpdate) {
        this._tileZoom = zoom;
        this._updateLevels();
        this._resetGrid();
        this._update(center);
        if (!noPrune) { this._pruneTiles(); }
        this._noPrune = !!noPrune;
      }
      this._setZoomTransforms(center, zoom);
    },

    // What was there stays until the new is drawn.
    _pruneTiles() {
      if (this._map && this._loading && !this._noTilesToLoad()) { return; }
      L.GridLayer.prototype._pruneTiles.call(this);
    }
  });

  // A map layer that draws the page's layers: {data, side, ground, only}; fires `load` when drawn.
  A.drawLayer = (options) => new Tiles(options);

  // Outlines one feature at a time: dark on a light edge, seen on every colour.
  A.highlight = (map) => {
    const group = L.featureGroup().addTo(map), pane = map.getPane("utheving") ? "utheving" : "overlayPane";
    let shown = null;
    const draw = () => {
      group.clearLayers();
      if (!shown) { return; }
      const { layer, row } = shown, kind = layer.kinds[row];
      const level = layer.shape.source.within(grid(map, map.getZoom()).resolution * DETAIL);
      const lines = A.coordinates(layer, row, level).map((line) => line.map(([x, y]) => [y, x]));
      [["#ffffff", 7], ["#111111", 3]].forEach(([color, weight]) => {
        const style = { pane, color, weight, fill: false, interactive: false, opacity: 1 };
        if (kind === 0) {
          lines.forEach((line) => group.addLayer(L.circleMarker(line[0], { ...style, radius: 11 })));
        } else {
          group.addLayer(kind === SURFACE ? L.polygon(lines, style) : L.polyline(lines, style));
        }
      });
    };
    map.on("zoomend", draw);
    return {
      show(layer, row) { shown = { layer, row }; draw(); },
      clear() { shown = null; draw(); },
      group
    };
  };
}
