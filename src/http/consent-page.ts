/**
 * The pages of an authorisation: consent, refusal, and the one that hands the answer to the window that asked. They are
 * plain documents: a style sheet, at most one small script of ours, nothing inline.
 */
import type { ConsentWords, Language } from './consent-words.ts';
import type { Scope } from './scopes.ts';

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

const fill = (text: string, values: Record<string, string>): string =>
  escapeHtml(text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''));

/** Where forms may lead: browsers look at the redirect that answers one, too. */
export function consentPolicy(formTargets: readonly string[]): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    `form-action 'self'${formTargets.map((target) => ` ${target}`).join('')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function frame({ code }: Language, title: string, body: string, script = ''): string {
  return `<!doctype html>
<html lang="${code}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/oauth/consent.css">
${script}</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

export interface ConsentPage {
  language: Language;
  app: { name: string; homepage: string | null };
  email: string;
  projects: { id: string; name: string }[];
  scopes: readonly Scope[];
  /** Whether some role of the person lacks some of the scopes. */
  lacking: boolean;
  /** The host that the person is sent to. */
  host: string;
  /** The validated request, sealed for this session. */
  request: string;
}

export function renderConsent(page: ConsentPage): string {
  const { language, app, email, projects, scopes, lacking, host, request } = page;
  const { words } = language;
  const values = { app: app.name, email, host };
  const title = fill(words.title, values);
  const body = [
    `<h1>${title}</h1>`,
    app.homepage ? `<p class="muted">${escapeHtml(new URL(app.homepage).host)}</p>` : '',
    `<p>${fill(words.lead, values)}</p>`,
    `<p id="may"><strong>${fill(words.may, values)}</strong></p>`,
    `<ul aria-labelledby="may">${scopes.map((scope) => `<li>${escapeHtml(words.scopes[scope])}</li>`).join('')}</ul>`,
    lacking ? `<p class="muted">${escapeHtml(words.lacking)}</p>` : '',
    '<form method="post" action="/oauth/authorize">',
    `<input type="hidden" name="request" value="${escapeHtml(request)}">`,
    projectField(words, projects),
    `<p class="muted">${fill(words.sends, values)} ${escapeHtml(words.undo)}</p>`,
    '<div class="actions">',
    projects.length > 0
      ? `<button class="primary" name="decision" value="allow">${escapeHtml(words.allow)}</button>`
      : '',
    `<button name="decision" value="deny">${escapeHtml(words.deny)}</button>`,
    '</div></form>',
    `<p class="muted">${fill(words.as, values)}</p>`,
  ];
  return frame(language, title, body.filter((line) => line !== '').join('\n'));
}

function projectField(words: ConsentWords, projects: ConsentPage['projects']): string {
  if (projects.length === 0) return `<p role="alert">${escapeHtml(words.noProject)}</p>`;
  const options = projects.map(
    ({ id, name }) => `<option value="${escapeHtml(id)}">${escapeHtml(name)}</option>`,
  );
  return `<label for="project">${escapeHtml(words.project)}</label>
<select id="project" name="project">${options.join('')}</select>`;
}

/** Says what is wrong to a person, and leads nowhere: the address to go back to is not to be trusted. */
export function renderRefusal(language: Language, what: string): string {
  const { words } = language;
  const title = escapeHtml(words.errorTitle);
  const body = `<h1>${title}</h1>
<p>${escapeHtml(words.errorLead)}</p>
<p class="code">${escapeHtml(what)}</p>`;
  return frame(language, title, body);
}

/** Hands the answer to the window that opened this one; without such a window it goes on to `next`. */
export function renderAnswer(
  language: Language,
  answer: { origin: string; message: Record<string, string>; next: string },
): string {
  const { words } = language;
  const title = escapeHtml(words.done);
  const body = `<h1>${title}</h1>
<p>${escapeHtml(words.doneLead)}</p>
<p><a id="answer" href="${escapeHtml(answer.next)}" data-origin="${escapeHtml(answer.origin)}" data-message="${escapeHtml(JSON.stringify(answer.message))}">${escapeHtml(words.goOn)}</a></p>`;
  return frame(language, title, body, '<script src="/oauth/answer.js" defer></script>\n');
}
