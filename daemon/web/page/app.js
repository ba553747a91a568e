// The page itself: which view the link names, what is around it, and when it is drawn anew. Every
// drawing is a function of the state and the link; dom.js keeps the elements.

import { aliasView } from './alias.js';
import { attentionCount } from './attention.js';
import { clusterLine } from './cluster.js';
import { compareView } from './compare.js';
import { deliveriesView } from './deliveries.js';
import { h, morph } from './dom.js';
import { endpointView } from './endpoint.js';
import { kTypeNames, summaryOf, typeName } from './event_types.js';
import { eventView } from './event.js';
import { eventsView } from './events.js';
import { span, whenRead, zone } from './format.js';
import { readLink } from './link.js';
import { Live } from './live.js';
import { modelsView } from './models.js';
import { overview } from './overview.js';
import { readState, sickWebhooks, state } from './state.js';

const kRedrawEvery = 10_000; // "3 min ago" ages
const kAnnounced = /^(alias\.(moved|unstable|vanished|pin_broken)|endpoint\.)/;

const kUnknownView = {
  title: () => 'Not found',
  render: () =>
    h(
      'div',
      { class: 'notice' },
      h('h1', { tabindex: -1 }, 'There is nothing at this link'),
      h('p', null, h('a', { href: '#/' }, 'To the overview')),
    ),
};
const kViews = {
  '': overview,
  alias: aliasView,
  endpoint: endpointView,
  events: eventsView,
  event: eventView,
  deliveries: deliveriesView,
  models: modelsView,
  compare: compareView,
};
const viewOf = ({ view }) => (Object.hasOwn(kViews, view) ? kViews[view] : kUnknownView);

const element = (id) => document.getElementById(id);

// The view in sight: its link, what it has read, and what the reader has chosen in it.
let seen = { link: readLink(location.hash), data: undefined, problem: '', ui: {} };
let loading = new AbortController();

function context() {
  return {
    ...seen.link,
    data: seen.data,
    ui: seen.ui,
    update: draw,
    reload: loadView,
    go,
    replace,
  };
}

async function loadView() {
  const view = viewOf(seen.link);
  if (!view.load) return;
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  const of = seen;
  try {
    const data = await view.load(context(), signal);
    if (of !== seen || signal.aborted) return;
    Object.assign(seen, { data, problem: '' });
  } catch (error) {
    if (of !== seen || signal.aborted) return;
    // Without an answer, the state of the connection tells; of what is not there, the view itself.
    seen.problem = error.status && error.status !== 404 ? error.message : '';
  }
  draw();
}

function liveText() {
  const of = state.loadedAt ? `, showing data of ${whenRead(new Date(state.loadedAt))}` : '';
  return {
    connecting: 'connecting…',
    live: 'live',
    polling: 'current every 10 s',
    lost: `connection lost${of}`,
  }[state.link];
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function drawFrame() {
  const view = viewOf(seen.link);
  const { status } = state;
  const number = attentionCount();
  document.title =
    (number > 0 ? `(${number}) ` : '') +
    [view.title(seen.link), 'modelvane', status?.instance].filter(Boolean).join(' · ');
  setText(element('instance'), status?.instance ?? '');
  setText(element('live'), liveText());
  element('live').className = state.link;
  document.documentElement.classList.toggle('stale', state.link === 'lost');
  for (const link of element('views').children) {
    if (readLink(link.getAttribute('href')).path === seen.link.path.split('/')[0])
      link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (!status) return;
  const sick = sickWebhooks(status).length;
  setText(element('sick'), sick > 0 ? ` ${sick}` : '');
  element('sick').title = sick > 0 ? `${sick} do not work` : '';
  morph(
    element('footer'),
    h(
      'footer',
      { id: 'footer' },
      h('span', null, `modelvane ${status.version} · up ${span(status.uptime_seconds * 1000)}`),
      h('span', null, ` · times in ${zone()}`),
      clusterLine(status),
      ' ',
      h('a', { href: 'metrics' }, 'Metrics'),
      ' ',
      h('a', { href: 'openapi.json' }, 'API'),
      ' ',
      h('a', { href: 'feed.atom' }, 'Feed'),
    ),
  );
}

// A configuration's errors come one per line; the first ones are enough to start mending.
const kBannerLines = 10;

function banner(title, sentences) {
  const lines = (sentences ?? '').split('\n');
  return h(
    'div',
    { class: 'notice bad', role: 'alert' },
    h('strong', null, title),
    ' ',
    lines.slice(0, kBannerLines).map((line, i) => [i > 0 && h('br'), line]),
    lines.length > kBannerLines && [h('br'), '…'],
  );
}

function banners() {
  const { store, reload } = state.status;
  return [
    !store.ok && banner('The store does not work.', store.error),
    !reload.ok &&
      banner(
        'The changed configuration was not taken over; the one before is in use.',
        reload.error,
      ),
    seen.problem && banner('This could not be read.', seen.problem),
  ];
}

function content() {
  if (state.isLoaded)
    return [banners(), h('div', { key: seen.link.path }, viewOf(seen.link).render(context()))];
  if (state.link === 'lost') {
    return h(
      'div',
      { class: 'notice bad' },
      h('h1', null, 'modelvane does not answer'),
      h('p', null, `${state.problem}. Trying again every few seconds.`),
    );
  }
  return h('p', { class: 'note' }, 'Reading what modelvane knows…');
}

function draw() {
  drawFrame();
  morph(element('main'), h('main', { id: 'main', tabindex: -1 }, content()));
}

// Another view begins at its top and tells its heading; another filter of the same view leaves the
// reader where they are.
function follow() {
  const link = readLink(location.hash);
  const isSameView = link.path === seen.link.path;
  seen = isSameView
    ? { ...seen, link, ui: { ...seen.ui, pages: 1 } }
    : { link, data: undefined, problem: '', ui: {} };
  draw();
  loadView();
  if (isSameView) return;
  scrollTo(0, 0);
  element('main').querySelector('h1')?.focus({ preventScroll: true });
}

function go(hash) {
  location.hash = hash;
}

// For what is typed: the link follows without a step in the browser's history for each key.
function replace(hash) {
  history.replaceState(null, '', hash);
  seen = { ...seen, link: readLink(hash) };
  draw();
}

function announce(event) {
  if (!kAnnounced.test(typeName(event.type))) return;
  element('announcer').textContent = summaryOf(event);
}

const kThemes = { auto: 'light', light: 'dark', dark: 'auto' }; // each with the one after it

function theme(chosen) {
  const root = document.documentElement;
  if (chosen === 'auto') delete root.dataset.theme;
  else if (chosen) root.dataset.theme = chosen;
  const now = root.dataset.theme ?? 'auto';
  const button = element('theme');
  button.textContent = { auto: '◐', light: '☀', dark: '☾' }[now];
  button.setAttribute('aria-label', `Theme: ${now}. Change to ${kThemes[now]}`);
  button.title = `Theme: ${now}`;
  try {
    if (chosen) localStorage.setItem('modelvane-theme', chosen);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
  return now;
}

function listen() {
  addEventListener('hashchange', follow);
  element('theme').onclick = () => theme(kThemes[theme()]);
  element('skip').onclick = (event) => {
    event.preventDefault();
    element('main').focus();
  };
  addEventListener('keydown', (event) => {
    const filter = element('filter');
    if (event.key !== '/' || !filter || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName))
      return;
    event.preventDefault();
    filter.focus();
  });
  setInterval(draw, kRedrawEvery);
}

theme();
listen();
draw();
new Live({
  types: kTypeNames,
  refresh: () => Promise.all([readState(), loadView()]),
  changed: (link) => {
    state.link = link;
    draw();
  },
  happened: announce,
}).start();
