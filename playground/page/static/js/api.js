// Calls the workspace that serves this page.

// Refusal is an answer of the workspace that says no, and why.
export class Refusal extends Error {}

// unreachable is what people are told while nothing answers.
export const unreachable = 'The workspace cannot be reached. Is it still running?';

async function call(path, body) {
  const request = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, request).catch(() => {
    throw new Error(unreachable);
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer.error ?? `The workspace answered with status ${response.status}.`);
  return answer;
}

export const api = {
  // state without a user is that of the first person there is.
  state: (user) => call(`/_/state?user=${encodeURIComponent(user)}`),
  events: (user, after) => new EventSource(`/_/events?user=${encodeURIComponent(user)}&after=${after}`),
  say: (message) => call('/_/say', message),
  press: (action) => call('/_/press', action),
  submit: (submission) => call('/_/view/submit', submission),
  close: (user, view) => call('/_/view/close', { user, view_id: view }),
  home: (user) => call('/_/home', { user }),
  panel: () => call('/_/panel'),
  guide: () => call('/_/guide'),
  skip: (step) => call('/_/guide', { skip: step }),
  turn: (id, state) => call('/_/panel', { id, state }),
};
