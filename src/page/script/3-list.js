// The list: as many rows as are in sight, each at its place in a sheet as high as all of them.

const MARGIN_ROWS = 6;
const scroller = $('scroller');
const spacer = $('spacer');
const drawn = new Map();
let current = null;
let opened = null;
let rowHeight = 32;

/** The place of a request in the list, newest first; -1 where it is not shown. */
const placeOf = (number) => {
  let [low, high] = [0, requests.shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (requests.shown[middle].number < number) low = middle + 1; else high = middle;
  }
  return requests.shown[low]?.number === number ? requests.shown.length - 1 - low : -1;
};
const at = (place) => requests.shown[requests.shown.length - 1 - place];

const makeRow = (one) => {
  const cell = (className, ...children) => make('span', { role: 'gridcell', class: className }, ...children);
  const steered = [one.effect, one.stub && `stub ${one.stub}`].filter(Boolean).map((by) => ` ▾${by}`).join('');
  const fault = steered ? text('span', 'fault-mark', steered) : null;
  return make('div', { role: 'row', class: 'row', 'data-number': one.number },
    cell('time', timeOf(one.at)), cell('method', one.method), make('span', { role: 'gridcell', class: 'path', title: one.target }, ...pathOf(one.target)),
    cell(`status ${statusClass(one.status)}`, String(one.status ?? 'none'), fault),
    cell('rule', gradeMark(one.grade), one.rule), cell('organization', one.organization ?? ''), cell('took', duration(one.took)));
};

/** Draws the rows in sight, and the focused one wherever it is: a row that vanished would lose the focus. */
const drawList = () => {
  const count = requests.shown.length;
  spacer.style.height = `${count * rowHeight}px`;
  $('empty').hidden = count > 0;
  $('empty').textContent = requests.all.length > 0 ? 'No request fits the filter.' : 'No request yet. Whatever a client asks appears here as it is answered.';
  $('list').setAttribute('aria-rowcount', count + 1);
  const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - MARGIN_ROWS);
  const last = Math.min(count, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + MARGIN_ROWS);
  const wanted = new Map();
  for (let place = first; place < last; place += 1) wanted.set(at(place).number, place);
  const kept = current === null ? -1 : placeOf(current);
  if (kept >= 0) wanted.set(current, kept);
  for (const [number, row] of drawn) if (!wanted.has(number)) { row.remove(); drawn.delete(number); }
  const reachable = kept >= 0 ? current : at(first)?.number;
  let before = spacer.firstChild;
  for (const [number, place] of [...wanted].sort((a, b) => a[1] - b[1])) {
    let row = drawn.get(number);
    if (!row) {
      row = makeRow(requests.byNumber.get(number));
      drawn.set(number, row);
      spacer.insertBefore(row, before);
    } else before = row.nextSibling;
    row.style.transform = `translateY(${place * rowHeight}px)`;
    row.setAttribute('aria-rowindex', place + 2);
    row.setAttribute('aria-selected', number === opened);
    row.tabIndex = number === reachable ? 0 : -1;
  }
};

/** The height of a row changes with the width of the list; the focused row, or else the first, stays where it is. */
const measureRows = () => {
  const before = rowHeight;
  const top = scroller.scrollTop;
  const probe = make('div', { class: 'row', 'aria-hidden': 'true' });
  spacer.append(probe);
  rowHeight = probe.offsetHeight || rowHeight;
  probe.remove();
  drawList();
  if (rowHeight === before) return;
  const focused = current === null ? -1 : placeOf(current);
  const isInSight = focused * before >= top - before && focused * before < top + scroller.clientHeight;
  const place = focused >= 0 && isInSight ? focused : Math.floor(top / before);
  const offset = Math.max(0, Math.min(scroller.clientHeight - rowHeight, place * before - top));
  scroller.scrollTop = place * rowHeight - offset;
  drawList();
};

/** Moves the focus to the row at a place, and the detail with it where one is open. */
const goTo = (place) => {
  const target = at(Math.max(0, Math.min(requests.shown.length - 1, place)));
  if (!target) return;
  current = target.number;
  const top = placeOf(current) * rowHeight;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  if (top + rowHeight > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + rowHeight - scroller.clientHeight;
  if (opened !== null) openDetail(current);
  drawList();
  drawn.get(current)?.focus({ preventScroll: true });
};

const move = (by) => {
  const place = current === null ? -1 : placeOf(current);
  goTo(place < 0 ? 0 : place + by);
};

const showMatches = () => {
  const [shown, all] = [requests.shown.length, requests.all.length];
  $('matches').textContent = shown === all ? '' : `${thousands(shown)} of ${thousands(all)}`;
  $('requests-count').textContent = all > 0 ? thousands(all) : '';
  $('missed').hidden = requests.missed === 0;
  $('missed').textContent = `${plural(requests.missed, 'request')} passed that the page has not seen: the journal had dropped them before they could be shown.`;
};

const applyFilter = () => {
  const { accepts, problem } = readFilter($('filter').value);
  $('filter').setAttribute('aria-invalid', Boolean(problem));
  if (problem) { $('matches').textContent = problem; return; }
  requests.accepts = accepts;
  filterAgain();
  scroller.scrollTop = 0;
  showMatches();
  drawList();
};

spacer.addEventListener('click', (event) => {
  const row = event.target.closest('.row');
  if (!row) return;
  current = Number(row.dataset.number);
  openDetail(current);
});
scroller.addEventListener('scroll', drawList, { passive: true });
$('filter').addEventListener('input', applyFilter);
new ResizeObserver(measureRows).observe(scroller);
