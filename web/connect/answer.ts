/** Hands the answer of an authorisation to the page that opened this window, and to no other origin. */
(() => {
  const link = document.getElementById('answer') as HTMLAnchorElement | null;
  if (!link) return;
  const { origin, message } = link.dataset;
  const opener = window.opener as Window | null;
  if (!opener || !origin || !message) {
    location.replace(link.href);
    return;
  }
  opener.postMessage({ type: 'aptr-connect', ...JSON.parse(message) }, origin);
})();
