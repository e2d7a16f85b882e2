// One request: what was asked, what the service did, what the client saw, and how to ask or expect it again.

/** What a scripted effect did to the answer on its way. */
const SEEN = {
  reset: 'The connection was reset before any byte.',
  close: 'The connection was closed before any byte.',
  loseReply: 'Nothing: the reply was lost, the connection closed before any byte.',
  closeInBody: 'The beginning of the reply; the connection was closed in the middle of the body.',
  cutBody: 'The head and fewer bytes of the body than Content-Length says; then the connection was closed.',
  malformedJson: 'The reply with a body cut so that it is not JSON any more.',
  delay: 'The whole reply, later than it was made.',
  dribble: 'The whole reply, some bytes at a time.',
};

const quoted = (word) => `'${word.replaceAll("'", `'\\''`)}'`;

const toCurl = (one) => {
  const skipped = new Set(['host', 'content-length', 'connection', 'accept-encoding']);
  const headers = pairsOf(one.headers).filter(([name]) => !skipped.has(name));
  const body = one.body.text ? [`--data-raw ${quoted(one.body.text)}`] : [];
  const words = [`curl -i -X ${quoted(one.method)}`, ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`), ...body];
  return [...words, quoted(`${location.protocol === 'file:' ? 'http://127.0.0.1:6847' : location.origin}${one.target}`)].join(' \\\n  ');
};

const relative = (target) => target.split('?')[0].replace(BASE, '').replace('/your_moms', '/elements') || '/';

const toRust = (one) => `ce.received(Method::${one.method}, ${JSON.stringify(relative(one.target))}).once();`;

const toScript = (one) => JSON.stringify({
  match: { method: one.method, path: relative(one.target), ...(one.element ? { element: one.element } : {}) },
  when: { first: 1 },
  effect: { status: 503 },
}, null, 2);

const pairsOf = (headers) => Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));

const copier = (label, make_text) => {
  const copy = async () => {
    const content = make_text();
    try { await navigator.clipboard.writeText(content); say('Copied.'); button.textContent = 'Copied'; setTimeout(() => { button.textContent = label; }, 1200); }
    catch { notice(content); }
  };
  const button = make('button', { type: 'button', onclick: copy }, label);
  return button;
};

const definitions = (pairs) => make('dl', {}, ...pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));

const messageOf = (one) => {
  if (!(one.status >= 400)) return null;
  try { return JSON.parse(one.answer.text).message ?? null; } catch { return null; }
};

const sides = (one) => {
  const made = one.status === null
    ? 'Nothing: the script ended the connection before the service was asked.'
    : `${one.status}, ${plural(one.answer.length, 'byte')}${one.took == null ? '' : `, in ${duration(one.took)}`}`;
  const seen = one.effect ? SEEN[one.effect] ?? `The reply that the script gives (${one.effect}).` : 'The same.';
  return make('div', { class: 'sides' },
    make('div', {}, text('h3', '', 'What the service did'), text('p', statusClass(one.status), made)),
    make('div', {}, text('h3', '', 'What the client saw'), text('p', one.effect ? 'fault-mark' : '', seen)));
};

const ruleOf = (one) => {
  const rule = rules.get(one.rule);
  const statement = rule ? prose('p', 'statement', rule.statement) : null;
  const source = rule?.source ? prose('p', 'help', rule.source) : null;
  return [make('h3', {}, `Rule ${one.rule} `, gradeMark(one.grade)), statement, source];
};

const showDetail = (one) => {
  const message = messageOf(one);
  const facts = [`No. ${one.number}`, timeOf((requests.byNumber.get(one.number) ?? one).at), one.organization, one.element, one.instance && `instance ${one.instance}`, one.requestId];
  const close = make('button', { type: 'button', onclick: closeDetail, 'aria-label': 'Close the detail' }, 'Close');
  $('detail').replaceChildren(
    make('div', { class: 'title' }, make('h2', { id: 'detail-title', tabindex: '-1' }, `${one.method} ${one.target}`), close),
    text('p', 'facts', facts.filter(Boolean).join(' · ')),
    sides(one), ...(message ? [text('p', 'reason', message)] : []),
    ...ruleOf(one).filter(Boolean),
    make('div', { class: 'actions' }, copier('Copy as curl', () => toCurl(one)), copier('Copy as expectation', () => toRust(one)), copier('Copy as JSON match', () => toScript(one))),
    text('h3', '', 'Asked: headers'), definitions(pairsOf(one.headers)),
    text('h3', '', 'Asked: body'), bodyOf(one.body),
    text('h3', '', 'Answered'), bodyOf(one.answer));
  $('detail').scrollTop = 0;
};

const openDetail = async (number, { focus = false } = {}) => {
  opened = number;
  drawList();
  const answer = await source.request(number);
  if (opened !== number) return;
  $('detail').hidden = false;
  if (answer) showDetail(answer);
  else $('detail').replaceChildren(make('h2', { id: 'detail-title', tabindex: '-1' }, `Request ${number}`), text('p', 'help', 'The journal has dropped it.'));
  if (focus) $('detail-title').focus();
};

const closeDetail = () => {
  const number = opened;
  opened = null;
  $('detail').hidden = true;
  const place = number === null ? -1 : placeOf(number);
  if (place >= 0) goTo(place); else drawList();
};
