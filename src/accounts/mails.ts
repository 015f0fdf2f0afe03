/** The mails that accounts send, in the languages of the dashboard. */

export interface MailText {
  subject: string;
  text: string;
  html: string;
}

type Words = Record<
  'reset' | 'verify' | 'invite',
  { subject: string; before: string; button: string; after: string }
>;

const words: Record<string, Words> = {
  en: {
    reset: {
      subject: 'Choose a new password',
      before: 'Somebody asked for a new password for your account. This link opens for an hour:',
      button: 'Choose a password',
      after: 'If that was not you, nothing changes and you can delete this mail.',
    },
    verify: {
      subject: 'Confirm your address',
      before: 'Please confirm that this is your address:',
      button: 'Confirm',
      after: 'If you made no account, you can delete this mail.',
    },
    invite: {
      subject: 'Invitation to {project}',
      before: '{person} invites you to the project {project}. This link opens for seven days:',
      button: 'Join',
      after: 'If you do not know this person, you can delete this mail.',
    },
  },
  fr: {
    reset: {
      subject: 'Choisir un nouveau mot de passe',
      before: 'Un nouveau mot de passe a été demandé pour votre compte. Ce lien est valable une heure :',
      button: 'Choisir un mot de passe',
      after: 'Si ce n’était pas vous, rien ne change et vous pouvez supprimer ce message.',
    },
    verify: {
      subject: 'Confirmer votre adresse',
      before: 'Merci de confirmer que cette adresse est la vôtre :',
      button: 'Confirmer',
      after: 'Si vous n’avez pas créé de compte, vous pouvez supprimer ce message.',
    },
    invite: {
      subject: 'Invitation à {project}',
      before: '{person} vous invite dans le projet {project}. Ce lien est valable sept jours :',
      button: 'Rejoindre',
      after: 'Si vous ne connaissez pas cette personne, vous pouvez supprimer ce message.',
    },
  },
  es: {
    reset: {
      subject: 'Elegir una contraseña nueva',
      before: 'Se ha pedido una contraseña nueva para su cuenta. Este enlace vale durante una hora:',
      button: 'Elegir una contraseña',
      after: 'Si no fue usted, no cambia nada y puede borrar este mensaje.',
    },
    verify: {
      subject: 'Confirmar su dirección',
      before: 'Confirme que esta dirección es suya:',
      button: 'Confirmar',
      after: 'Si no ha creado ninguna cuenta, puede borrar este mensaje.',
    },
    invite: {
      subject: 'Invitación a {project}',
      before: '{person} le invita al proyecto {project}. Este enlace vale durante siete días:',
      button: 'Unirse',
      after: 'Si no conoce a esta persona, puede borrar este mensaje.',
    },
  },
};

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

function render(
  locale: string | null,
  kind: keyof Words,
  link: string,
  values: Record<string, string> = {},
): MailText {
  const { subject, before, button, after } = (words[locale?.slice(0, 2) ?? 'en'] ?? words.en!)[kind];
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  const html = [
    `<p>${escapeHtml(fill(before))}</p>`,
    `<p><a href="${escapeHtml(link)}">${escapeHtml(button)}</a></p>`,
    `<p>${escapeHtml(link)}</p>`,
    `<p>${escapeHtml(after)}</p>`,
  ].join('\n');
  return { subject: fill(subject), text: `${fill(before)}\n\n${link}\n\n${after}\n`, html };
}

export const resetMail = (locale: string | null, link: string): MailText => render(locale, 'reset', link);
export const verifyMail = (locale: string | null, link: string): MailText => render(locale, 'verify', link);
export const inviteMail = (
  locale: string | null,
  link: string,
  names: { person: string; project: string },
): MailText => render(locale, 'invite', link, names);
