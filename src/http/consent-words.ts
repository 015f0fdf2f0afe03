/** What the consent page says, in the languages of the dashboard. */
import type { Scope } from './scopes.ts';

export interface ConsentWords {
  title: string;
  lead: string;
  as: string;
  project: string;
  may: string;
  scopes: Record<Scope, string>;
  sends: string;
  undo: string;
  allow: string;
  deny: string;
  noProject: string;
  lacking: string;
  errorTitle: string;
  errorLead: string;
  done: string;
  doneLead: string;
  goOn: string;
}

const en: ConsentWords = {
  title: '{app} asks for access',
  lead: 'If you agree, {app} can work with photos in one of your projects.',
  as: 'Signed in as {email}',
  project: 'Project',
  may: '{app} will be able to:',
  scopes: {
    'plan:read': 'See the plan, its limits and how much is used',
    'upload:create': 'Make links for sending photos, change and share them',
    'upload:read': 'See and download photos, and where they went',
    'project:read': 'See destinations, keys (never their secrets), webhooks and figures',
    'project:settings': 'Change where photos go: make, change and delete destinations, keys and webhooks',
  },
  sends: 'Afterwards you go back to {host}.',
  undo: 'You can take this back at any time in the dashboard. The app never may do more than you may.',
  allow: 'Allow',
  deny: 'Do not allow',
  noProject: 'You have no project yet. Make one in the dashboard, then try again.',
  lacking: 'Your role may not do all of this in every project; then the app may not either.',
  errorTitle: 'This request cannot be trusted',
  errorLead: 'Nothing was allowed, and you were not sent anywhere. Tell whoever made the app:',
  done: 'Done',
  doneLead: 'You can close this window.',
  goOn: 'Go on',
};

const fr: ConsentWords = {
  title: '{app} demande un accès',
  lead: 'Si vous acceptez, {app} pourra travailler avec les photos d’un de vos projets.',
  as: 'Connecté en tant que {email}',
  project: 'Projet',
  may: '{app} pourra :',
  scopes: {
    'plan:read': 'Voir l’offre, ses limites et ce qui est utilisé',
    'upload:create': 'Créer des liens pour envoyer des photos, les modifier et les partager',
    'upload:read': 'Voir et télécharger les photos, et où elles sont allées',
    'project:read': 'Voir les destinations, les clés (jamais leurs secrets), les webhooks et les chiffres',
    'project:settings':
      'Changer où vont les photos : créer, modifier et supprimer des destinations, des clés et des webhooks',
  },
  sends: 'Ensuite, vous revenez sur {host}.',
  undo: 'Vous pouvez retirer cet accès à tout moment dans le tableau de bord. L’application ne peut jamais faire plus que vous.',
  allow: 'Autoriser',
  deny: 'Ne pas autoriser',
  noProject: 'Vous n’avez pas encore de projet. Créez-en un dans le tableau de bord, puis réessayez.',
  lacking: 'Votre rôle ne permet pas tout cela dans chaque projet ; l’application ne le pourra pas non plus.',
  errorTitle: 'Cette demande n’est pas fiable',
  errorLead:
    'Rien n’a été autorisé et vous n’avez été envoyé nulle part. Dites ceci à qui a fait l’application :',
  done: 'Terminé',
  doneLead: 'Vous pouvez fermer cette fenêtre.',
  goOn: 'Continuer',
};

const es: ConsentWords = {
  title: '{app} pide acceso',
  lead: 'Si acepta, {app} podrá trabajar con las fotos de uno de sus proyectos.',
  as: 'Sesión iniciada como {email}',
  project: 'Proyecto',
  may: '{app} podrá:',
  scopes: {
    'plan:read': 'Ver el plan, sus límites y cuánto se usa',
    'upload:create': 'Crear enlaces para enviar fotos, cambiarlos y compartirlos',
    'upload:read': 'Ver y descargar las fotos, y adónde fueron',
    'project:read': 'Ver destinos, claves (nunca sus secretos), webhooks y cifras',
    'project:settings': 'Cambiar adónde van las fotos: crear, cambiar y eliminar destinos, claves y webhooks',
  },
  sends: 'Después vuelve a {host}.',
  undo: 'Puede retirar este acceso en cualquier momento en el panel. La aplicación nunca puede hacer más que usted.',
  allow: 'Permitir',
  deny: 'No permitir',
  noProject: 'Todavía no tiene ningún proyecto. Cree uno en el panel y vuelva a intentarlo.',
  lacking: 'Su función no permite todo esto en cada proyecto; entonces la aplicación tampoco podrá.',
  errorTitle: 'Esta solicitud no es de fiar',
  errorLead:
    'No se ha permitido nada y no se le ha enviado a ningún sitio. Dígaselo a quien hizo la aplicación:',
  done: 'Listo',
  doneLead: 'Puede cerrar esta ventana.',
  goOn: 'Continuar',
};

const languages: Record<string, ConsentWords> = { en, fr, es };

export interface Language {
  code: string;
  words: ConsentWords;
}

/** The person's own language, else the first of the browser's that we have, else English. */
export function chooseLanguage(own: string | null | undefined, accepted: string | undefined): Language {
  const wanted = [own ?? '', ...(accepted ?? '').split(',')].map((item) =>
    item.trim().slice(0, 2).toLowerCase(),
  );
  const code = wanted.find((item) => Object.hasOwn(languages, item)) ?? 'en';
  return { code, words: languages[code]! };
}
