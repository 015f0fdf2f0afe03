/** What a shared link says, in the languages of the house. */

export const shareLanguages = ['en', 'fr', 'es'] as const;
export type ShareLanguage = (typeof shareLanguages)[number];

export interface ShareWords {
  subject(project: string): string;
  heading(project: string): string;
  invitation: string;
  noteFrom(project: string): string;
  button: string;
  scan: string;
  qrAlt: string;
  until(when: string): string;
  password: string;
  ignore: string;
  sms(project: string, url: string, until: string): string;
}

export const shareWords: Record<ShareLanguage, ShareWords> = {
  en: {
    subject: (project) => `Send photos to ${project}`,
    heading: (project) => `${project} asks you for photos`,
    invitation: 'Open this link on your phone, then take or choose photos. Nothing needs to be installed.',
    noteFrom: (project) => `${project} writes:`,
    button: 'Send photos',
    scan: 'Reading this on a computer? Scan the code with your phone.',
    qrAlt: 'QR code of the link',
    until: (when) => `The link is open until ${when}.`,
    password: 'It asks for a password, which you get from whoever sent you this.',
    ignore: 'If you do not expect this, you can ignore it: nothing happens.',
    sms: (project, url, until) => `${project} asks you for photos: ${url} (open until ${until})`,
  },
  fr: {
    subject: (project) => `Envoyer des photos à ${project}`,
    heading: (project) => `${project} vous demande des photos`,
    invitation:
      'Ouvrez ce lien sur votre téléphone, puis prenez ou choisissez des photos. Il n’y a rien à installer.',
    noteFrom: (project) => `${project} vous écrit :`,
    button: 'Envoyer des photos',
    scan: 'Vous lisez ceci sur un ordinateur ? Scannez le code avec votre téléphone.',
    qrAlt: 'Code QR du lien',
    until: (when) => `Le lien est ouvert jusqu’au ${when}.`,
    password: 'Un mot de passe est demandé ; la personne qui vous a envoyé ce lien vous le donne.',
    ignore: 'Si vous n’attendez pas ce message, vous pouvez l’ignorer : il ne se passe rien.',
    sms: (project, url, until) => `${project} vous demande des photos : ${url} (jusqu’au ${until})`,
  },
  es: {
    subject: (project) => `Enviar fotos a ${project}`,
    heading: (project) => `${project} le pide fotos`,
    invitation: 'Abra este enlace en su teléfono y haga o elija fotos. No hay que instalar nada.',
    noteFrom: (project) => `${project} escribe:`,
    button: 'Enviar fotos',
    scan: '¿Lo lee en un ordenador? Escanee el código con su teléfono.',
    qrAlt: 'Código QR del enlace',
    until: (when) => `El enlace está abierto hasta el ${when}.`,
    password: 'Pide una contraseña, que le dará quien le envió este enlace.',
    ignore: 'Si no espera este mensaje, puede ignorarlo: no pasa nada.',
    sms: (project, url, until) => `${project} le pide fotos: ${url} (hasta el ${until})`,
  },
};
