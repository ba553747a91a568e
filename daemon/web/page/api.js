// The daemon's JSON API, relative to the page, so that it also works below a path of a reverse
// proxy.

const kDeadline = 20_000; // far above what the daemon needs, below what a reader waits for
const kRowsPerPage = 1000; // the API's most

// Throws an Error with a sentence for the reader.
async function ask(path, query, options) {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(filled).toString();
  const answer = await fetch(`api/v1/${path}${search ? `?${search}` : ''}`, options);
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail ?? `the daemon answered ${answer.status}`), {
    status: answer.status,
  });
}

export function get(path, query = {}, signal = undefined) {
  const deadline = AbortSignal.timeout(kDeadline);
  return ask(path, query, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
}

// The token shows that it is this page that acts, and none of another site.
export const post = (method, path, query, token) =>
  ask(path, query ?? {}, {
    method,
    headers: { 'X-Modelvane-Token': token },
    signal: AbortSignal.timeout(kDeadline),
  });

// The rows of the first `pages` pages, and whether there are more.
export async function getPages(path, query, pages, signal = undefined) {
  const rows = [];
  let next;
  for (let page = 0; page < pages && next !== null; ++page) {
    const answer = await get(path, { ...query, cursor: next }, signal);
    for (const row of answer[path]) rows.push(row);
    next = answer.next ?? null;
  }
  return { rows, hasMore: next !== null };
}

export async function getAll(path, query = {}) {
  return (await getPages(path, { limit: kRowsPerPage, ...query }, Infinity)).rows;
}
