// Signs in, then asks /status every two seconds and shows what it says. The tokens are in this script's memory and nowhere else.
"use strict";

const EVERY = 2_000;
const PATIENCE = 10_000;
/** A token is renewed so long before it is over. */
const EARLY = 60_000;

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");

/** `{token, refresh, renewAt}`, or null: nobody is signed in. */
let session = null;
let timer = 0;
let last = null;

// Words

const time = (text) => new Date(text).toLocaleTimeString("en-GB");
const count = (value) => number.format(value);
const plural = (value, one, many) => `${count(value)} ${value === 1 ? one : many}`;

function milliseconds(value) {
  if (value === null) return "–";
  return value < 10 ? value.toFixed(1) : count(Math.round(value));
}

function duration(seconds) {
  const parts = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
  const from = parts.findIndex(([length]) => seconds >= length);
  if (from < 0) return "0 s";
  let left = seconds;
  return parts.slice(from, from + 2).map(([length, unit]) => {
    const whole = Math.floor(left / length);
    left -= whole * length;
    return `${whole} ${unit}`;
  }).join(" ");
}

function bytes(value) {
  return value < 1024 * 1024 ? `${count(Math.round(value / 1024))} KiB` : `${(value / 1024 / 1024).toFixed(1)} MiB`;
}

const HEALTH = { ok: ["serves", "good"], degraded: ["degraded", "warn"], down: ["down", "bad"] };
const WELL = { ...HEALTH, ok: ["well", "good"] };
const STATE = { ready: ["ready", "good"], not_ready: ["not ready", "warn"], ejected: ["ejected", "bad"] };
const BREAKER = { closed: ["closed", ""], half_open: ["half open", "warn"], open: ["open", "bad"] };

// The tree: what is there is changed where it differs, so that a selection stays and nothing is read out twice.

function set(node, text, look = "") {
  if (node.textContent !== text) node.textContent = text;
  if (node.className !== look) node.className = look;
}

/** As many children as `length`, each made by `make` when it is not there. */
function children(parent, length, make) {
  while (parent.children.length > length) parent.lastElementChild.remove();
  while (parent.children.length < length) parent.append(make(parent.children.length));
  return [...parent.children];
}

function element(name, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** `columns` are `[label, "number"?]`; a cell is a text or `[text, look]`. The roles stay what they are when rows are cards. */
function table(id, columns, rows) {
  const whole = $(id);
  if (!whole.tHead) {
    whole.setAttribute("role", "table");
    const head = whole.createTHead().insertRow();
    head.setAttribute("role", "row");
    for (const [label, look = ""] of columns) {
      const cell = element("th", { scope: "col", role: "columnheader" });
      set(cell, label, look);
      head.append(cell);
    }
    whole.createTBody().setAttribute("role", "rowgroup");
  }
  const made = children(whole.tBodies[0], rows.length, () => {
    const row = element("tr", { role: "row" });
    columns.forEach(([label], at) => {
      row.append(at === 0 ? element("th", { scope: "row", role: "rowheader" })
        : element("td", { role: "cell", "data-label": label }));
    });
    return row;
  });
  made.forEach((row, at) => rows[at].forEach((cell, column) => {
    const [text, look = ""] = Array.isArray(cell) ? cell : [cell];
    set(row.children[column], text, [columns[column][1], look].filter(Boolean).join(" "));
  }));
}

// What is shown

function services({ gateway, services }, chosen) {
  const columns = [
    ["Service"], ["State"], ["Version"], ["Ready"], ["Breaker"], ["In flight", "number"], ["Requests", "number"],
    ["p50 ms", "number"], ["p95 ms", "number"], ["p99 ms", "number"], ["4xx", "number"], ["5xx", "number"],
  ];
  const figures = (requests) => {
    const { count: all, p50, p95, p99, statuses } = requests[chosen];
    const failed = statuses["5xx"];
    return [
      count(all), ...[p50, p95, p99].map(milliseconds), count(statuses["4xx"]), [count(failed), failed ? "bad" : ""],
    ];
  };
  const own = [
    "api-gateway", gateway.accepting ? HEALTH.ok : ["ending", "warn"], gateway.version, "–", "–",
    count(gateway.requests_in_flight), ...figures(gateway.requests),
  ];
  table("services", columns, [own, ...services.map((service) => {
    const ready = service.replicas.filter((replica) => replica.state === "ready").length;
    const all = service.replicas.length;
    return [
      service.name, HEALTH[service.status], service.versions.join(", ") || "–",
      [`${ready} of ${all}`, ready < all ? "warn" : ""],
      breaker(service.breaker), count(service.requests_in_flight), ...figures(service.requests),
    ];
  })]);
}

function breaker({ state, until }) {
  const [word, look] = BREAKER[state];
  return [until ? `${word} until ${time(until)}` : word, look];
}

const WIDTH = 240;
const HEIGHT = 80;

function histograms({ gateway, services }, chosen) {
  const all = [{ name: "api-gateway", requests: gateway.requests }, ...services];
  const figures = children($("latency"), all.length, () => {
    const figure = element("figure");
    const caption = element("figcaption");
    caption.append(element("span"), element("span"));
    figure.append(caption, drawing());
    return figure;
  });
  figures.forEach((figure, at) => histogram(figure, all[at].name, all[at].requests[chosen]));
}

function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function drawing() {
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 14}`, role: "img" });
  svg.append(drawn("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5 }), drawn("g", {}));
  return svg;
}

const bound = (value) => (value < 1_000 ? `${value} ms` : `${value / 1_000} s`);

function histogram(figure, name, { count: all, p50, p95, p99, buckets }) {
  const [caption, svg] = figure.children;
  set(caption.children[0], name);
  set(caption.children[1], plural(all, "request", "requests"));
  const percentiles = all ? `half within ${milliseconds(p50)} ms, 95% ${milliseconds(p95)} ms, 99% ${milliseconds(p99)} ms` : "";
  svg.setAttribute("aria-label", `${name}: ${plural(all, "request", "requests")}; ${percentiles}`);
  const step = WIDTH / buckets.length;
  if (svg.querySelectorAll("text").length === 0) {
    buckets.forEach(({ up_to }, at) => {
      if (![1, 10, 100, 1_000].includes(up_to)) return;
      const x = (at + 1) * step;
      const label = drawn("text", { x, y: HEIGHT + 12, "text-anchor": "middle" });
      label.textContent = bound(up_to);
      svg.append(label);
    });
  }
  const highest = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const bars = children(svg.querySelector("g"), buckets.length, () => {
    const bar = drawn("rect", {});
    bar.append(drawn("title", {}));
    return bar;
  });
  bars.forEach((bar, at) => {
    const height = buckets[at].count ? Math.max(1, (HEIGHT - 4) * buckets[at].count / highest) : 0;
    const place = { x: at * step + 1, width: step - 2, y: HEIGHT - height, height };
    for (const [key, value] of Object.entries(place)) bar.setAttribute(key, value.toFixed(1));
    const { up_to } = buckets[at];
    const most = up_to === null ? `over ${bound(buckets[at - 1].up_to)}` : `up to ${bound(up_to)}`;
    const words = `${most}: ${count(buckets[at].count)}`;
    if (bar.firstChild.textContent !== words) bar.firstChild.textContent = words;
  });
}

const messagesOf = ({ visible, in_flight, delayed }) => visible + in_flight + delayed;

function queues({ queues: { at, queues } }) {
  set($("asked"), time(at));
  const columns = [
    ["Queue"], ["Consumer"], ["Waiting", "number"], ["In work", "number"], ["Delayed", "number"],
    ["Dead, waiting", "number"], ["Dead, in work", "number"], ["Dead, delayed", "number"],
  ];
  const unread = ["not readable", "bad"];
  const depth = (value, look) => (value === null ? unread : [count(value), value ? look : "quiet"]);
  table("queues", columns, queues.map(({ name, consumer, messages, dead_letters }) => [
    name, consumer ?? "nobody",
    ...[messages.visible, messages.in_flight, messages.delayed].map((value) => depth(value, "")),
    ...[dead_letters.visible, dead_letters.in_flight, dead_letters.delayed].map((value) => depth(value, "bad")),
  ]));
}

function addresses({ services }) {
  const columns = [
    ["Address"], ["Service"], ["State"], ["Health"], ["Version"], ["In flight", "number"], ["Answered in", "number"],
  ];
  table("addresses", columns, services.flatMap(({ name, replicas }) => replicas.map((replica) => {
    const [word, look] = STATE[replica.state];
    const until = replica.ejected_until ? ` until ${time(replica.ejected_until)}` : "";
    return [
      replica.address, name, [word + until, look], WELL[replica.health], replica.version ?? "–",
      count(replica.requests_in_flight),
      replica.milliseconds === null ? ["no answer", "bad"] : `${count(replica.milliseconds)} ms`,
    ];
  })));
}

function dependencies({ services }) {
  const columns = [["Dependency"], ["Service"], ["State"], ["Answered in", "number"]];
  table("dependencies", columns, services.flatMap((service) => service.dependencies.map((dependency) => [
    dependency.name, service.name, WELL[dependency.status], `${count(dependency.milliseconds)} ms`,
  ])));
}

function gateway({ gateway: own, limits, cache }) {
  const lines = [
    ["Up for", duration(own.uptime_seconds)],
    ["Connections", count(own.connections)],
    ["Requests in flight", count(own.requests_in_flight)],
    ["Rate limits counted", limits.store === "shared" ? ["with all gateways", "good"] : ["alone: the store is away", "bad"]],
    ["Counted together, alone", `${count(limits.counted_together)}, ${count(limits.counted_alone)}`],
  ];
  if (cache) {
    lines.push(
      ["Kept answers", `${count(cache.entries)}, ${bytes(cache.bytes)} of ${bytes(cache.capacity_bytes)}`],
      ["Reads from what is kept", count(cache.hits)],
      ["Reads that asked, that pass", `${count(cache.misses)}, ${count(cache.passed)}`],
    );
  } else {
    lines.push(["Kept answers", ["nothing is kept", "quiet"]]);
  }
  const nodes = children($("gateway"), 2 * lines.length, (at) => element(at % 2 ? "dd" : "dt"));
  lines.forEach(([name, value], at) => {
    set(nodes[2 * at], name);
    set(nodes[2 * at + 1], ...[value].flat());
  });
}

/** What somebody should look at: `[sentence, look]`. */
function attention({ gateway: own, services, limits, queues: { queues } }) {
  const found = [];
  if (!own.accepting) found.push(["This gateway is about to end.", "warn"]);
  for (const { name, status, breaker: circuit, replicas, dependencies, requests } of services) {
    if (status !== "ok") found.push([`${name} is ${status}.`, HEALTH[status][1]]);
    if (circuit.state !== "closed") found.push([`${name}: the breaker is ${breaker(circuit)[0]}.`, BREAKER[circuit.state][1]]);
    for (const { address, state, ejected_until } of replicas.filter((replica) => replica.state !== "ready")) {
      const until = ejected_until ? ` until ${time(ejected_until)}` : "";
      found.push([`${name}: ${address} is ${STATE[state][0]}${until}.`, STATE[state][1]]);
    }
    for (const dependency of dependencies.filter((one) => one.status !== "ok")) {
      found.push([`${name}: ${dependency.name} is ${dependency.status}.`, WELL[dependency.status][1]]);
    }
    const failed = requests.last_minute.statuses["5xx"];
    if (failed) found.push([`${name}: ${plural(failed, "request", "requests")} failed in the last minute.`, "bad"]);
  }
  if (limits.store !== "shared") found.push(["Rate limits: the shared store is away, each gateway counts alone.", "warn"]);
  const unread = queues.filter(({ messages, dead_letters }) => !messages.readable || !dead_letters.readable).length;
  if (unread) found.push([`${plural(unread, "queue", "queues")} cannot be read.`, "bad"]);
  for (const { name, dead_letters } of queues.filter((queue) => queue.dead_letters.readable)) {
    const dead = messagesOf(dead_letters);
    if (dead) found.push([`${name} has ${plural(dead, "dead letter", "dead letters")}.`, "bad"]);
  }
  return found.length ? found : [["Nothing needs attention.", "good"]];
}

function show(status) {
  last = status;
  const chosen = document.querySelector("input[name=window]:checked").value;
  const sentences = attention(status);
  children($("attention"), sentences.length, () => element("li")).forEach((line, at) => set(line, ...sentences[at]));
  const began = new Date(Date.parse(status.at) - 1_000 * status.gateway.requests.since_start.seconds);
  set($("began"), began.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }));
  services(status, chosen);
  histograms(status, chosen);
  queues(status);
  addresses(status);
  dependencies(status);
  gateway(status);
  set($("clock"), `live, ${time(status.at)}`);
  $("shop").classList.remove("stale");
  $("shop").hidden = false;
}

// Who looks

function say(text) {
  set($("message"), text);
}

function ask(path, { method = "GET", token, body } = {}) {
  const headers = { accept: "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  const signal = AbortSignal.timeout(PATIENCE);
  return fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit", signal });
}

const problem = (answer) => answer.json().catch(() => ({}));

function enter(pair) {
  session = { token: pair.access_token, refresh: pair.refresh_token };
  session.renewAt = pair.refresh_token ? Date.now() + 1_000 * pair.expires_in - EARLY : Infinity;
  $("sign-in").reset();
  $("paste").reset();
  $("otp").hidden = true;
  $("sign-in").otp.required = false;
  $("entrance").hidden = true;
  $("leave").hidden = false;
  say("");
  poll();
}

/** Forgets who was signed in, and all that was shown to them. */
function leave(why) {
  clearTimeout(timer);
  session = null;
  last = null;
  for (const id of ["services", "queues", "addresses", "dependencies", "latency", "gateway", "attention"]) {
    $(id).replaceChildren();
  }
  set($("clock"), "");
  $("shop").hidden = true;
  $("leave").hidden = true;
  $("entrance").hidden = false;
  say(why);
}

async function signIn(event) {
  event.preventDefault();
  const form = event.target;
  const body = { email: form.email.value, password: form.password.value };
  if (form.otp.value) body.otp = form.otp.value;
  const button = form.querySelector("button");
  button.disabled = true;
  say("");
  try {
    const answer = await ask("/auth/login", { method: "POST", body });
    if (answer.ok) {
      enter(await answer.json());
      return;
    }
    const { code, detail } = await problem(answer);
    if (code === "otp_required") {
      $("otp").hidden = false;
      form.otp.required = true;
      form.otp.focus();
      say("This account has a second factor: enter its one-time code.");
    } else {
      say(detail ?? `The sign-in was answered with ${answer.status}.`);
    }
  } catch {
    say("The gateway does not answer. Nothing was signed in.");
  } finally {
    button.disabled = false;
  }
}

/** The next pair, shortly before the token is over. A refusal ends the session; no answer is no reason to. */
async function renew(mine) {
  if (Date.now() < mine.renewAt) return true;
  const answer = await ask("/auth/refresh", { method: "POST", body: { refresh_token: mine.refresh } });
  if (answer.ok) {
    const pair = await answer.json();
    mine.token = pair.access_token;
    mine.refresh = pair.refresh_token;
    mine.renewAt = Date.now() + 1_000 * pair.expires_in - EARLY;
  }
  return ![401, 403].includes(answer.status);
}

function stale(why) {
  $("shop").classList.add("stale");
  set($("clock"), "not live");
  say(last ? `${why} What you see is from ${time(last.at)}.` : why);
}

/** The answer and its JSON; no answer is null. */
async function read(mine) {
  try {
    if (!await renew(mine)) return { status: 401 };
    const answer = await ask("/status", { token: mine.token });
    return { status: answer.status, retry: answer.headers.get("retry-after"), body: answer.ok && await answer.json() };
  } catch {
    return { status: null };
  }
}

async function poll() {
  clearTimeout(timer);
  const mine = session;
  if (!mine || document.hidden) return;
  const { status, retry, body } = await read(mine);
  // Signed out meanwhile, or asked anew.
  if (session !== mine) return;
  let wait = EVERY;
  if (status === 200) {
    say("");
    show(body);
  } else if (status === 401) {
    leave("The session has ended. Sign in again.");
  } else if (status === 403) {
    leave("You are signed in, but this page is for staff only.");
  } else if (status === 429) {
    wait = 1_000 * Number(retry ?? 5);
    stale(`The gateway was asked too often, and is asked again in ${duration(wait / 1_000)}.`);
  } else if (status === null) {
    stale("The gateway does not answer. It is asked again every two seconds.");
  } else {
    stale(`The gateway answers with ${status}. It is asked again every two seconds.`);
  }
  if (session) {
    clearTimeout(timer);
    timer = setTimeout(poll, wait);
  }
}

$("sign-in").addEventListener("submit", signIn);
$("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  enter({ access_token: event.target.token.value.trim() });
});
$("leave").addEventListener("click", () => {
  const token = session?.token;
  leave("Signed out.");
  // What comes of it changes nothing here: the token is forgotten.
  if (token) ask("/auth/logout", { method: "POST", token }).catch(() => {});
});
document.addEventListener("visibilitychange", poll);
for (const radio of document.querySelectorAll("input[name=window]")) {
  radio.addEventListener("change", () => last && show(last));
}
$("entrance").hidden = false;
