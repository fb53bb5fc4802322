// Remembers, in this browser, how far each person has read each channel.

function key(user, channel) {
  return `gonogo.read.${user}.${channel}`;
}

// markRead notes that everything up to this timestamp was seen.
export function markRead(user, channel, ts) {
  if (Number(ts) > Number(localStorage.getItem(key(user, channel)) ?? 0)) localStorage.setItem(key(user, channel), ts);
}

// unread counts the messages that came after. A channel that was never looked
// at starts as read, since a newcomer has missed nothing.
export function unread(user, channel, messages) {
  const mark = localStorage.getItem(key(user, channel));
  if (mark === null) {
    localStorage.setItem(key(user, channel), messages.reduce((latest, one) => (Number(one.ts) > Number(latest) ? one.ts : latest), '0'));
    return 0;
  }
  return messages.filter((message) => Number(message.ts) > Number(mark)).length;
}
