// Requests over time, by the class of their status; a mark above where the script took part.

const BARS = 90;
const PLOT_HEIGHT = 40;
const CLASSES = ['s2', 's3', 's4', 's5', 's0'];
const svg = (name, attributes) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

/** How many requests of each class fall into each of the bars; by number where all have one time. */
const countBars = (list) => {
  const times = list.map((one) => Date.parse(one.at));
  const from = Math.min(...times.slice(0, 1)), to = Math.max(...times.slice(-1));
  const bars = Array.from({ length: BARS }, () => ({ s2: 0, s3: 0, s4: 0, s5: 0, s0: 0, faults: 0 }));
  list.forEach((one, index) => {
    const share = to > from ? (times[index] - from) / (to - from) : index / Math.max(1, list.length - 1);
    const bar = bars[Math.max(0, Math.min(BARS - 1, Math.floor(share * BARS)))];
    const name = statusClass(one.status);
    bar[name in bar ? name : 's0'] += 1;
    if (one.effect || one.rule === 'scripted') bar.faults += 1;
  });
  return bars;
};

const drawTimeline = () => {
  const list = requests.all;
  const plot = $('plot');
  plot.setAttribute('viewBox', `0 -6 ${BARS} ${PLOT_HEIGHT + 6}`);
  plot.replaceChildren();
  $('plot-from').textContent = list.length > 0 ? timeOf(list[0].at).slice(0, 8) : '';
  $('plot-to').textContent = list.length > 0 ? timeOf(list.at(-1).at).slice(0, 8) : '';
  const bars = list.length > 0 ? countBars(list) : [];
  const most = Math.max(1, ...bars.map((bar) => CLASSES.reduce((sum, name) => sum + bar[name], 0)));
  const paths = Object.fromEntries([...CLASSES, 'fault'].map((name) => [name, '']));
  bars.forEach((bar, x) => {
    let y = PLOT_HEIGHT;
    for (const name of CLASSES) {
      const height = bar[name] > 0 ? Math.max(1, (bar[name] / most) * PLOT_HEIGHT) : 0;
      if (height > 0) paths[name] += `M${x + 0.12} ${y}v${-height}h.76v${height}z`;
      y -= height;
    }
    if (bar.faults > 0) paths.fault += `M${x} -6h1l-.5 5z`;
  });
  for (const [name, d] of Object.entries(paths)) if (d) plot.append(svg('path', { class: name, d }));
  const faults = bars.reduce((sum, bar) => sum + bar.faults, 0);
  const failed = bars.reduce((sum, bar) => sum + bar.s4 + bar.s5, 0);
  plot.setAttribute('aria-label', `${plural(list.length, 'request')} over time, ${failed} with status 4xx or 5xx, ${faults} scripted`);
};
