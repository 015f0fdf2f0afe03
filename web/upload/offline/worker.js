/**
 * The phone page without a connection: a service worker that keeps the page itself (shell, script, style) on the phone.
 * Pages are asked of the server first, so that nobody sees an old one; what is kept answers when the server does not.
 * It touches nothing of the API: what changes is never kept here. Runs as it is; the build fills in what it stands for.
 */

/** A build has a place of its own: files of two builds never mix. */
const place = 'apertur-__BUILD__';
/** Of this build: what every page needs, and what it loads later. */
const files = '__FILES__'.split(' ');
/** A phone sees a few links a week; the oldest are forgotten. */
const mostPages = 12;
/** A line that is there and carries nothing: after so many milliseconds what is kept must do. */
const patience = 4_000;

const isPage = (url) => /^\/[us]\/[\w-]+$/.test(new URL(url).pathname);
const ignore = () => undefined;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (pathname.startsWith('/u/assets/')) event.respondWith(openAsset(event));
  else if (request.mode === 'navigate' && isPage(request.url)) openPage(event);
});

async function install() {
  const cache = await caches.open(place);
  await cache.addAll(files);
  // The pages that stand open came before this worker; those that an older build kept need the files of this one.
  const open = await self.clients.matchAll({ includeUncontrolled: true, type: 'window' });
  const known = new Set([...(await keptPages()), ...open.map(({ url }) => url.split('#')[0])]);
  for (const url of [...known].filter(isPage).slice(-mostPages)) {
    await fetch(url)
      .then((answer) => keepPage(url, answer))
      .catch(ignore);
  }
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith('apertur-') && name !== place) await caches.delete(name);
  }
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

function openPage(event) {
  const { url } = event.request;
  const asking = askForPage(event);
  event.waitUntil(asking.then((answer) => keepPage(url, answer.clone())).catch(ignore));
  event.respondWith(firstToAnswer(asking, url));
}

async function askForPage(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

async function firstToAnswer(asking, url) {
  const cache = await caches.open(place);
  const kept = await cache.match(url, { ignoreVary: true });
  if (kept === undefined) return asking;
  const late = new Promise((resolve) => setTimeout(resolve, patience, kept));
  // An answer that only says that something is out of order is worth less than the page itself.
  const asked = asking.then(
    (answer) => (answer.status >= 500 ? kept : answer),
    () => kept,
  );
  return Promise.race([asked, late]);
}

async function openAsset(event) {
  const { request } = event;
  // What follows the name only tells two attempts to fetch it apart.
  const { pathname } = new URL(request.url);
  const cache = await caches.open(place);
  const kept = await cache.match(pathname, { ignoreVary: true });
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.status === 200) event.waitUntil(cache.put(pathname, answer.clone()).catch(ignore));
  return answer;
}

/** With the files that it names, which may be those of a newer build. */
async function keepPage(url, answer) {
  const cache = await caches.open(place);
  if (answer.status === 404) await cache.delete(url);
  if (answer.status !== 200) return;
  const text = await answer.clone().text();
  // The sign-in page of a network is no page of ours.
  if (!text.includes('name="apertur:session"')) return;
  await cache.put(url, answer);
  for (const [file] of text.matchAll(/\/u\/assets\/[\w.-]+/g)) {
    if ((await cache.match(file, { ignoreVary: true })) === undefined) await cache.add(file).catch(ignore);
  }
  const pages = (await cache.keys()).filter((request) => isPage(request.url));
  for (const old of pages.slice(0, Math.max(0, pages.length - mostPages))) await cache.delete(old);
}

async function keptPages() {
  const pages = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith('apertur-')) continue;
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) if (isPage(url)) pages.push(url);
  }
  return pages;
}
