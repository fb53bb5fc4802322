// Listens to what happens in the workspace, as one person sees it, and comes
// back by itself after the connection broke.

import { api, Refusal } from './api.js';

const shortest = 250;
const longest = 5000;

export class Feed {
  // load takes a whole state, apply one event, and status the words "live"
  // or "lost".
  constructor({ load, apply, status }) {
    Object.assign(this, { load, apply, status });
    this.turn = 0;
    this.wait = shortest;
  }

  // follow starts over as this person, or as the first there is when the
  // workspace does not know them. An answer that was on its way for someone
  // else is dropped.
  async follow(user) {
    this.user = user;
    this.turn += 1;
    const turn = this.turn;
    this.source?.close();
    try {
      const state = await api.state(user);
      if (turn !== this.turn) return;
      this.load(state, user);
      this.listen(user, state.seq, turn);
    } catch (error) {
      const next = error instanceof Refusal ? '' : user;
      this.later(turn, () => this.follow(next));
    }
  }

  // listen takes up the events after the last one that was seen.
  listen(user, after, turn) {
    let seen = after;
    this.source = api.events(user, seen);
    this.source.onopen = () => {
      this.wait = shortest;
      this.status('live');
    };
    this.source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.kind === 'reset') {
        this.follow(user);
        return;
      }
      seen = event.seq ?? seen;
      this.apply(event);
    };
    this.source.onerror = () => {
      this.source.close();
      this.later(turn, () => this.listen(user, seen, turn));
    };
  }

  later(turn, again) {
    if (turn !== this.turn) return;
    this.status('lost');
    setTimeout(() => turn === this.turn && again(), this.wait);
    this.wait = Math.min(longest, this.wait * 2);
  }
}
