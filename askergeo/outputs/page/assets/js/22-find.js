// Finds what stands at a place, and gives the shape of a feature in metres.
{
  const SURFACE = 2;

  A.bounds = (layer, row) => Array.from(layer.bounds.subarray(4 * row, 4 * row + 4));

  // Points, lines or rings of a feature as [x, y] in metres, at the finest level or a coarser one.
  A.coordinates = (layer, row, level) => {
    const { parts, arcs, references, source } = layer.shape, { origin, unit } = A.side;
    const { x, y, start } = level || source.level(0), lines = [];
    for (let part = parts[row]; part < parts[row + 1]; part++) {
      const line = [];
      for (let i = arcs[part]; i < arcs[part + 1]; i++) {
        const arc = references[i] >> 1, count = start[arc + 1] - start[arc];
        for (let k = line.length ? 1 : 0; k < count; k++) {
          const at = references[i] & 1 ? start[arc + 1] - 1 - k : start[arc] + k;
          line.push([origin[0] + x[at] * unit, origin[1] + y[at] * unit]);
        }
      }
      lines.push(line);
    }
    return lines;
  };

  // How often the rings of a feature go round a point; 0 is outside.
  function around(lines, [px, py]) {
    let turns = 0;
    lines.forEach((line) => {
      for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
        const [x0, y0] = line[j], [x1, y1] = line[i];
        if ((y0 <= py) === (y1 <= py)) { continue; }
        const side = (x1 - x0) * (py - y0) - (px - x0) * (y1 - y0);
        if (y1 > py && side > 0) { turns++; } else if (y1 <= py && side < 0) { turns--; }
      }
    });
    return turns;
  }

  function distance(lines, [px, py]) {
    let least = Infinity;
    lines.forEach((line) => {
      if (line.length === 1) { least = Math.min(least, Math.hypot(line[0][0] - px, line[0][1] - py)); }
      for (let i = 1; i < line.length; i++) {
        const [x0, y0] = line[i - 1], dx = line[i][0] - x0, dy = line[i][1] - y0;
        const t = Math.max(0, Math.min(1, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1)));
        least = Math.min(least, Math.hypot(x0 + t * dx - px, y0 + t * dy - py));
      }
    });
    return least;
  }

  A.contains = (layer, row, point) => around(A.coordinates(layer, row), point) !== 0;

  // What stands at a point among what is shown, topmost first: [{layer, row}].
  A.hit = (data, point, metres, options) => {
    const found = [], room = metres || 0, [x, y] = point;
    A.inView(data, options && options.zoom, options || {}).forEach((layer) => {
      if (layer.meta.ground) { return; }
      const mask = A.state.masks[layer.meta.name];
      const rows = layer.net.within(x - room, y - room, x + room, y + room).filter((row) => !mask || mask[row]);
      const here = rows.filter((row) => {
        const lines = A.coordinates(layer, row);
        if (layer.kinds[row] === SURFACE && around(lines, point) !== 0) { return true; }
        const small = Math.max(layer.bounds[4 * row + 2] - layer.bounds[4 * row], layer.bounds[4 * row + 3] - layer.bounds[4 * row + 1]) < room;
        return (layer.kinds[row] !== SURFACE || small) && distance(lines, point) <= room;
      });
      here.sort((a, b) => a - b);
      here.forEach((row) => found.unshift({ layer, row }));
    });
    return found;
  };
}
