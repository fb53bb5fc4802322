// Shows times as the reader's own clock has them.

// dateOf reads a message's timestamp, seconds with a fraction.
export function dateOf(ts) {
  return new Date(parseFloat(ts) * 1000);
}

export function clock(date) {
  return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
}

export function fullTime(date) {
  return `${date.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })}, ${date.toLocaleTimeString([], { hour12: false })}`;
}

// day names a day the way people speak of it.
export function day(date, now = new Date()) {
  return nearDay(date, now) ?? date.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' });
}

function nearDay(date, now) {
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86400000);
  return { 0: 'Today', 1: 'Yesterday', '-1': 'Tomorrow' }[days];
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const steps = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const [unit, size] = steps.find(([, n]) => Math.abs(seconds) >= n) ?? steps[3];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

const words = {
  date_num: (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`,
  date: (d) => d.toLocaleDateString([], { day: 'numeric', month: 'long', year: 'numeric' }),
  date_short: (d) => d.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' }),
  date_long: (d) => d.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
  time: (d) => clock(d),
  time_secs: (d) => d.toLocaleTimeString([], { hour12: false }),
  ago,
  day_divider_pretty: (d) => day(d),
};
for (const name of ['date', 'date_short', 'date_long']) {
  words[`${name}_pretty`] = (d) => nearDay(d, new Date())?.toLowerCase() ?? words[name](d);
}

// formatDate fills a format such as "{date_short} at {time}", as
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
// names its parts.
export function formatDate(seconds, format) {
  const date = new Date(Number(seconds) * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name) => words[name]?.(date) ?? whole);
}
