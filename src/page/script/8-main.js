// The views, the keys, and the start.

const VIEWS = { requests: drawList, instances: showInstances, script: showScript, ledger: showLedger };
/** The view of script and stubs shows two documents, every other one its own. */
const readView = (view) => (view === 'script' ? Promise.all(['script', 'stubs'].map(source.read)) : source.read(view));
const viewOf = () => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : 'requests');

/** Reads the view in sight anew; the list of requests is fed by the stream. */
const refresh = async () => {
  const view = viewOf();
  if (view === 'requests') return;
  try {
    const [read, focused] = [await readView(view), document.activeElement?.closest?.(`#${view}-list`)];
    // What somebody is reading or about to press stays until they are done.
    if (!focused && !$(view).querySelector('details[open]')) VIEWS[view](read);
  } catch (error) { if (!kept) state('is-lost', 'not connected, trying again'); }
};

const showView = () => {
  const view = viewOf();
  for (const name of Object.keys(VIEWS)) $(name).hidden = name !== view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  if (view === 'requests') measureRows(); else { $(`${view}-list`).replaceChildren(); refresh(); }
};

const KEYS = {
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  Home: () => goTo(0), End: () => goTo(requests.shown.length - 1),
  PageDown: () => move(Math.floor(scroller.clientHeight / rowHeight) - 1), PageUp: () => move(1 - Math.floor(scroller.clientHeight / rowHeight)),
  '/': () => $('filter').focus(),
};

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || viewOf() !== 'requests') return;
  const { target } = event;
  if (event.key === 'Escape') {
    if (opened !== null) closeDetail();
    else if (target === $('filter')) goTo(current === null ? 0 : placeOf(current));
    return;
  }
  if (target.closest('input, select, textarea')) {
    if (event.key === 'ArrowDown' && target === $('filter')) { event.preventDefault(); goTo(0); }
    return;
  }
  const isInList = target.closest('#spacer') !== null;
  if (event.key === 'Enter' && isInList) { event.preventDefault(); openDetail(current, { focus: true }); return; }
  const isLetter = event.key.length === 1;
  if (KEYS[event.key] && (isLetter || isInList)) { event.preventDefault(); KEYS[event.key](); }
};

/** Shows the run that a post-mortem holds. */
const showKept = (held) => {
  document.body.classList.add('is-post-mortem');
  notice(`Post-mortem: ${held.reason}`);
  $('version').textContent = `${held.version} · seed ${held.seed}`;
  state('', `ended ${held.time}`);
  requests.missed = held.dropped;
  addRequests(held.requests);
  showMatches();
  drawTimeline();
  $('instances-count').textContent = held.instances.total || '';
  $('script-count').textContent = held.script.length + held.stubs.length || '';
};

const start = async () => {
  document.addEventListener('keydown', onKey);
  spacer.addEventListener('focusin', (event) => {
    const row = event.target.closest('.row');
    if (row) current = Number(row.dataset.number);
  });
  window.addEventListener('hashchange', showView);
  showView();
  for (const rule of await source.read('rules').catch(() => [])) rules.set(rule.id, rule);
  if (kept) { showKept(JSON.parse(kept.textContent)); drawList(); refresh(); return; }
  document.addEventListener('visibilitychange', watchVisibility);
  window.addEventListener('pagehide', stop);
  listen();
};

start();
