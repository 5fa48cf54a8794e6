// Draws the maps from the data in the page. Everything from the data is set as text, never markup.
(function () {
  "use strict";
  var MILLIMETRE = 3.78; // screen pixels
  var maps = JSON.parse(document.getElementById("kartdata").textContent);
  var drawn = {};

  // Adds up the differences of a line: [x, y, dx, dy, …] in steps from the origin.
  function line(steps, data) {
    var points = [], x = 0, y = 0;
    for (var i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points.push([data.origin[1] + y * data.unit, data.origin[0] + x * data.unit]);
    }
    return points;
  }

  function style(symbol, kind) {
    var stroke = kind === 1 ? symbol.stroke || symbol.fill : symbol.stroke;
    return {
      stroke: !!stroke,
      color: stroke || "#333333",
      weight: Math.max(symbol.width * MILLIMETRE, kind === 1 ? 2 : 0.6),
      opacity: symbol.opacity,
      fill: kind !== 1 && !!symbol.fill,
      fillColor: symbol.fill || "#333333",
      fillOpacity: symbol.opacity,
      dashArray: symbol.dash ? "6 4" : null,
      corners: symbol.corners,
      radius: Math.max(symbol.size * MILLIMETRE / 2, 3)
    };
  }

  // A mark with corners, in radii around the place.
  var Mark = L.CircleMarker.extend({
    _updatePath: function () {
      var renderer = this._renderer, at = this._point, corners = this.options.corners, radius = this._radius;
      if (!corners) { renderer._updateCircle(this); return; }
      if (!renderer._drawing || this._empty()) { return; }
      var context = renderer._ctx;
      context.beginPath();
      for (var i = 0; i < corners.length; i += 2) {
        context[i ? "lineTo" : "moveTo"](at.x + corners[i] * radius, at.y + corners[i + 1] * radius);
      }
      context.closePath();
      renderer._fillStroke(context, this);
    }
  });

  function popup(layer, row) {
    var box = document.createElement("div");
    var head = document.createElement("p");
    head.textContent = layer.title;
    box.appendChild(head);
    var list = document.createElement("dl");
    layer.headers.forEach(function (header, column) {
      var name = document.createElement("dt"), value = document.createElement("dd");
      name.textContent = header;
      value.textContent = layer.cells[column][row];
      list.appendChild(name);
      list.appendChild(value);
    });
    box.appendChild(list);
    return box;
  }

  function feature(shape, symbol, data, renderer) {
    var kind = shape[0];
    var lines = shape.slice(1).map(function (steps) { return line(steps, data); });
    var options = style(symbol, kind);
    options.renderer = renderer;
    if (kind === 0) {
      return L.featureGroup(lines.map(function (points) { return new Mark(points[0], options); }));
    }
    return kind === 1 ? L.polyline(lines, options) : L.polygon(lines, options);
  }

  function draw(box) {
    var number = box.getAttribute("data-map"), data = maps[number];
    var map = L.map(box, {
      crs: L.CRS.Simple, minZoom: -12, maxZoom: 4, zoomSnap: 0.25, attributionControl: false,
      preferCanvas: true, zoomControl: false, fadeAnimation: false, zoomAnimation: false
    });
    L.control.zoom({ zoomInTitle: "Zoom inn", zoomOutTitle: "Zoom ut" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    map.fitBounds([[data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]], { padding: [12, 12] });
    var renderer = L.canvas({ padding: 0.3, tolerance: 4 });
    var layers = {};
    data.layers.forEach(function (layer) {
      var group = L.featureGroup(), byRow = {};
      layer.shapes.forEach(function (shape, row) {
        if (shape.length < 2) { return; }
        var item = feature(shape, layer.symbols[layer.classes[row]], data, renderer);
        item.bindPopup(function () { return popup(layer, row); }, { maxWidth: 340 });
        byRow[layer.labels[row]] = item;
        group.addLayer(item);
      });
      if (layer.visible) { group.addTo(map); }
      layers[layer.name] = { group: group, byRow: byRow };
    });
    drawn[number] = { map: map, layers: layers };
    box.setAttribute("data-ready", String(data.layers.reduce(function (sum, layer) { return sum + layer.shapes.length; }, 0)));
  }

  function each(selector, action) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), action);
  }

  each("[data-map]", draw);

  each("[data-toggle]", function (box) {
    box.addEventListener("change", function () {
      var at = drawn[box.getAttribute("data-toggle")];
      var layer = at && at.layers[box.getAttribute("data-layer")];
      if (layer) { layer.group[box.checked ? "addTo" : "removeFrom"](at.map); }
    });
  });

  each("[data-show]", function (button) {
    var at = drawn[button.getAttribute("data-show")];
    var layer = at && at.layers[button.getAttribute("data-layer")];
    var item = layer && layer.byRow[button.getAttribute("data-row")];
    if (!item) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      if (!at.map.hasLayer(layer.group)) {
        layer.group.addTo(at.map);
        each("[data-toggle='" + button.getAttribute("data-show") + "']", function (box) {
          if (at.layers[box.getAttribute("data-layer")] === layer) { box.checked = true; }
        });
      }
      at.map.fitBounds(item.getBounds(), { maxZoom: -1, padding: [60, 60] });
      var place = item.getCenter ? item.getCenter() : item.getBounds().getCenter();
      item.openPopup(place);
      var box = at.map.getContainer();
      box.scrollIntoView({ block: "center" });
      box.focus({ preventScroll: true });
    });
  });

  // A link to a folded table opens it: not every browser does so by itself.
  function unfold() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var folded = target && target.closest("details");
    if (folded && !folded.open) {
      folded.open = true;
      target.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  window.addEventListener("beforeprint", function () {
    each("details", function (box) { box.open = true; });
  });
})();
