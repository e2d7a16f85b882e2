// Instances, script and ledger: tables that are read anew when something changed.

const table = (label, heads, rows) => make('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': label },
  make('table', {}, make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col', class: head === 'Matched' || head === 'Fired' || head === 'Count' ? 'number' : '' }, head)))),
    make('tbody', {}, ...rows)));
const row = (...cells) => make('tr', {}, ...cells.map((cell) => (cell instanceof Node && cell.nodeName === 'TD' ? cell : make('td', {}, cell ?? ''))));
const mono = (content) => text('td', 'mono', content);
const number = (content) => text('td', 'number', thousands(content));
const act = (label, what, run) => make('button', { type: 'button', class: 'live', 'aria-label': what, onclick: run }, label);

/** Shows the requests that fit a filter. */
const filterTo = (filter) => {
  $('filter').value = filter;
  applyFilter();
  location.hash = '#requests';
};

/** A line that opens to a JSON document. */
const folded = (line, json) => make('details', {}, make('summary', {}, line), make('div', { class: 'json' }, tree(json)));

const messageLine = ({ sent, message }) => folded(`${timeOf(sent).slice(0, 8)} ${message.subject ?? 'message'} → ${[message.to ?? 'nobody'].flat().join(', ')}`, message);
const eventLine = ({ id, at, status, error, body }) => folded(`${timeOf(at).slice(0, 8)} event ${id} ${status}${error ? `: ${error}` : ''}`, body);

const activityOf = ({ messages, events }) => [
  ...list('Messages', messages.map(messageLine), 'None was sent.', 'h4'),
  ...list('Events', events.map(eventLine), 'None came.', 'h4'),
];

const instanceRow = (one, now) => {
  const entries = Object.entries(one.configuration);
  const activity = make('div');
  const fold = make('details', { class: 'instance' }, make('summary', {}, one.name), definitions(entries.length > 0 ? entries : [['configuration', 'empty']]), activity);
  fold.addEventListener('toggle', async () => { if (fold.open) activity.replaceChildren(...activityOf(await source.activity(one))); });
  const query = `instance:${one.id} organization:${one.organization}`;
  return row(mono(one.id), mono(one.element), fold, text('td', one.enabled ? '' : 'warning', one.enabled ? 'enabled' : 'disabled'), one.tags.join(', '), mono(one.token), timeOf(one.created).slice(0, 8), age(one.created, now),
    make('div', { class: 'group' }, make('button', { type: 'button', onclick: () => filterTo(query), 'aria-label': `Requests of instance ${one.id}` }, 'Requests'),
      act('Forget', `Forget instance ${one.id}`, () => source.order('DELETE', `instances/${one.id}?organization=${encodeURIComponent(one.organization)}`))));
};

/** The instances that were deleted last, whose tokens are refused. */
const deletedTable = (deleted) => (deleted.length === 0 ? [] : [
  text('h3', '', 'Deleted'), text('p', 'help', 'A request with one of these tokens is refused.'),
  table('Deleted instances', ['Id', 'Element', 'Organization', 'Token'], deleted.map((one) => row(mono(one.id), mono(one.element), mono(one.organization), mono(one.token)))),
]);

const showInstances = ({ instances, deleted, total, time }) => {
  const groups = Map.groupBy ? Map.groupBy(instances, (one) => one.organization) : new Map([['', instances]]);
  const now = new Date(time);
  const heads = ['Id', 'Element', 'Name and what it has', 'State', 'Tags', 'Token', 'Created', 'Age', 'Actions'];
  const parts = [...groups].flatMap(([organization, list]) => [
    make('div', { class: 'group' }, make('h3', { class: 'mono' }, organization), text('span', 'help', plural(list.length, 'instance')),
      act('Forget all of it', `Forget all of it: the instances of ${organization}`, () => source.order('DELETE', `instances?organization=${encodeURIComponent(organization)}`))),
    table(`Instances of ${organization}`, heads, list.map((one) => instanceRow(one, now))),
  ]);
  const more = total > instances.length ? [text('p', 'help', `${thousands(total - instances.length)} more are not shown.`)] : [];
  $('instances-count').textContent = total > 0 ? thousands(total) : '';
  $('instances-list').replaceChildren(
    ...(total > 0 ? [...parts, ...more] : [text('p', 'help', 'No instance exists. One that a client creates appears here.')]), ...deletedTable(deleted));
};

const matchText = (match) => Object.entries(match).filter(([, value]) => value != null).map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ') || 'any request';

const remove = (path, what, id) => make('td', {}, act('Remove', `Remove ${what} ${id}`, () => source.order('DELETE', `${path}/${id}`)));

/** What a stub answers, in a few words. */
const replyText = ({ reply, delay, times }) => [reply.status ?? reply, times && `at most ${thousands(times)} times`, delay && `after ${delay}`].filter(Boolean).join(', ');

const showScript = ([lines, stubs]) => {
  const rows = lines.map((line) => row(mono(line.id), line.effect, make('td', { class: 'mono' }, matchText(line.match)), line.when, number(line.matched), number(line.fired), remove('script', 'script', line.id)));
  const answers = stubs.map((stub) => row(mono(stub.id), replyText(stub), make('td', { class: 'mono' }, matchText(stub.match)), number(stub.fired), remove('stubs', 'stub', stub.id)));
  const count = lines.length + stubs.length;
  $('script-count').textContent = count > 0 ? thousands(count) : '';
  $('script-list').replaceChildren(
    lines.length > 0 ? table('Scripted rules', ['Id', 'Effect', 'For', 'When', 'Matched', 'Fired', 'Actions'], rows) : text('p', 'help', 'Nothing is scripted: every request is answered as the service would.'),
    text('h3', '', 'Stubs'),
    stubs.length > 0 ? table('Stubs, the newest last', ['Id', 'Answer', 'For', 'Fired', 'Actions'], answers) : text('p', 'help', 'Nothing is stubbed.'));
};

const MAX_LINES = 8;
const bullets = (lines) => make('ul', {}, ...lines.map((line) => make('li', {}, line)));

/** A titled list, of which a long rest is folded. */
const list = (title, lines, none, heading = 'h3') => {
  if (lines.length === 0) return [text(heading, '', title), text('p', 'help', none)];
  const rest = lines.slice(MAX_LINES);
  const fold = rest.length > 0 ? [make('details', {}, make('summary', {}, `${thousands(rest.length)} more`), bullets(rest))] : [];
  return [text(heading, '', title), bullets(lines.slice(0, MAX_LINES)), ...fold];
};

const gradeBar = (grades) => {
  const bar = make('div', { class: 'grades', 'aria-hidden': 'true' });
  for (const [grade, count] of Object.entries(grades)) {
    if (count === 0) continue;
    const part = make('i', { class: grade });
    part.style.flexGrow = count;
    bar.append(part);
  }
  const legend = Object.entries(grades).map(([grade, count]) => make('span', {}, gradeMark(grade), ` ${thousands(count)}`));
  return [bar, make('p', { class: 'key-line' }, ...legend)];
};

const showLedger = (ledger) => {
  const relied = ledger.relied.map((one) => row(mono(one.rule), make('td', {}, gradeMark(one.grade)), number(one.count), make('td', {}, prose('div', '', one.statement), rules.get(one.rule)?.source ? prose('div', 'help', rules.get(one.rule).source) : '')));
  $('ledger-list').replaceChildren(
    ...gradeBar(ledger.grades),
    ...(ledger.refused > 0 ? [text('p', 'warning', `${plural(ledger.refused, 'answer')} refused, whose rule is graded too low.`)] : []),
    ...list('Left behind', ledger.left.map((one) => `instance ${one.id} of ${one.element} was never deleted`), 'Every instance that was created was deleted.'),
    ...list('Mishaps', [...ledger.mishaps, ...(ledger.moreMishaps > 0 ? [`${ledger.moreMishaps} more`] : [])], 'None.'),
    ...list('Never fired', ledger.unfired, 'Nothing that was scripted waits.'),
    text('h3', '', 'Relied upon'),
    relied.length > 0 ? table('Rules relied upon', ['Rule', 'Grade', 'Count', 'Statement'], relied) : text('p', 'help', 'No rule yet.'));
};

const EFFECTS = {
  'status 503': { status: 503 }, 'status 500': { status: 500 }, 'status 429': { status: 429 }, 'status 401': { status: 401 },
  'delay 2s': { delay: '2s' }, reset: 'reset', close: 'close', loseReply: 'loseReply', closeInBody: 'closeInBody',
  malformedJson: 'malformedJson', 'cutBody 10': { cutBody: 10 }, 'dribble 16 bytes': { dribble: { bytes: 16, pause: '100ms' } },
};
$('order').elements.effect.append(...Object.keys(EFFECTS).map((name) => make('option', {}, name)));

/** The order that the form says. */
const orderOf = ({ effect, method, path, when, n }) => ({
  match: { ...(method.value ? { method: method.value } : {}), ...(path.value.trim() ? { path: path.value.trim() } : {}) },
  ...(when.value === 'always' ? {} : { when: { [when.value]: Number(n.value) } }),
  effect: EFFECTS[effect.value],
});

$('order').addEventListener('submit', (event) => {
  event.preventDefault();
  source.order('POST', 'script', orderOf(event.target.elements), 'Ordered.');
});
$('order').elements.when.addEventListener('change', (event) => { $('order').elements.n.disabled = event.target.value === 'always'; });
$('clear-stubs').addEventListener('click', () => source.order('DELETE', 'stubs'));
$('clear-script').addEventListener('click', () => source.order('DELETE', 'script'));
$('forget-requests').addEventListener('click', () => source.order('DELETE', 'requests'));
