// Controls of the views with filters.

import { h } from './dom.js';

// A page that came over plain HTTP may not use the clipboard's own interface.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = h('textarea', { class: 'unseen', value: text });
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export const copyButton = (text, what) =>
  h(
    'button',
    {
      type: 'button',
      class: 'copy',
      title: `Copy: ${text}`,
      'aria-label': `Copy ${what}`,
      onclick: async ({ currentTarget: button }) => {
        await copy(text);
        document.getElementById('announcer').textContent = `Copied ${what}`;
        button.classList.add('done');
        setTimeout(() => button.classList.remove('done'), 1500);
      },
    },
    h('span', { 'aria-hidden': 'true' }),
  );

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
