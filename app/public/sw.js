// The offline shell: the page and its own files are kept; nothing personal ever is.
const KEPT = 'cutis-shell-2';
const isShell = (path) =>
  path === '/' || path.startsWith('/assets/') || path === '/icon.svg' ||
  path === '/manifest.webmanifest' || path.startsWith('/app/words/') || path === '/app/limits.json';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(KEPT).then((cache) => cache.addAll(['/', '/icon.svg', '/manifest.webmanifest'])),
  );
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) =>
      Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))),
    ),
  );
  self.clients.claim();
});

// Network first, so that a new version is seen at once; what was kept answers without a network.
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !isShell(url.pathname)) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(KEPT);
      const kept = await cache.match(event.request);
      if (kept && url.pathname.startsWith('/assets/')) return kept;
      try {
        const answer = await fetch(event.request);
        if (answer.ok) await cache.put(event.request, answer.clone());
        return answer;
      } catch (error) {
        if (kept) return kept;
        throw error;
      }
    })(),
  );
});
