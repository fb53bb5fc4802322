// Finds the names that markup refers to by their IDs.

export function names(store) {
  return {
    user: (id) => store.people.get(id)?.real_name ?? store.people.get(id)?.name,
    channel: (id) => store.channels.get(id)?.name,
    group: (id) => store.groups.get(id),
    team: () => store.team.name,
    isMe: (id) => id === store.me,
    people: () => [...store.people.values()].filter((person) => !person.is_bot),
    channels: () => store.mine().filter((channel) => !isDirect(channel)),
  };
}

// isDirect tells a conversation between two from a channel.
export function isDirect(channel) {
  return channel.is_im === true || channel.id.startsWith('D');
}

// title names a conversation as this person sees it.
export function title(channel, store) {
  if (!isDirect(channel)) return channel.name;
  const other = (channel.members ?? []).find((id) => id !== store.me);
  return names(store).user(other) ?? store.app.name ?? channel.name;
}
