// Two versions of a row of the provider's list, line by line beside each other, with the differing
// lines marked.

import { h } from './dom.js';

// A table of lengths has lines x lines cells; rows of real lists have a few dozen lines.
const kLinesMax = 500;

const linesOf = (value) =>
  value === null || value === undefined ? [] : JSON.stringify(value, null, 2).split('\n');

// Longest common subsequence -> pairs [before, after]; null on the side where a line is missing.
export function pairLines(before, after) {
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; --i) {
    for (let j = after.length - 1; j >= 0; --j) {
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1] + 1
          : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const pairs = [];
  const gone = [];
  const come = [];
  const flush = () => {
    while (gone.length > 0 || come.length > 0)
      pairs.push([gone.shift() ?? null, come.shift() ?? null]);
  };
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      flush();
      pairs.push([before[i++], after[j++]]);
    } else if (
      j >= after.length ||
      (i < before.length && common[(i + 1) * width + j] >= common[i * width + j + 1])
    )
      gone.push(before[i++]);
    else come.push(after[j++]);
  }
  flush();
  return pairs;
}

function cell(line, isChanged, style, word) {
  if (line === null) return h('td', { class: 'nothing' });
  if (!isChanged) return h('td', null, line);
  return h('td', { class: style }, h('span', { class: 'unseen' }, `${word}: `), line);
}

export function evidence({ before, after }) {
  const old = linesOf(before);
  const fresh = linesOf(after);
  if (old.length > kLinesMax || fresh.length > kLinesMax) {
    return h('pre', { tabindex: 0 }, JSON.stringify({ before, after }, null, 2));
  }
  const rows = pairLines(old, fresh).map(([left, right]) =>
    h(
      'tr',
      null,
      cell(left, left !== right, 'gone', 'gone'),
      cell(right, left !== right, 'come', 'new'),
    ),
  );
  return h(
    'div',
    { class: 'flow' },
    h(
      'table',
      { class: 'diff' },
      h('caption', null, 'The row of the provider’s list, with differing lines marked'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, old.length > 0 ? 'Before' : 'Before: no row'),
          h('th', { scope: 'col' }, fresh.length > 0 ? 'After' : 'After: no row'),
        ),
      ),
      h('tbody', null, rows),
    ),
  );
}
