import type { Words } from './en.ts';

export const words: Words = {
  title: 'Fotos senden',
  titleFor: 'Fotos für {project}',
  description: 'Fotos aufnehmen oder auswählen und von diesem Telefon senden.',
  opening: 'Der Link wird geöffnet.',
  openingSlow:
    'Das dauert länger als sonst. Prüfen Sie die Verbindung und öffnen Sie den Link dann noch einmal.',
  needsScript:
    'Diese Seite braucht JavaScript, um Fotos zu senden. Schalten Sie es im Browser ein und öffnen Sie den Link noch einmal.',
  test: 'TEST',
  testMeaning: 'Testmodus',
  takePhoto: 'Foto aufnehmen',
  choosePhotos: 'Fotos auswählen',
  introduction: {
    one: 'Ein Foto. Ein Haken bedeutet, dass es gespeichert und sicher ist.',
    other: 'Bis zu {count} Fotos. Ein Haken bedeutet, dass ein Foto gespeichert und sicher ist.',
  },
  encrypted: 'Fotos werden auf diesem Telefon verschlüsselt. Nur der Empfänger kann sie öffnen.',
  placeRemoved: 'Der Aufnahmeort wird aus den Fotos entfernt.',
  placeCoarse: 'Vom Aufnahmeort bleibt nur die Gegend erhalten.',
  openUntil: 'Dieser Link ist bis {time} offen.',
  openUntilDay: 'Dieser Link ist bis {day} um {time} offen.',
  counted: { one: '{received} von 1 Foto', other: '{received} von {count} Fotos' },
  alreadyHere: {
    one: '1 von {max} Fotos ist schon hier.',
    other: '{count} von {max} Fotos sind schon hier.',
  },
  yourPhotos: 'Ihre Fotos',
  done: 'Fertig',
  sendMore: 'Weitere Fotos senden',
  tryAgain: 'Noch einmal versuchen',
  tryNow: 'Jetzt versuchen',
  remove: 'Entfernen',
  removePhoto: '{name} entfernen',
  sendFirst: '{name} zuerst senden',
  nowAt: '{name} ist jetzt Nummer {number} von {count}.',
  photoLabel: '{name} wird gesendet',
  noPreview: 'Keine Vorschau',
  waiting: 'Wartet',
  sending: 'Wird gesendet',
  saving: 'Wird gespeichert',
  received: 'Empfangen',
  delivered: 'Zugestellt',
  notSent: 'Nicht gesendet',
  onPhone: 'Auf diesem Telefon',
  inPlace: 'In {place}',
  inPlaces: { one: '{done} von 1 Ort', other: '{done} von {count} Orten' },
  checked: 'Geprüft',
  checkedWhole: 'Geprüft: Die Kopie ist vollständig',
  nextTry: 'Nächster Versuch um {time}',
  notDelivered: 'Nicht zugestellt',
  later: 'Wird später zugestellt',
  delayed: {
    one: '1 Foto ist sicher aufbewahrt. Es konnte noch nicht zugestellt werden und wird um {time} erneut versucht.',
    other:
      '{count} Fotos sind sicher aufbewahrt. Sie konnten noch nicht zugestellt werden und werden um {time} erneut versucht.',
  },
  held: {
    one: '1 Foto ist sicher aufbewahrt und wird später zugestellt. Sie müssen nichts tun.',
    other: '{count} Fotos sind sicher aufbewahrt und werden später zugestellt. Sie müssen nichts tun.',
  },
  undelivered: {
    one: '1 Foto ist sicher aufbewahrt, konnte aber nicht zugestellt werden. Sie müssen nichts tun: Der Empfänger sieht es und kann es erneut versuchen.',
    other:
      '{count} Fotos sind sicher aufbewahrt, konnten aber nicht zugestellt werden. Sie müssen nichts tun: Der Empfänger sieht sie und kann es erneut versuchen.',
  },
  arrived: { one: '1 Foto wurde zugestellt.', other: '{count} Fotos wurden zugestellt.' },
  sendingPhotos: { one: '1 Foto wird gesendet.', other: '{count} Fotos werden gesendet.' },
  keepingPhotos: {
    one: '1 Foto wird auf diesem Telefon gesichert.',
    other: '{count} Fotos werden auf diesem Telefon gesichert.',
  },
  keepOpen: 'Lassen Sie diese Seite offen.',
  noConnection:
    'Keine Verbindung. Fotos, die Sie jetzt aufnehmen, werden auf diesem Telefon aufgehoben und später gesendet.',
  waitingConnection: {
    one: 'Warten auf eine Verbindung. 1 Foto ist auf diesem Telefon aufgehoben.',
    other: 'Warten auf eine Verbindung. {count} Fotos sind auf diesem Telefon aufgehoben.',
  },
  waitingService: {
    one: 'Der Dienst ist beschäftigt. 1 Foto ist auf diesem Telefon aufgehoben und wird von selbst gesendet.',
    other:
      'Der Dienst ist beschäftigt. {count} Fotos sind auf diesem Telefon aufgehoben und werden von selbst gesendet.',
  },
  allSafe: { one: 'Empfangen. Ihr Foto ist sicher.', other: 'Empfangen. Ihre {count} Fotos sind sicher.' },
  someNotSent: {
    one: '1 Foto wurde nicht gesendet. Was zu tun ist, steht daneben.',
    other: '{count} Fotos wurden nicht gesendet. Was zu tun ist, steht jeweils daneben.',
  },
  alreadySent: {
    one: 'Dieses Foto wurde schon gesendet.',
    other: '{count} dieser Fotos wurden schon gesendet.',
  },
  notAdded: {
    one: '1 Foto wurde nicht hinzugefügt, weil der Link voll ist.',
    other: '{count} Fotos wurden nicht hinzugefügt, weil der Link voll ist.',
  },
  tooLarge: 'Dieses Foto hat {size}. Die Grenze ist {limit}. Wählen Sie ein kleineres.',
  wrongType: 'Diese Art von Datei wird hier nicht angenommen. Angenommen werden: {types}.',
  tooManyPixels:
    'Dieses Foto ist zu groß. Die Grenze ist {limit} Pixel an der längeren Seite. Wählen Sie ein kleineres.',
  muchTooManyPixels: 'Dieses Foto hat mehr Pixel, als hier angenommen werden. Wählen Sie ein kleineres.',
  unreadable:
    'Dieses Foto konnte nicht gelesen werden. Es ist vielleicht beschädigt. Nehmen Sie es noch einmal auf oder wählen Sie ein anderes.',
  empty:
    'Diese Datei ist leer. Liegt das Foto in einem Online-Album, öffnen Sie es zuerst dort und wählen Sie es dann noch einmal.',
  lostFile: 'Das Telefon gibt dieses Foto nicht mehr heraus. Wählen Sie es noch einmal.',
  full: {
    one: 'Dieser Link hat sein eines Foto schon, deshalb wurde dieses nicht gesendet.',
    other: 'Dieser Link hat seine {count} Fotos schon, deshalb wurde dieses nicht gesendet.',
  },
  closedBefore: 'Der Link wurde geschlossen, bevor dieses Foto gesendet war. Bitten Sie um einen neuen.',
  expiredBefore: 'Der Link lief ab, bevor dieses Foto gesendet war. Bitten Sie um einen neuen.',
  cannotEncrypt:
    'Fotos werden hier verschlüsselt, bevor sie das Telefon verlassen, und dieser Browser kann das unter dieser Adresse nicht. Öffnen Sie den Link mit https in einem aktuellen Browser.',
  goneBefore:
    'Der Link gilt nicht mehr, deshalb wurde dieses Foto nicht gesendet. Bitten Sie um einen neuen.',
  refused: 'Dieses Foto wurde nicht angenommen: {message}',
  storageFull:
    'Auf diesem Telefon ist wenig Platz. Noch nicht gesendete Fotos bleiben nur erhalten, solange diese Seite offen ist.',
  megabytes: '{size} MB',
  thanksTitle: 'Danke',
  thanks: {
    one: 'Ihr Foto ist angekommen und sicher.',
    other: 'Ihre {count} Fotos sind angekommen und sicher.',
  },
  closePage: 'Sie können diese Seite schließen.',
  allInTitle: { one: 'Foto empfangen', other: '{count} von {count} Fotos empfangen' },
  allIn: 'Mehr ist nicht nötig. Sie können diese Seite schließen.',
  fullTitle: 'Dieser Link ist voll',
  fullAtStart: {
    one: 'Er hat sein eines Foto schon. Um mehr zu senden, bitten Sie um einen neuen Link.',
    other: 'Er hat seine {count} Fotos schon. Um mehr zu senden, bitten Sie um einen neuen Link.',
  },
  completedTitle: 'Dieser Link ist geschlossen',
  completed: 'Hier werden keine Fotos mehr gebraucht. Um mehr zu senden, bitten Sie um einen neuen Link.',
  completedAfter: {
    one: 'Ihr Foto ist angekommen und sicher. Mehr ist nicht nötig.',
    other: 'Ihre {count} Fotos sind angekommen und sicher. Mehr ist nicht nötig.',
  },
  expiredTitle: 'Dieser Link ist abgelaufen',
  expired: 'Dieser Link lief am {day} um {time} ab. Bitten Sie um einen neuen.',
  expiredAfter: {
    one: 'Das Foto, das Sie gesendet haben, ist sicher.',
    other: 'Die {count} Fotos, die Sie gesendet haben, sind sicher.',
  },
  notFoundTitle: 'Dieser Link gilt nicht',
  notFound:
    'Unter dieser Adresse ist nichts. Scannen Sie den Code noch einmal oder prüfen Sie, ob der ganze Link kopiert wurde.',
  offlineTitle: 'Keine Verbindung',
  offline: 'Diese Seite öffnet sich von selbst, sobald das Telefon wieder online ist.',
  unavailableTitle: 'Gerade nicht erreichbar',
  unavailable: 'Der Dienst antwortet nicht. Diese Seite versucht es von selbst noch einmal.',
  passwordTitle: 'Passwort eingeben',
  passwordAsk:
    'Dieser Link ist geschützt. Das Passwort haben Sie von der Person, die den Link geschickt hat.',
  passwordLabel: 'Passwort',
  passwordShow: 'Anzeigen',
  passwordHide: 'Verbergen',
  passwordContinue: 'Weiter',
  passwordWrong: 'Dieses Passwort stimmt nicht. Prüfen Sie es und versuchen Sie es noch einmal.',
  passwordChanged:
    'Das Passwort wurde geändert. Geben Sie das neue ein, um weiterzumachen. Ihre Fotos sind auf diesem Telefon aufgehoben.',
  passwordWait: {
    one: 'Zu viele Versuche. Warten Sie 1 Sekunde und versuchen Sie es dann noch einmal.',
    other: 'Zu viele Versuche. Warten Sie {count} Sekunden und versuchen Sie es dann noch einmal.',
  },
  passwordNoConnection:
    'Das Passwort konnte nicht geprüft werden. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
};
