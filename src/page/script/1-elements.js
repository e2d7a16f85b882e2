// Elements and texts. Whatever comes from a request reaches the document through `textContent` alone.

const $ = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick`) and children; texts become text nodes. */
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
};

const text = (tag, className, content) => make(tag, { class: className }, String(content ?? ''));

/** Prose in which backticks mark what is code. */
const prose = (tag, className, content) => make(tag, { class: className },
  ...content.split('`').map((part, at) => (at % 2 === 1 ? text('code', '', part) : part)));

const statusClass = (status) => `s${status ? Math.floor(status / 100) : 0}`;
const gradeMark = (grade) => text('span', `grade ${grade}`, grade);
const thousands = (number) => number.toLocaleString('en');
const plural = (number, word) => `${thousands(number)} ${word}${number === 1 ? '' : 's'}`;
const timeOf = (at) => new Date(at).toISOString().slice(11, 23);
const BASE = /^\/(elements|your_moms)\/api-v2(?=\/|\?|$)/;

/** A path with the API's base toned down. */
const pathOf = (target) => {
  const base = BASE.exec(target)?.[0] ?? '';
  return [text('span', 'base', base), target.slice(base.length) || (base ? '' : '/')];
};

const duration = (micros) => {
  if (micros == null) return '';
  if (micros < 1000) return `${micros} µs`;
  return micros < 1e6 ? `${(micros / 1000).toFixed(1)} ms` : `${(micros / 1e6).toFixed(1)} s`;
};

const age = (from, now) => {
  const seconds = Math.max(0, Math.round((now - new Date(from)) / 1000));
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
};

/** Says something to who listens to a screen reader, and shows nothing. */
const say = (message) => { $('said').textContent = message; };

const notice = (message) => {
  $('notice').textContent = message ?? '';
  $('notice').hidden = !message;
};

const MAX_TEXT = 20_000;
const OPEN_LEVELS = 2;
const MAX_OPEN = 30;

/** JSON as a tree that folds; its branches are made when they are opened. */
const tree = (value, name, level = 0, last = true) => {
  const label = name === undefined ? [] : [text('span', 'key-name', `${JSON.stringify(name)}: `)];
  const comma = last ? '' : ',';
  if (value === null || typeof value !== 'object') {
    const kind = typeof value === 'string' ? 'text' : 'other';
    return make('div', {}, ...label, text('span', kind, JSON.stringify(value).slice(0, MAX_TEXT)), comma);
  }
  const isArray = Array.isArray(value);
  const entries = isArray ? value.map((item) => [undefined, item]) : Object.entries(value);
  const [open, close] = isArray ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return make('div', {}, ...label, open + close + comma);
  const more = text('span', 'more', isArray ? plural(entries.length, 'item') : plural(entries.length, 'member'));
  const branch = make('div');
  const details = make('details', {}, make('summary', {}, ...label, open, ' ', more), branch, make('div', {}, close + comma));
  const fill = () => {
    if (!branch.firstChild) {
      branch.append(...entries.map(([key, item], at) => tree(item, key, level + 1, at === entries.length - 1)));
    }
  };
  details.addEventListener('toggle', () => details.open && fill());
  details.open = level < OPEN_LEVELS && entries.length <= MAX_OPEN;
  if (details.open) fill();
  return details;
};

/** A body as a tree where it is JSON, else as text. */
const bodyOf = (content) => {
  if (!content.length) return text('p', 'help', 'Empty.');
  const cut = content.digest ? text('p', 'help warning', `Only the beginning of ${plural(content.length, 'byte')} is kept.`) : null;
  let json;
  try { json = JSON.parse(content.text); } catch { return make('div', {}, text('pre', 'json', content.text.slice(0, MAX_TEXT)), cut); }
  return make('div', { class: 'json' }, tree(json), cut);
};
