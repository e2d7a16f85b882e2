// The requests that the page knows, and the words that choose among them.

const MAX_REQUESTS = 10_000;
const WORDS = ['method', 'path', 'status', 'rule', 'grade', 'element', 'instance', 'organization', 'effect'];

/** Ascending by number; `shown` are those that the filter lets pass. */
const requests = { all: [], byNumber: new Map(), shown: [], missed: 0, accepts: () => true };

/** Whether a pattern with `*` or `{…}` for any one segment fits a path, as the journal's queries take it. */
const fitsPath = (pattern, target) => {
  const path = target.split('?')[0].replace(/\/+$/, '');
  const wanted = `/${pattern.replace(/^\/|\/+$/g, '')}`.split('/');
  const base = BASE.exec(path)?.[0];
  const own = base?.startsWith('/your_moms') ? 'your_moms' : 'elements';
  const fits = (found, plural) => found.length === wanted.length
    && wanted.every((word, at) => word === '*' || /^\{.*\}$/.test(word) || found[at] === (word === 'elements' ? plural : word));
  return fits(path.split('/'), 'elements') || (base !== undefined && fits(path.slice(base.length).split('/'), own));
};

const tests = {
  method: (wanted) => (it) => it.method === wanted.toUpperCase(),
  path: (wanted) => (it) => fitsPath(wanted, it.target),
  status: (wanted) => (it) => new RegExp(`^${wanted.replace(/[^0-9a-z]/gi, '').replace(/x/gi, '\\d')}$`).test(it.status ?? 'none'),
  rule: (wanted) => (it) => it.rule === wanted,
  grade: (wanted) => (it) => it.grade === wanted,
  element: (wanted) => (it) => it.element === wanted,
  instance: (wanted) => (it) => String(it.instance) === wanted,
  organization: (wanted) => (it) => it.organization === wanted,
  effect: (wanted) => (it) => it.effect === wanted,
};

/** What a filter asks for: a test for requests, or what is wrong with it. */
const readFilter = (filter) => {
  const all = [];
  for (const word of filter.trim().split(/\s+/).filter(Boolean)) {
    const [, name, value] = /^([a-z]+)[:=](.*)$/i.exec(word) ?? [];
    if (name === undefined) all.push((it) => it.target.includes(word));
    else if (!tests[name]) return { problem: `${name} is not a word of the filter; there are ${WORDS.join(', ')}` };
    else if (value) all.push(tests[name](value));
  }
  return { accepts: (it) => all.every((test) => test(it)) };
};

const filterAgain = () => { requests.shown = requests.all.filter(requests.accepts); };

/** Adds requests as they come, oldest first; beyond the limit the oldest are let go. */
const addRequests = (more) => {
  let added = 0;
  for (const one of more) {
    if (requests.byNumber.has(one.number)) continue;
    requests.byNumber.set(one.number, one);
    requests.all.push(one);
    if (requests.accepts(one)) { requests.shown.push(one); added += 1; }
  }
  const excess = requests.all.length - MAX_REQUESTS;
  if (excess > 0) {
    for (const one of requests.all.splice(0, excess)) requests.byNumber.delete(one.number);
    const oldest = requests.all[0].number;
    const gone = requests.shown.findIndex((one) => one.number >= oldest);
    requests.shown.splice(0, gone < 0 ? requests.shown.length : gone);
  }
  return added;
};

const forgetAll = () => {
  requests.all = []; requests.shown = []; requests.missed = 0;
  requests.byNumber.clear();
};
