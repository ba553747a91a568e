// The views' addresses: everything that a view shows follows from the part behind the #, so that it
// can be kept and sent.

const part = encodeURIComponent;

export const aliasLink = (endpoint, alias) => `#/alias/${part(endpoint)}/${part(alias)}`;
export const endpointLink = (name) => `#/endpoint/${part(name)}`;
export const eventLink = (id) => `#/events/${part(id)}`;

// listLink('events', {type: 'alias.*', endpoint: ''}) -> "#/events?type=alias.*"
export function listLink(view, filters) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  return `#/${view}${query.size > 0 ? `?${query}` : ''}`;
}

// A mistyped % must not stop the page.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function readLink(hash) {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const [view, ...parts] = path.split('/').map(decoded);
  // One event is a view of its own below that of all.
  return {
    view: view === 'events' && parts[0] ? 'event' : view,
    parts,
    path,
    filters: Object.fromEntries(new URLSearchParams(query)),
  };
}
