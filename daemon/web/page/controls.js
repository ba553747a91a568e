// Controls of the views with filters.

import { h } from './dom.js';

// `options`: [value, text]; a value from the link that is none of them is offered, too.
export function choice(label, value, options, choose) {
  const known = options.some(([given]) => given === value) ? options : [...options, [value, value]];
  return h(
    'label',
    null,
    h('span', null, label),
    h(
      'select',
      { value, onchange: (event) => choose(event.currentTarget.value) },
      known.map(([given, text]) => h('option', { value: given }, text)),
    ),
  );
}

export const moreButton = (text, { ui, reload }) =>
  h(
    'p',
    { class: 'more' },
    h(
      'button',
      {
        type: 'button',
        onclick: () => {
          ui.pages = (ui.pages ?? 1) + 1;
          reload();
        },
      },
      text,
    ),
  );
