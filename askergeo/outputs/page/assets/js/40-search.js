// The search box: addresses, places and what the page's layers are about, all in the page itself.
{
  const SHOWN = 8;
  const NUMBER = /^\d+[a-z]?$/;
  const NEAR = 300; // metres within which a place and a feature of the same name are the same thing
  const TYPO_FROM = 4; // letters of a word that may hold a typing mistake
  const TWO_TYPOS_FROM = 8;
  const FAR = 9;
  const PLACE = 0;
  const STREET = 1;
  const FEATURE = 2;
  const LINE = 1; // kind of a layer of lines

  // Writes a text as people compare names: «Hagaløkka», «hagalokka» and «Hagaloekka» are alike.
  A.fold = (text) =>
    text.toLowerCase()
      .replace(/[æä]/g, "a").replace(/[øö]/g, "o").replace(/å/g, "a")
      .normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/aa|ae/g, "a").replace(/oe/g, "o")
      .replace(/[^a-z0-9\n\u00df-\uffff]+/g, " ");

  // Folds many texts at once: one long text is far quicker than many short ones.
  function foldAll(texts) {
    if (!texts.length) return [];
    const flat = texts.map((text) => String(text).replace(/\s+/g, " "));
    return A.fold(flat.join("\n")).split("\n").map((text) => text.trim());
  }

  // Everything that can be found: parallel arrays, and the names as they are compared.
  A.searchIndex = (data) => {
    const places = A.placesOf(data);
    const index = { data, places, names: [], type: [], at: [], layer: [], rank: [], folded: [], words: null };
    const add = (name, type, at, layer, rank) => {
      index.names.push(name);
      index.type.push(type);
      index.at.push(at);
      index.layer.push(layer);
      index.rank.push(rank);
    };
    data.layers.forEach((layer) => {
      if (layer.meta.ground || !layer.n) return;
      featureNames(layer).forEach((name, row) => {
        if (name) add(String(name), FEATURE, row, layer, 3);
      });
    });
    const streets = new Set(places.streets);
    places.names.forEach((name, i) => {
      const road = places.kinds[places.kind[i]] === "veg";
      if (!(road && streets.has(name))) add(name, PLACE, i, null, road ? 6 : places.rank[i] || FAR);
    });
    places.streets.forEach((name, i) => add(name, STREET, i, null, 5));
    index.folded = foldAll(index.names);
    index.starts = new Uint32Array(places.streets.length + 1);
    places.numbers.forEach((numbers, i) => {
      index.starts[i + 1] = index.starts[i] + numbers.split(",").length;
    });
    return index;
  };

  // The first column of words, or the labels of the rows when there is none.
  function featureNames(layer) {
    const first = (layer.meta.numeric || []).findIndex((numeric) => !numeric);
    return first >= 0 ? layer.cells()[first] || [] : layer.labels();
  }

  // Finds what is meant: {hits: at most `limit`, count, guessed} – guessed when nothing fits as typed.
  A.search = (index, typed, limit = SHOWN) => {
    const words = A.fold(typed).trim().split(" ").filter(Boolean);
    if (words.length > 1 && /^\d+$/.test(words[words.length - 2]) && /^[a-z]$/.test(words[words.length - 1])) {
      words.push(words.splice(-2).join(""));
    }
    if (!words.length) return { hits: [], count: 0, guessed: false };
    let found = matches(index, words);
    let guessed = false;
    if (!found.length) {
      const nearest = corrected(index, words);
      guessed = nearest.length > 0;
      found = nearest.flatMap((changed) => matches(index, changed));
    }
    const unique = distinct(found);
    unique.sort((a, b) => a.score - b.score || a.rank - b.rank || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
    return { hits: unique.slice(0, limit), count: unique.length, guessed };
  };

  function matches(index, words) {
    const found = [];
    const text = words.join(" ");
    for (let i = 0; i < index.folded.length; i++) {
      const score = fit(index.folded[i], text, words);
      if (score < FAR) found.push(entry(index, i, score));
    }
    const last = words[words.length - 1];
    if (words.length > 1 && NUMBER.test(last)) {
      const street = words.slice(0, -1);
      for (let i = 0; i < index.folded.length; i++) {
        if (index.type[i] !== STREET) continue;
        const score = fit(index.folded[i], street.join(" "), street);
        if (score < 3) houses(index, i, last, score, found);
      }
    }
    return found;
  }

  // How well a name fits: 0 is it, 1 begins so, 2 words begin so in any order, 3 holds the letters.
  function fit(folded, text, words) {
    const at = folded.indexOf(words[0]);
    if (at < 0) return FAR;
    if (folded === text) return 0;
    if (folded.startsWith(text)) return 1;
    const padded = " " + folded;
    if (words.every((word) => padded.includes(" " + word))) return 2;
    return text.length > 2 && folded.includes(text) ? 3 : FAR;
  }

  function houses(index, i, wanted, score, found) {
    const { places } = index;
    const street = index.at[i];
    places.numbers[street].split(",").forEach((number, k) => {
      const folded = number.toLowerCase();
      if (!folded.startsWith(wanted)) return;
      const at = index.starts[street] + k;
      found.push({
        type: "adresse", name: `${index.names[i]} ${number}`, score: score + (folded === wanted ? -0.5 : 0.5), rank: 5,
        x: places.streetX[at], y: places.streetY[at],
      });
    });
  }

  function entry(index, i, score) {
    const { places } = index;
    const at = index.at[i];
    const made = { name: index.names[i], score, rank: index.rank[i] };
    if (index.type[i] === PLACE) {
      return { ...made, type: places.kinds[places.kind[at]], x: places.x[at], y: places.y[at] };
    }
    if (index.type[i] === FEATURE) {
      const layer = index.layer[i];
      const box = layer.bounds.subarray(4 * at, 4 * at + 4);
      return { ...made, type: "", layer, row: at, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 };
    }
    const [from, to] = [index.starts[at], index.starts[at + 1]];
    const [x, y] = [places.streetX.subarray(from, to), places.streetY.subarray(from, to)];
    const box = [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
    return { ...made, type: "gate", houses: to - from, box, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 };
  }

  // Takes away what is the same thing twice: a place that a layer also has, an address in two rows,
  // the links of one road, a feature both before and after.
  function distinct(found) {
    const kept = new Map();
    const ordered = [...found.filter((one) => one.layer), ...found.filter((one) => !one.layer)];
    return ordered.filter((one) => {
      const same = kept.get(one.name);
      if (!same) {
        kept.set(one.name, [one]);
        return true;
      }
      const twin = same.find((other) => alike(one, other));
      if (twin) twin.rank = Math.min(twin.rank, one.rank);
      else same.push(one);
      return !twin;
    });
  }

  function alike(one, other) {
    const near = Math.hypot(other.x - one.x, other.y - one.y) < NEAR;
    if (!one.layer) return near && (Boolean(other.layer) || other.type === one.type);
    if (one.layer === other.layer) return one.row === other.row || one.layer.meta.kind === LINE;
    return near && one.layer.meta.title === other.layer.meta.title;
  }

  // The words of all names that are nearest to those typed, as new searches; [] when none is near.
  function corrected(index, words) {
    if (!index.words) {
      index.words = [...new Set(index.folded.flatMap((name) => name.split(" ")))];
      index.masks = Uint32Array.from(index.words, letters);
    }
    let made = [[]];
    for (const word of words) {
      const nearest = NUMBER.test(word) ? [word] : nearestWords(index.words, index.masks, word);
      if (!nearest.length) return [];
      made = made.flatMap((before) => nearest.map((one) => [...before, one])).slice(0, 16);
    }
    return made;
  }

  function nearestWords(vocabulary, masks, word) {
    if (word.length < TYPO_FROM) return vocabulary.some((one) => one.startsWith(word)) ? [word] : [];
    let best = word.length < TWO_TYPOS_FROM ? 1 : 2;
    let nearest = [];
    const own = letters(word);
    for (let i = 0; i < vocabulary.length; i++) {
      const one = vocabulary[i];
      // A letter that the other lacks is a mistake at least.
      if (one.length < word.length - best || bits(own & ~masks[i]) > best) continue;
      const far = typos(word, one, best);
      if (far < best || (far === best && !nearest.length)) nearest = [];
      if (far <= best) nearest.push(one.slice(0, word.length + best));
      best = Math.min(best, far);
    }
    return [...new Set(nearest)].slice(0, 4);
  }

  // The letters of a word, a bit each.
  function letters(word) {
    let mask = 0;
    for (let i = 0; i < word.length; i++) mask |= 1 << (word.charCodeAt(i) & 31);
    return mask >>> 0;
  }

  function bits(mask) {
    let count = 0;
    for (let left = mask; left; left &= left - 1) count++;
    return count;
  }

  // Letters wrong, missing, too many or swapped between a word and the best beginning of another.
  const rows = [0, 1, 2].map(() => new Uint8Array(256));
  function typos(word, other, most) {
    const long = Math.min(word.length, 200);
    const wide = Math.min(other.length, long + most);
    let [before, row, next] = rows;
    for (let k = 0; k <= wide; k++) row[k] = k;
    for (let i = 1; i <= long; i++) {
      const letter = word.charCodeAt(i - 1);
      // Farther apart than the mistakes allowed, two positions cannot be the same.
      const from = Math.max(1, i - most);
      const to = Math.min(wide, i + most);
      let least = from === 1 ? i : FAR;
      next[from - 1] = least;
      for (let k = from; k <= to; k++) {
        const same = letter === other.charCodeAt(k - 1);
        let cost = Math.min(row[k] + 1, next[k - 1] + 1, row[k - 1] + (same ? 0 : 1));
        if (i > 1 && k > 1 && letter === other.charCodeAt(k - 2) && word.charCodeAt(i - 2) === other.charCodeAt(k - 1)) {
          cost = Math.min(cost, before[k - 2] + 1);
        }
        next[k] = cost;
        least = Math.min(least, cost);
      }
      if (least > most) return FAR;
      if (to < wide) next[to + 1] = FAR;
      [before, row, next] = [row, next, before];
    }
    let nearest = FAR;
    for (let k = Math.max(0, long - most); k <= wide; k++) nearest = Math.min(nearest, row[k]);
    return nearest;
  }

  const say = (key, values) => A.t(`sok.${key}`, values);

  // What a hit is, in the page's language where it has the word.
  function kindOf(hit) {
    if (hit.layer) return { text: hit.layer.meta.title, own: true };
    if (hit.type === "gate") return { text: say(hit.houses === 1 ? "gate_en" : "gate", { count: hit.houses }), own: false };
    const key = `sok.slag_${hit.type}`;
    return key in A.side.texts ? { text: A.t(key), own: false } : { text: hit.type, own: true };
  }

  // Shows a hit on the map and says so.
  A.showHit = (hit) => {
    if (hit.layer && A.select) A.select({ layer: hit.layer, row: hit.row, from: "sok" }, { zoom: true });
    else if (hit.box && hit.houses > 1) A.showBox(hit.box);
    else if (A.showPlace) A.showPlace([hit.x, hit.y], hit.name);
    else A.showBox([hit.x, hit.y, hit.x, hit.y]);
    A.status(say("viser", { name: `${hit.name}, ${kindOf(hit).text}` }));
  };

  // Builds the box in its container: the combobox with a list of the ARIA authoring practices.
  A.makeSearch = (container, data) => {
    let index = null;
    let hits = [];
    let active = -1;
    const list = A.el("ul", { id: "sok-liste", role: "listbox", class: "sok-liste", "aria-label": say("treffliste"), hidden: true });
    const help = A.el("p", { class: "sok-antall", hidden: true });
    const input = A.el("input", {
      id: "sok-felt", type: "text", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": "sok-liste", "aria-autocomplete": "list",
      oninput: look, onkeydown: keys, onfocus: prepare, onblur: close,
    });
    const clear = A.button("×", empty, { class: "sok-tom", "aria-label": say("tom"), title: say("tom"), hidden: true });
    const field = A.el("div", { class: "sok-felt" }, input, clear, A.el("div", { class: "sok-under" }, list, help));
    container.replaceChildren(A.el("label", { for: "sok-felt", text: say("etikett") }), field);
    container.hidden = false;

    function prepare() {
      index = index || A.searchIndex(data);
    }

    function look() {
      prepare();
      clear.hidden = !input.value;
      if (!input.value.trim()) return close();
      const { hits: found, count, guessed } = A.search(index, input.value);
      hits = found;
      mark(-1);
      list.replaceChildren(...hits.map(option));
      list.hidden = !hits.length;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      help.textContent = counted(hits.length, count, guessed);
      help.hidden = false;
      A.status(help.textContent);
    }

    function counted(shown, count, guessed) {
      if (!count) return say("ingen");
      const text = count > shown ? say("flere", { count, shown }) : say(count === 1 ? "ett" : "treff", { count });
      return guessed ? `${say("lignende")} ${text}` : text;
    }

    function option(hit, k) {
      const kind = kindOf(hit);
      const other = kind.own && A.side.language !== "nb" ? "nb" : null;
      return A.el("li", {
        id: `sok-treff-${k}`, role: "option", "aria-selected": "false",
        onmousedown: (event) => event.preventDefault(), onclick: () => choose(k),
      }, A.el("span", { class: "sok-navn", text: hit.name, lang: other && hit.layer ? other : null }),
      A.el("span", { class: "sok-slag", text: ` – ${kind.text}`, lang: other }));
    }

    function mark(k) {
      active = k;
      Array.from(list.children).forEach((one, i) => one.setAttribute("aria-selected", String(i === k)));
      if (k < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", `sok-treff-${k}`);
      list.children[k].scrollIntoView({ block: "nearest" });
    }

    function keys(event) {
      const open = !list.hidden;
      if (event.key === "Escape") {
        if (open || !help.hidden) close();
        else empty();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!open) {
          look();
          if (list.hidden) return;
        }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(active < 0 && step < 0 ? hits.length - 1 : (active + step + hits.length) % hits.length);
      } else if (event.key === "Enter") {
        if (!open) look();
        if (hits.length) choose(Math.max(active, 0));
      } else return;
      event.preventDefault();
    }

    function choose(k) {
      const hit = hits[k];
      input.value = hit.name;
      clear.hidden = false;
      close();
      A.showHit(hit);
    }

    function close() {
      list.hidden = true;
      help.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    }

    function empty() {
      input.value = "";
      clear.hidden = true;
      hits = [];
      list.replaceChildren();
      close();
      input.focus();
    }

    return { input, prepare };
  };

  A.on("ready", (data) => {
    const container = document.getElementById("kart-sok");
    if (!container || !A.map) return;
    const named = A.side.places || data.layers.some((layer) => !layer.meta.ground && layer.n);
    container.hidden = !named;
    if (named) A.makeSearch(container, data);
  });
}
