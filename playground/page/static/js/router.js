// Keeps who one is and what one looks at in the address, as
// #/USER/PLACE/THREAD, so that two windows can be two people and the browser's
// own Back works. The person is remembered for the next window.

const memory = 'gonogo.user';

export function read() {
  const [, user = '', place = '', thread = ''] = decodeURIComponent(location.hash.slice(1)).split('/');
  return { user: user || localStorage.getItem(memory) || '', place, thread };
}

export function address({ user, place, thread }) {
  return `#/${[user, place, thread].filter(Boolean).join('/')}`;
}

// go changes the address, which the window follows.
export function go(to, { replace = false } = {}) {
  localStorage.setItem(memory, to.user);
  if (replace) {
    history.replaceState(null, '', address(to));
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = address(to);
  }
}
