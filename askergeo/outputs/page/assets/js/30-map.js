// The map itself: its coordinate system, what frames it, and how a person moves in it.
{
  const FINEST = 18; // the last level of Kartverket's tile matrix
  const COARSEST = 3;
  const PANES = { bakgrunn: 150, kart: 250, "kart-for": 260, "kart-etter": 270, navn: 420, utheving: 440, innspill: 460 };
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)");

  A.reducedMotion = () => reduced.matches;

  // A text of the map in the page's language.
  A.say = (key, values) => A.t("kart." + key, values);

  // An element of the page: attributes and listeners in one object, text never read as markup.
  A.el = (name, settings, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(settings || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "text") made.textContent = value;
      else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : String(value));
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };

  A.button = (text, action, settings) => A.el("button", { type: "button", text, onclick: action, ...settings });

  // Says one thing politely, and again if it is said twice.
  A.status = (text) => {
    const place = document.getElementById("kart-status");
    if (!place) return;
    place.textContent = "";
    window.requestAnimationFrame(() => { place.textContent = text; });
  };

  // Runs an action once before the next picture, however often it is asked for.
  A.soon = (action) => {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      window.requestAnimationFrame(() => { waiting = false; action(); });
    };
  };

  A.resolution = (zoom) => A.side.coarsest / 2 ** zoom;
  A.zoomOf = (resolution) => Math.log2(A.side.coarsest / resolution);

  function grid() {
    const [x, y] = (A.side.tiles && A.side.tiles.origin) || A.side.origin;
    return L.extend({}, L.CRS, {
      projection: L.Projection.LonLat,
      transformation: new L.Transformation(1, -x, -1, y),
      scale: (zoom) => 1 / A.resolution(zoom),
      zoom: (scale) => A.zoomOf(1 / scale),
      distance: (a, b) => Math.hypot(b.lng - a.lng, b.lat - a.lat),
      infinite: true,
    });
  }

  A.latLng = ([x, y]) => L.latLng(y, x);
  A.box = ([west, south, east, north]) => L.latLngBounds([south, west], [north, east]);
  A.xy = (place) => [place.lng, place.lat];
  // West, south, east and north of what the map shows.
  A.view = () => {
    const box = A.map.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  };

  A.showAll = () => A.map.fitBounds(A.box(A.side.home || A.side.bounds), { padding: [8, 8] });

  // Shows a box with some room around; a point gets a neighbourhood of some hundred metres.
  A.showBox = ([west, south, east, north]) => {
    const room = Math.max((east - west) * 0.25, (north - south) * 0.25, 150);
    A.map.fitBounds(A.box([west - room, south - room, east + room, north + room]));
  };

  A.makeMap = () => {
    const box = document.getElementById("kart");
    const moves = !A.reducedMotion();
    const map = L.map(box, {
      crs: grid(), minZoom: COARSEST, maxZoom: FINEST, zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 120,
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, boxZoom: true,
      fadeAnimation: false, markerZoomAnimation: false, zoomAnimation: moves, inertia: moves,
    });
    A.map = map;
    // Leaflet animates steps by the arrow keys unless each is told not to.
    const pan = map.panBy;
    map.panBy = (offset, options) =>
      pan.call(map, offset, A.reducedMotion() ? { ...options, animate: false } : options);
    for (const [name, order] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = String(order);
      pane.style.pointerEvents = "none";
    }
    zoomButtons().addTo(map);
    north().addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    sourceLine().addTo(map);
    box.append(A.el("div", { class: "kart-sikte", "aria-hidden": "true" }));
    wheelAndTouch(box, map);
    map.on("moveend", () => A.emit("moved", A.view()));
    window.addEventListener("resize", A.soon(() => map.invalidateSize({ animate: false })));
    A.showAll();
    return map;
  };

  // What draws the data: one layer, or one for each side of a comparison, in a pane of its own.
  A.makeLayers = (data) => {
    const compared = A.side.layers.some((layer) => layer.side);
    A.drawn = {};
    for (const side of compared ? ["for", "etter"] : [null]) {
      const layer = A.drawLayer({ data, side, pane: side ? `kart-${side}` : "kart" });
      A.drawn[side || "alle"] = layer.addTo(A.map);
    }
    const redraw = A.soon(A.redraw);
    for (const event of ["visible", "year", "masks"]) A.on(event, redraw);
    if (A.labels) A.names = A.labels(data).addTo(A.map);
  };

  A.redraw = () => Object.values(A.drawn).forEach((layer) => layer.redraw());

  function control(position, element) {
    const made = L.control({ position });
    made.onAdd = () => {
      L.DomEvent.disableClickPropagation(element);
      return element;
    };
    return made;
  }

  function zoomButtons() {
    const bar = A.el("div", { class: "kart-zoom leaflet-bar", role: "group", "aria-label": A.say("zoom") });
    const sign = (text, label, action) => A.button(text, action, { "aria-label": label, title: label });
    const nearer = sign("+", A.say("zoom_inn"), () => A.map.zoomIn());
    const farther = sign("−", A.say("zoom_ut"), () => A.map.zoomOut());
    bar.append(nearer, farther, A.button(A.say("hele"), A.showAll, { class: "kart-hele", title: A.say("hele_tittel") }));
    const made = control("topleft", bar);
    // aria-disabled and not disabled: the focus must not be lost at the last level.
    A.on("moved", () => {
      nearer.setAttribute("aria-disabled", String(A.map.getZoom() >= A.map.getMaxZoom()));
      farther.setAttribute("aria-disabled", String(A.map.getZoom() <= A.map.getMinZoom()));
    });
    return made;
  }

  function north() {
    return control("topright", A.el("div", { class: "kart-nord", role: "img", "aria-label": A.say("nord_opp") },
      A.el("span", { text: "N", "aria-hidden": "true" }), A.el("span", { text: "↑", "aria-hidden": "true" })));
  }

  function sourceLine() {
    const line = A.el("div", { class: "kart-kilde" });
    A.showSources = () => {
      const online = A.background ? [A.side.tiles.attribution] : [];
      line.textContent = [...new Set([...online, ...(A.side.attributions || [])])].join(" | ");
      line.hidden = !line.textContent;
    };
    A.showSources();
    return control("bottomright", line);
  }

  // The page must scroll past the map: the wheel zooms only in a map in use, one finger scrolls.
  function wheelAndTouch(box, map) {
    const hint = A.el("div", { class: "kart-hint", "aria-hidden": "true", hidden: true });
    box.append(hint);
    const hide = () => { hint.hidden = true; };
    const used = () => box.contains(document.activeElement);
    box.addEventListener("wheel", (event) => {
      const zooms = event.ctrlKey || used();
      map.scrollWheelZoom[zooms ? "enable" : "disable"]();
      hint.textContent = A.say("hint_hjul");
      hint.hidden = zooms;
    }, { capture: true, passive: true });
    // The crosshair is for those who steer by keys; a browser may call a clicked map keyboard-focused.
    box.addEventListener("keydown", () => box.classList.add("kart-taster"));
    box.addEventListener("keyup", () => box.classList.add("kart-taster"));
    box.addEventListener("pointerdown", (event) => {
      hide();
      box.classList.remove("kart-taster");
      map.dragging[event.pointerType === "touch" ? "disable" : "enable"]();
    }, true);
    box.addEventListener("touchmove", (event) => {
      hint.textContent = A.say("hint_finger");
      hint.hidden = event.touches.length !== 1;
    }, { passive: true });
    box.addEventListener("touchend", hide);
    box.addEventListener("touchcancel", hide);
    box.addEventListener("pointerleave", hide);
    box.addEventListener("focus", hide);
  }
}
