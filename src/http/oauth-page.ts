/** The page that ends a sign-in, for browsers that have nowhere else to go. Nothing is loaded for it. */

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

export function renderSignInPage(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
  body { margin: 0; padding: 48px 24px; font: 17px/1.5 system-ui, sans-serif; background: #FBFBFA; color: #17191B }
  main { max-width: 480px; margin: 0 auto }
  h1 { font-size: 22px }
  @media (prefers-color-scheme: dark) { body { background: #141516; color: #ECEDEE } }
</style>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</main>
</html>
`;
}
