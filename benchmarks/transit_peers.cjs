// Earliest arrivals from stops to all stops, leaving each minute, by two planners from npm.
//
// Reads one command a line: {"peer", "feed", "date"} loads a feed; {"origins", "starts", "stops",
// "out"} searches from every origin at every start and writes the arrivals (seconds of the day;
// -1 not reached) as Int32, (origin, start, stop), to the file `out`. Answers each with one line.
const { EventEmitter } = require("events");
const fs = require("fs");
const path = require("path");
const readline = require("readline");

console.warn = console.info = () => {};
let search;

// Its loader waits for the end of a zip, which the stream it is built on never tells in Node 20;
// it gets the rows of the unpacked files instead.
function rowsOf(folder) {
  const csv = require("csv-parser");
  const rows = new EventEmitter();
  const types = {
    agency: "agency", stops: "stop", routes: "route", trips: "trip", stop_times: "stop_time",
    calendar: "calendar", calendar_dates: "calendar_date", transfers: "transfer",
  };
  (async () => {
    for (const [file, type] of Object.entries(types)) {
      const table = fs.createReadStream(path.join(folder, `${file}.txt`)).pipe(csv());
      for await (const data of table) rows.emit("data", { type, data });
    }
    rows.emit("end");
  })();
  return { pipe: () => rows };
}

async function loadRaptor(feed, date, whole) {
  if (whole) {
    // It begins each look for a trip where the last one on the route ended, which misses trips that
    // are boarded farther up the route at a later time; here it forgets.
    const { RouteScanner } = require("raptor-journey-planner/dist/src/raptor/RouteScanner.js");
    const look = RouteScanner.prototype.getTrip;
    RouteScanner.prototype.getTrip = function (...where) {
      this.routeScanPosition = {};
      return look.apply(this, where);
    };
  }
  const { loadGTFS, RaptorAlgorithmFactory } = require("raptor-journey-planner");
  const [trips, transfers, interchange] = await loadGTFS(rowsOf(path.dirname(feed)));
  const noon = new Date(`${date}T12:00:00Z`);
  const raptor = RaptorAlgorithmFactory.create(trips, transfers, interchange, noon);
  const number = parseInt(date.replaceAll("-", ""), 10);
  return (origin, start, stops, row) => {
    const [, best] = raptor.scan({ [origin]: start }, number, noon.getUTCDay());
    stops.forEach((stop, i) => {
      const time = best[stop];
      row[i] = time === undefined || time > 1e9 ? -1 : time;
    });
  };
}

async function loadMinotor(feed, date) {
  const { GtfsParser } = await import("minotor/parser");
  const { Query, Router, Time } = await import("minotor");
  // It knows the ten basic modes; the feed has the extended ones.
  const parser = new GtfsParser(feed, { routeTypeParser: () => "BUS" });
  const { timetable, stopsIndex } = await parser.parse(new Date(`${date}T12:00:00`));
  const router = new Router(timetable, stopsIndex);
  return (origin, start, stops, row) => {
    const query = new Query.Builder().from(origin).to([])
      .departureTime(Time.fromSeconds(start)).maxTransfers(8).build();
    const rounds = router.route(query).earliestArrivalsPerRound;
    // Its own summary of the rounds takes a later one's arrival on foot for better.
    stops.forEach((stop, i) => {
      let time = Infinity;
      for (const round of rounds) {
        const found = round.get(stop);
        if (found) time = Math.min(time, found.time.toSeconds());
      }
      row[i] = Number.isFinite(time) ? time : -1;
    });
  };
}

async function answer(command) {
  if (command.peer) {
    const load = command.peer === "minotor" ? loadMinotor : loadRaptor;
    search = await load(command.feed, command.date, command.peer.endsWith("-whole"));
    return;
  }
  const { origins, starts, stops, out } = command;
  const arrivals = new Int32Array(origins.length * starts.length * stops.length);
  let at = 0;
  for (const origin of origins) {
    for (const start of starts) {
      search(origin, start, stops, arrivals.subarray(at, at + stops.length));
      at += stops.length;
    }
  }
  fs.writeFileSync(out, Buffer.from(arrivals.buffer));
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    await answer(JSON.parse(line));
    process.stdout.write("ready\n");
  }
})();
