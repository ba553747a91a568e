// What an operator may do here: only where the daemon knows its users, and only for those that it
// lets act. Each act is an event, so that everybody sees who did what.

import { post } from './api.js';
import { h } from './dom.js';
import { state } from './state.js';

export const mayAct = () => state.session?.may_act === true;

// `act`: {method, path, query, sure}. A question stands before what cannot be taken back. The
// answer stands beside the button until the view is left.
export function actButton(text, act, { ui, update, reload }) {
  if (!mayAct()) return null;
  const key = `${act.method ?? 'POST'} ${act.path} ${new URLSearchParams(act.query)}`;
  ui.acts ??= {};
  const answer = ui.acts[key];
  const perform = async () => {
    if (act.sure && !confirm(act.sure)) return;
    ui.acts[key] = { isBusy: true };
    update();
    try {
      const { result } = await post(act.method ?? 'POST', act.path, act.query, state.session.token);
      ui.acts[key] = { text: result };
    } catch (error) {
      ui.acts[key] = { text: error.message, isBad: true };
    }
    document.getElementById('announcer').textContent = ui.acts[key].text;
    update();
    reload();
  };
  return h(
    'span',
    { class: 'act' },
    h('button', { type: 'button', disabled: answer?.isBusy, onclick: perform }, text),
    answer?.text && h('span', { class: answer.isBad ? 'sub error' : 'sub' }, ` ${answer.text}`),
  );
}
