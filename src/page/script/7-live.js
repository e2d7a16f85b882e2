// Where everything comes from: a running server, or the run that a post-mortem holds.

const rules = new Map();
const kept = $('post-mortem');

/** The path of the control API that the page stands below. */
const ADMIN = new URL('.', location.href).pathname;

const ask = async (method, path, body) => {
  const headers = method === 'GET' ? {} : { 'content-type': 'application/json' };
  const response = await fetch(ADMIN + path, { method, headers, body: body && JSON.stringify(body) });
  const json = await response.json();
  if (!response.ok) throw new Error(json.message ?? response.status);
  return json;
};

const NO_ACTIVITY = { messages: [], events: [] };

const fromServer = {
  request: (number) => ask('GET', `requests/${number}`).catch(() => null),
  read: (view) => ask('GET', view),
  activity: ({ id, organization }) => ask('GET', `instances/${id}?organization=${encodeURIComponent(organization)}`).catch(() => NO_ACTIVITY),
  order: async (method, path, body, done) => {
    try {
      await ask(method, path, body);
      notice();
      say(done ?? 'Done.');
      // The list is drawn anew at once, and with it the button that was pressed.
      if (document.activeElement?.closest('#instances-list, #script-list')) $('main').focus({ preventScroll: true });
      refresh();
    } catch (error) { notice(error.message); }
  },
};

const fromFile = (held) => ({
  request: async (number) => held.requests.find((one) => one.number === number) ?? null,
  read: async (view) => held[view],
  activity: async ({ id, organization }) => held.activity[`${organization}/${id}`] ?? NO_ACTIVITY,
  order: async () => {},
});

const source = kept ? fromFile(JSON.parse(kept.textContent)) : fromServer;

const state = (name, message) => {
  $('state').className = name;
  $('state-text').textContent = message;
};

let stream = null;
let run = null;
let last = 0;
let waiting = [];
let isDrawing = false;

/** Draws what came since the last frame, however much it was. */
const drawSoon = () => {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const isBelowTop = scroller.scrollTop > 0;
    const added = addRequests(waiting.splice(0));
    if (isBelowTop) scroller.scrollTop += added * rowHeight;
    showMatches();
    drawList();
    drawTimelineSoon();
    refreshSoon();
  });
};

const REST = 400;
/** The function, at once and then at most once in a while. */
const seldom = (work) => {
  let timer = null;
  let again = false;
  return function run() {
    if (timer !== null) { again = true; return; }
    work();
    timer = setTimeout(() => { timer = null; if (again) { again = false; run(); } }, REST);
  };
};
const drawTimelineSoon = seldom(() => drawTimeline());
const refreshSoon = seldom(() => refresh());

const startAnew = () => {
  forgetAll();
  waiting = [];
  last = 0;
  closeDetail();
  drawSoon();
};

const listen = () => {
  if (stream || document.hidden) return;
  stream = new EventSource(`${ADMIN}events?after=${last}`);
  const on = (name, hear) => stream.addEventListener(name, (event) => hear(JSON.parse(event.data), event));
  on('hello', (hello) => {
    const isAnother = run !== null && run !== hello.run;
    run = hello.run;
    if (isAnother) {
      // Its numbers are its own: what came before the page's last one is not to be missed.
      stop();
      startAnew();
      listen();
      return;
    }
    $('version').textContent = `${hello.version} · seed ${hello.seed}`;
    state('is-live', 'live');
  });
  on('request', (one, event) => {
    last = Number(event.lastEventId);
    waiting.push(one);
    drawSoon();
  });
  on('missed', ({ count }) => { requests.missed += count; drawSoon(); });
  on('forgotten', startAnew);
  on('steered', () => refreshSoon());
  stream.onerror = () => {
    state('is-lost', 'not connected, trying again');
    if (stream?.readyState === EventSource.CLOSED) { stop(); setTimeout(listen, 1000); }
  };
};

const stop = () => { stream?.close(); stream = null; };

/** Browsers allow six connections per host: a page that nobody sees takes none. */
const watchVisibility = () => {
  if (document.hidden) { stop(); state('', 'paused'); } else listen();
};
