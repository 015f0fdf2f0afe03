import type { Words } from './en.ts';

export const words: Words = {
  title: 'Envoyer des photos',
  titleFor: 'Photos pour {project}',
  description: 'Prenez ou choisissez des photos et envoyez-les depuis ce téléphone.',
  opening: 'Ouverture du lien.',
  openingSlow: 'C’est plus long que d’habitude. Vérifiez la connexion, puis ouvrez le lien à nouveau.',
  needsScript:
    'Cette page a besoin de JavaScript pour envoyer des photos. Activez-le dans le navigateur, puis ouvrez le lien à nouveau.',
  test: 'TEST',
  testMeaning: 'Mode test',

  takePhoto: 'Prendre une photo',
  choosePhotos: 'Choisir des photos',
  introduction: {
    one: '{count} photo au plus. Une coche signifie qu’elle est enregistrée et en sécurité.',
    other: 'Jusqu’à {count} photos. Une coche signifie que la photo est enregistrée et en sécurité.',
  },
  encrypted: 'Les photos sont chiffrées sur ce téléphone. Seul le destinataire peut les ouvrir.',
  placeRemoved: 'Le lieu de prise de vue est retiré des photos.',
  placeCoarse: 'Du lieu de prise de vue, seule la zone est gardée.',
  openUntil: 'Ce lien est ouvert jusqu’à {time}.',
  openUntilDay: 'Ce lien est ouvert jusqu’au {day} à {time}.',
  counted: { one: '{received} sur {count} photo', other: '{received} sur {count} photos' },
  alreadyHere: {
    one: '{count} photo sur {max} est déjà là.',
    other: '{count} photos sur {max} sont déjà là.',
  },
  yourPhotos: 'Vos photos',
  done: 'Terminé',
  sendMore: 'Envoyer d’autres photos',
  tryAgain: 'Réessayer',
  tryNow: 'Réessayer',
  remove: 'Retirer',
  removePhoto: 'Retirer {name}',
  sendFirst: 'Envoyer {name} en premier',
  nowAt: '{name} est maintenant au rang {number} sur {count}.',
  photoLabel: 'Envoi de {name}',
  noPreview: 'Pas d’aperçu',

  waiting: 'En attente',
  sending: 'Envoi',
  saving: 'Sauvegarde',
  received: 'Reçue',
  delivered: 'Transmise',
  notSent: 'Non envoyée',
  onPhone: 'Sur ce téléphone',
  inPlace: 'Dans {place}',
  inPlaces: { one: '{done} lieu sur {count}', other: '{done} sur {count} lieux' },
  checked: 'Vérifiée',
  checkedWhole: 'Vérifiée : la copie est complète',
  nextTry: 'Prochain essai à {time}',
  notDelivered: 'Non transmise',
  later: 'Transmise plus tard',
  delayed: {
    one: '{count} photo est conservée en sûreté. Elle n’a pas encore pu être transmise ; nouvel essai à {time}.',
    other:
      '{count} photos sont conservées en sûreté. Elles n’ont pas encore pu être transmises ; nouvel essai à {time}.',
  },
  held: {
    one: '{count} photo est conservée en sûreté et sera transmise plus tard. Vous n’avez rien à faire.',
    other:
      '{count} photos sont conservées en sûreté et seront transmises plus tard. Vous n’avez rien à faire.',
  },
  undelivered: {
    one: '{count} photo est conservée en sûreté mais n’a pas pu être transmise. Vous n’avez rien à faire : le destinataire le voit et peut réessayer.',
    other:
      '{count} photos sont conservées en sûreté mais n’ont pas pu être transmises. Vous n’avez rien à faire : le destinataire le voit et peut réessayer.',
  },
  arrived: { one: '{count} photo a été transmise.', other: '{count} photos ont été transmises.' },

  sendingPhotos: { one: 'Envoi de {count} photo.', other: 'Envoi de {count} photos.' },
  keepingPhotos: {
    one: 'Mise à l’abri de {count} photo sur ce téléphone.',
    other: 'Mise à l’abri de {count} photos sur ce téléphone.',
  },
  keepOpen: 'Gardez cette page ouverte.',
  noConnection:
    'Pas de connexion. Les photos prises maintenant sont gardées sur ce téléphone et envoyées plus tard.',
  waitingConnection: {
    one: 'En attente d’une connexion. {count} photo est gardée sur ce téléphone.',
    other: 'En attente d’une connexion. {count} photos sont gardées sur ce téléphone.',
  },
  waitingService: {
    one: 'Le service est occupé. {count} photo est gardée sur ce téléphone et partira toute seule.',
    other: 'Le service est occupé. {count} photos sont gardées sur ce téléphone et partiront toutes seules.',
  },
  allSafe: {
    one: 'Reçue. Votre photo est en sécurité.',
    other: 'Reçues. Vos {count} photos sont en sécurité.',
  },
  someNotSent: {
    one: '{count} photo n’a pas été envoyée. La marche à suivre est écrite à côté.',
    other: '{count} photos n’ont pas été envoyées. La marche à suivre est écrite à côté de chacune.',
  },
  alreadySent: {
    one: 'Cette photo a déjà été envoyée.',
    other: '{count} de ces photos ont déjà été envoyées.',
  },
  notAdded: {
    one: '{count} photo n’a pas été ajoutée, car le lien est complet.',
    other: '{count} photos n’ont pas été ajoutées, car le lien est complet.',
  },

  tooLarge: 'Cette photo fait {size}. La limite est de {limit}. Choisissez-en une plus petite.',
  wrongType: 'Ce type de fichier n’est pas accepté ici. Acceptés : {types}.',
  tooManyPixels:
    'Cette photo est trop grande. La limite est de {limit} pixels sur le plus grand côté. Choisissez-en une plus petite.',
  muchTooManyPixels:
    'Cette photo a plus de pixels qu’il n’en est accepté ici. Choisissez-en une plus petite.',
  unreadable:
    'Cette photo n’a pas pu être lue. Elle est peut-être abîmée. Reprenez-la ou choisissez-en une autre.',
  empty:
    'Ce fichier est vide. Si la photo se trouve dans un album en ligne, ouvrez-la d’abord, puis choisissez-la à nouveau.',
  lostFile: 'Le téléphone ne donne plus accès à cette photo. Choisissez-la à nouveau.',
  full: {
    one: 'Ce lien contient déjà sa photo ; celle-ci n’a pas été envoyée.',
    other: 'Ce lien contient déjà ses {count} photos ; celle-ci n’a pas été envoyée.',
  },
  closedBefore: 'Le lien a été fermé avant l’envoi de cette photo. Demandez-en un nouveau.',
  expiredBefore: 'Le lien a expiré avant l’envoi de cette photo. Demandez-en un nouveau.',
  cannotEncrypt:
    'Ici, les photos sont chiffrées avant de quitter le téléphone, et ce navigateur ne peut pas le faire à cette adresse. Ouvrez le lien en https dans un navigateur à jour.',
  goneBefore: 'Le lien ne fonctionne plus ; cette photo n’a pas été envoyée. Demandez-en un nouveau.',
  refused: 'Cette photo n’a pas été acceptée : {message}',
  storageFull:
    'Ce téléphone manque de place : les photos non encore envoyées ne sont gardées que tant que cette page est ouverte.',
  megabytes: '{size} Mo',

  thanksTitle: 'Merci',
  thanks: {
    one: 'Votre photo a été reçue et est en sécurité.',
    other: 'Vos {count} photos ont été reçues et sont en sécurité.',
  },
  closePage: 'Vous pouvez fermer cette page.',
  allInTitle: { one: 'Photo reçue', other: '{count} photos sur {count} reçues' },
  allIn: 'Il ne manque rien. Vous pouvez fermer cette page.',
  fullTitle: 'Ce lien est complet',
  fullAtStart: {
    one: 'Il contient déjà sa photo. Pour en envoyer d’autres, demandez un nouveau lien.',
    other: 'Il contient déjà ses {count} photos. Pour en envoyer d’autres, demandez un nouveau lien.',
  },
  completedTitle: 'Ce lien est fermé',
  completed: 'Aucune autre photo n’est nécessaire ici. Pour en envoyer d’autres, demandez un nouveau lien.',
  completedAfter: {
    one: 'Votre photo a été reçue et est en sécurité. Il ne manque rien.',
    other: 'Vos {count} photos ont été reçues et sont en sécurité. Il ne manque rien.',
  },
  expiredTitle: 'Ce lien a expiré',
  expired: 'Ce lien a expiré le {day} à {time}. Demandez-en un nouveau.',
  expiredAfter: {
    one: 'La photo que vous avez envoyée est en sécurité.',
    other: 'Les {count} photos que vous avez envoyées sont en sécurité.',
  },
  notFoundTitle: 'Ce lien ne fonctionne pas',
  notFound:
    'Il n’y a rien à cette adresse. Scannez le code à nouveau, ou vérifiez que le lien a été copié en entier.',
  offlineTitle: 'Pas de connexion',
  offline: 'Cette page s’ouvre toute seule dès que le téléphone est de nouveau en ligne.',
  unavailableTitle: 'Injoignable pour le moment',
  unavailable: 'Le service ne répond pas. Cette page réessaie toute seule.',

  passwordTitle: 'Entrez le mot de passe',
  passwordAsk: 'Ce lien est protégé. Le mot de passe vous a été donné par la personne qui a envoyé le lien.',
  passwordLabel: 'Mot de passe',
  passwordShow: 'Afficher',
  passwordHide: 'Masquer',
  passwordContinue: 'Continuer',
  passwordWrong: 'Ce mot de passe n’est pas le bon. Vérifiez-le et réessayez.',
  passwordChanged:
    'Le mot de passe a changé. Entrez le nouveau pour continuer. Vos photos sont gardées sur ce téléphone.',
  passwordWait: {
    one: 'Trop d’essais. Attendez {count} seconde, puis réessayez.',
    other: 'Trop d’essais. Attendez {count} secondes, puis réessayez.',
  },
  passwordNoConnection: 'Le mot de passe n’a pas pu être vérifié. Vérifiez la connexion et réessayez.',
};
