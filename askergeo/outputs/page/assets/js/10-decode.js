// Reads the two documents of the page: the small one at once, the data when they are asked for.
{
  const sideElement = document.getElementById("askergeo-side");
  A.side = sideElement ? JSON.parse(sideElement.textContent) : { layers: [], tables: [], texts: {} };

  A.state = { visible: {}, year: null, masks: {}, selected: null };
  A.side.layers.forEach((layer) => { A.state.visible[layer.name] = layer.visible; });
  const forecast = A.side.layers.find((layer) => layer.years && layer.years.length);
  if (forecast) { A.state.year = forecast.year; }

  const listeners = {};
  A.on = (event, action) => { (listeners[event] = listeners[event] || []).push(action); };
  A.emit = (event, value) => { (listeners[event] || []).forEach((action) => action(value)); };

  // A text of the page's language, with {names} filled in; the key itself when it is not there.
  A.t = (key, values) => {
    const texts = A.side.texts || {};
    const text = key in texts ? texts[key] : `kart.${key}` in texts ? texts[`kart.${key}`] : key;
    return text.replace(/\{(\w+)\}/g, (all, name) =>
      values && name in values ? String(values[name]) : all);
  };

  // Lets the browser draw and listen between two long steps.
  A.pause = () => new Promise((done) => { setTimeout(done, 0); });

  function bytesOf(text) {
    if (Uint8Array.fromBase64) { return Uint8Array.fromBase64(text); }
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) { bytes[i] = raw.charCodeAt(i); }
    return bytes;
  }

  async function inflate(bytes) {
    let stream;
    try {
      stream = new DecompressionStream("deflate-raw");
    } catch (error) {
      throw new Error(A.t("nettleser_for_gammel"));
    }
    const writer = stream.writable.getWriter();
    const written = writer.write(bytes).then(() => writer.close());
    const chunks = [], reader = stream.readable.getReader();
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) { break; }
      chunks.push(value);
      length += value.length;
    }
    await written;
    const whole = new Uint8Array(length);
    let at = 0;
    chunks.forEach((chunk) => { whole.set(chunk, at); at += chunk.length; });
    return whole;
  }

  // Reads numbers of seven bits a byte from a place on; `at` is where it came to.
  class Reader {
    constructor(bytes) { this.bytes = bytes; this.at = 0; }

    one() {
      let value = 0, shift = 0, byte;
      do {
        byte = this.bytes[this.at++];
        value |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      return value >>> 0;
    }

    many(count) {
      const values = new Uint32Array(count), bytes = this.bytes;
      let at = this.at;
      for (let i = 0; i < count; i++) {
        let byte = bytes[at++], value = byte & 127;
        for (let shift = 7; byte > 127; shift += 7) {
          byte = bytes[at++];
          value |= (byte & 127) << shift;
        }
        values[i] = value;
      }
      this.at = at;
      return values;
    }
  }

  // Running sums of differences whose sign is in the lowest bit.
  function summed(values) {
    const sums = new Int32Array(values.length);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += (values[i] >>> 1) ^ -(values[i] & 1);
      sums[i] = sum;
    }
    return sums;
  }

  function starts(counts) {
    const places = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) { places[i + 1] = places[i] + counts[i]; }
    return places;
  }

  // The box around each arc: west, south, east, north in steps.
  function boxes(x, y, start) {
    const count = start.length - 1, box = new Int32Array(4 * count);
    for (let arc = 0; arc < count; arc++) {
      let west = x[start[arc]], east = west, south = y[start[arc]], north = south;
      for (let i = start[arc] + 1; i < start[arc + 1]; i++) {
        if (x[i] < west) { west = x[i]; } else if (x[i] > east) { east = x[i]; }
        if (y[i] < south) { south = y[i]; } else if (y[i] > north) { north = y[i]; }
      }
      box[4 * arc] = west;
      box[4 * arc + 1] = south;
      box[4 * arc + 2] = east;
      box[4 * arc + 3] = north;
    }
    return box;
  }

  // All arcs, and for each level of detail the vertices that it keeps, made when first asked for.
  class Arcs {
    constructor(section, levels) {
      const counts = section("arcs.count");
      let arcs = 0;
      for (let i = 0; i < counts.length; i++) { arcs += counts[i] < 128 ? 1 : 0; }
      this.start = starts(new Reader(counts).many(arcs));
      const total = this.start[arcs];
      this.x = summed(new Reader(section("arcs.x")).many(total));
      this.y = summed(new Reader(section("arcs.y")).many(total));
      this.box = boxes(this.x, this.y, this.start);
      this.rank = section("arcs.level");
      this.levels = [{ x: this.x, y: this.y, start: this.start }];
      this.tolerances = levels;
    }

    // The coarsest level that is at most so many metres off.
    within(metres) {
      let level = 0;
      while (level + 1 < this.tolerances.length && this.tolerances[level + 1] <= metres) { level++; }
      return this.level(level);
    }

    level(number) {
      if (!this.levels[number]) { this.levels[number] = this.thinned(number); }
      return this.levels[number];
    }

    thinned(number) {
      const arcs = this.start.length - 1, start = new Uint32Array(arcs + 1);
      const x = new Int32Array(this.x.length), y = new Int32Array(this.y.length);
      let at = 0, inner = 0;
      for (let arc = 0; arc < arcs; arc++) {
        const first = this.start[arc], last = this.start[arc + 1] - 1;
        start[arc] = at;
        for (let i = first; i <= last; i++) {
          const end = i === first || i === last;
          if (end || this.rank[inner] >= number) { x[at] = this.x[i]; y[at] = this.y[i]; at++; }
          if (!end) { inner++; }
        }
      }
      start[arcs] = at;
      return { x: x.slice(0, at), y: y.slice(0, at), start };
    }
  }

  // The features of a layer as references to arcs; shared by layers that look alike.
  class Shapes {
    constructor(bytes, arcs) {
      const reader = new Reader(bytes);
      const features = reader.one(), parts = reader.one(), references = reader.one();
      this.n = features;
      this.kinds = bytes.subarray(reader.at, reader.at + features);
      reader.at += features;
      this.parts = starts(reader.many(features));
      this.arcs = starts(reader.many(parts));
      this.references = summed(reader.many(references));
      this.source = arcs;
    }

    // Bounds of each feature in metres.
    bounds(origin, unit) {
      const bounds = new Float64Array(4 * this.n), box = this.source.box;
      for (let row = 0; row < this.n; row++) {
        let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
        const last = this.arcs[this.parts[row + 1]];
        for (let i = this.arcs[this.parts[row]]; i < last; i++) {
          const at = 4 * (this.references[i] >> 1);
          if (box[at] < west) { west = box[at]; }
          if (box[at + 1] < south) { south = box[at + 1]; }
          if (box[at + 2] > east) { east = box[at + 2]; }
          if (box[at + 3] > north) { north = box[at + 3]; }
        }
        bounds[4 * row] = origin[0] + west * unit;
        bounds[4 * row + 1] = origin[1] + south * unit;
        bounds[4 * row + 2] = origin[0] + east * unit;
        bounds[4 * row + 3] = origin[1] + north * unit;
      }
      return bounds;
    }
  }

  // Cells of a coarse net with the features that touch each; the widest features lie outside it.
  class Net {
    constructor(bounds, count) {
      let west = Infinity, south = Infinity, east = -Infinity, north = -Infinity;
      for (let i = 0; i < 4 * count; i += 4) {
        west = Math.min(west, bounds[i]);
        south = Math.min(south, bounds[i + 1]);
        east = Math.max(east, bounds[i + 2]);
        north = Math.max(north, bounds[i + 3]);
      }
      const side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(count / 2))));
      this.side = side;
      this.bounds = bounds;
      this.west = west;
      this.south = south;
      this.width = Math.max(east - west, 1e-9) / side;
      this.height = Math.max(north - south, 1e-9) / side;
      this.wide = [];
      this.seen = new Uint32Array(count);
      this.turn = 0;
      const most = 32, counts = new Uint32Array(side * side);
      const each = (action) => {
        for (let row = 0; row < count; row++) {
          const c = this.cells(bounds[4 * row], bounds[4 * row + 1], bounds[4 * row + 2], bounds[4 * row + 3]);
          if ((c[2] - c[0] + 1) * (c[3] - c[1] + 1) > most) { action(-1, row); continue; }
          for (let j = c[1]; j <= c[3]; j++) {
            for (let i = c[0]; i <= c[2]; i++) { action(j * side + i, row); }
          }
        }
      };
      each((cell, row) => { if (cell < 0) { this.wide.push(row); } else { counts[cell]++; } });
      this.start = starts(counts);
      const next = this.start.slice();
      this.rows = new Uint32Array(this.start[side * side]);
      each((cell, row) => { if (cell >= 0) { this.rows[next[cell]++] = row; } });
    }

    cells(west, south, east, north) {
      const last = this.side - 1, clamp = (v) => (v > 0 ? (v < last ? Math.floor(v) : last) : 0);
      return [clamp((west - this.west) / this.width), clamp((south - this.south) / this.height),
        clamp((east - this.west) / this.width), clamp((north - this.south) / this.height)];
    }

    // Rows whose bounds touch a box, in no order.
    within(west, south, east, north) {
      const found = [], b = this.bounds, turn = ++this.turn;
      const touches = (row) => b[4 * row] <= east && b[4 * row + 2] >= west &&
        b[4 * row + 1] <= north && b[4 * row + 3] >= south;
      this.wide.forEach((row) => { if (touches(row)) { found.push(row); } });
      const c = this.cells(west, south, east, north);
      for (let j = c[1]; j <= c[3]; j++) {
        for (let i = c[0]; i <= c[2]; i++) {
          const cell = j * this.side + i;
          for (let k = this.start[cell]; k < this.start[cell + 1]; k++) {
            const row = this.rows[k];
            if (this.seen[row] !== turn) {
              this.seen[row] = turn;
              if (touches(row)) { found.push(row); }
            }
          }
        }
      }
      return found;
    }
  }

  function once(make) {
    let made = false, value;
    return () => {
      if (!made) { value = make(); made = true; }
      return value;
    };
  }

  // Returns the data of the page: layers with their geometry, and texts that are read when needed.
  A.load = async () => {
    const side = A.side, element = document.getElementById("askergeo-data");
    const bytes = element && element.textContent.trim()
      ? await inflate(bytesOf(element.textContent.trim())) : null;
    const text = new TextDecoder();
    let sections = {}, begin = 0;
    if (bytes) {
      const length = new DataView(bytes.buffer).getUint32(0, true);
      begin = 4 + length;
      sections = JSON.parse(text.decode(bytes.subarray(4, begin))).sections;
    }
    const section = (name) => {
      const place = sections[name];
      return place ? bytes.subarray(begin + place[0], begin + place[0] + place[1]) : new Uint8Array(0);
    };
    const json = (name, absent) => {
      const part = section(name);
      return part.length ? JSON.parse(text.decode(part)) : absent;
    };
    const data = { layers: [], arcs: null };
    data.places = once(() => json("places", null));
    const rows = side.tables.map((_, i) => once(() => json(`T${i}.rows`, [])));
    data.tableRows = (i) => (rows[i] ? rows[i]() : []);
    if (!side.layers.length) { return data; }
    await A.pause();
    data.arcs = new Arcs(section, side.levels);
    const shapes = {};
    for (let index = 0; index < side.layers.length; index++) {
      const meta = side.layers[index];
      await A.pause();
      if (!shapes[meta.geometry]) {
        const one = new Shapes(section(`G${meta.geometry}`), data.arcs);
        one.boundsInMetres = one.bounds(side.origin, side.unit);
        one.net = new Net(one.boundsInMetres, one.n);
        shapes[meta.geometry] = one;
      }
      const shape = shapes[meta.geometry], years = {};
      meta.years.forEach((year) => { years[year] = section(`L${index}.year.${year}`); });
      data.layers.push({
        meta, index, n: shape.n, shape, net: shape.net, bounds: shape.boundsInMetres, kinds: shape.kinds,
        klass: section(`L${index}.class`), years,
        labels: once(() => json(`L${index}.labels`, [])),
        cells: once(() => json(`L${index}.cells`, []))
      });
    }
    return data;
  };
}
