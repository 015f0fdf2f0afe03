import type { Words } from './en.ts';

export const words: Words = {
  title: 'Enviar fotos',
  titleFor: 'Fotos para {project}',
  description: 'Haga o elija fotos y envíelas desde este teléfono.',
  opening: 'Abriendo el enlace.',
  openingSlow: 'Tarda más de lo normal. Compruebe la conexión y abra el enlace de nuevo.',
  needsScript:
    'Esta página necesita JavaScript para enviar fotos. Actívelo en el navegador y abra el enlace de nuevo.',
  test: 'TEST',
  testMeaning: 'Modo de prueba',

  takePhoto: 'Hacer una foto',
  choosePhotos: 'Elegir fotos',
  introduction: {
    one: 'Una foto. La marca indica que está guardada y segura.',
    other: 'Hasta {count} fotos. La marca indica que una foto está guardada y segura.',
  },
  encrypted: 'Las fotos se cifran en este teléfono. Solo el destinatario puede abrirlas.',
  placeRemoved: 'Se quita de las fotos el lugar donde se hicieron.',
  placeCoarse: 'Del lugar donde se hizo la foto solo se conserva la zona.',
  openUntil: 'Este enlace está abierto hasta las {time}.',
  openUntilDay: 'Este enlace está abierto hasta el {day} a las {time}.',
  counted: { one: '{received} de 1 foto', other: '{received} de {count} fotos' },
  alreadyHere: { one: 'Ya hay 1 de {max} fotos.', other: 'Ya hay {count} de {max} fotos.' },
  yourPhotos: 'Sus fotos',
  done: 'Listo',
  sendMore: 'Enviar más fotos',
  tryAgain: 'Reintentar',
  tryNow: 'Reintentar',
  remove: 'Quitar',
  removePhoto: 'Quitar {name}',
  sendFirst: 'Enviar {name} primero',
  nowAt: '{name} es ahora la número {number} de {count}.',
  photoLabel: 'Enviando {name}',
  noPreview: 'Sin vista previa',

  waiting: 'En espera',
  sending: 'Enviando',
  saving: 'Guardando',
  received: 'Recibida',
  delivered: 'Entregada',
  notSent: 'No enviada',
  onPhone: 'En este teléfono',
  inPlace: 'En {place}',
  inPlaces: { one: '{done} de 1 lugar', other: '{done} de {count} lugares' },
  checked: 'Comprobada',
  checkedWhole: 'Comprobada: la copia está completa',
  nextTry: 'Nuevo intento a las {time}',
  notDelivered: 'No entregada',
  later: 'Se entregará más tarde',
  delayed: {
    one: '1 foto está guardada y segura. Aún no se pudo entregar; se intentará de nuevo a las {time}.',
    other:
      '{count} fotos están guardadas y seguras. Aún no se pudieron entregar; se intentará de nuevo a las {time}.',
  },
  held: {
    one: '1 foto está guardada y segura, y se entregará más tarde. No tiene que hacer nada.',
    other: '{count} fotos están guardadas y seguras, y se entregarán más tarde. No tiene que hacer nada.',
  },
  undelivered: {
    one: '1 foto está guardada y segura, pero no se pudo entregar. No tiene que hacer nada: el destinatario lo ve y puede intentarlo de nuevo.',
    other:
      '{count} fotos están guardadas y seguras, pero no se pudieron entregar. No tiene que hacer nada: el destinatario lo ve y puede intentarlo de nuevo.',
  },
  arrived: { one: '1 foto fue entregada.', other: '{count} fotos fueron entregadas.' },

  sendingPhotos: { one: 'Enviando 1 foto.', other: 'Enviando {count} fotos.' },
  keepingPhotos: {
    one: 'Guardando 1 foto en este teléfono.',
    other: 'Guardando {count} fotos en este teléfono.',
  },
  keepOpen: 'Mantenga esta página abierta.',
  noConnection: 'Sin conexión. Las fotos que haga ahora se conservan en este teléfono y se envían más tarde.',
  waitingConnection: {
    one: 'Esperando una conexión. 1 foto se conserva en este teléfono.',
    other: 'Esperando una conexión. {count} fotos se conservan en este teléfono.',
  },
  waitingService: {
    one: 'El servicio está ocupado. 1 foto se conserva en este teléfono y se enviará sola.',
    other: 'El servicio está ocupado. {count} fotos se conservan en este teléfono y se enviarán solas.',
  },
  allSafe: { one: 'Recibida. Su foto está segura.', other: 'Recibidas. Sus {count} fotos están seguras.' },
  someNotSent: {
    one: '1 foto no se envió. Al lado se indica qué hacer.',
    other: '{count} fotos no se enviaron. Al lado de cada una se indica qué hacer.',
  },
  alreadySent: { one: 'Esa foto ya se envió.', other: '{count} de esas fotos ya se enviaron.' },
  notAdded: {
    one: '1 foto no se añadió porque el enlace está completo.',
    other: '{count} fotos no se añadieron porque el enlace está completo.',
  },

  tooLarge: 'Esta foto ocupa {size}. El límite es {limit}. Elija una más pequeña.',
  wrongType: 'Este tipo de archivo no se acepta aquí. Se aceptan: {types}.',
  tooManyPixels:
    'Esta foto es demasiado grande. El límite es de {limit} píxeles en el lado más largo. Elija una más pequeña.',
  muchTooManyPixels: 'Esta foto tiene más píxeles de los que se aceptan aquí. Elija una más pequeña.',
  unreadable: 'Esta foto no se pudo leer. Puede estar dañada. Hágala de nuevo o elija otra.',
  empty:
    'Este archivo está vacío. Si la foto está en un álbum en la nube, ábrala allí primero y elíjala de nuevo.',
  lostFile: 'El teléfono ya no da acceso a esta foto. Elíjala de nuevo.',
  full: {
    one: 'Este enlace ya tiene su foto, así que esta no se envió.',
    other: 'Este enlace ya tiene sus {count} fotos, así que esta no se envió.',
  },
  closedBefore: 'El enlace se cerró antes de enviar esta foto. Pida uno nuevo.',
  expiredBefore: 'El enlace caducó antes de enviar esta foto. Pida uno nuevo.',
  cannotEncrypt:
    'Aquí las fotos se cifran antes de salir del teléfono, y este navegador no puede hacerlo en esta dirección. Abra el enlace con https en un navegador actualizado.',
  goneBefore: 'El enlace ya no funciona, así que esta foto no se envió. Pida uno nuevo.',
  refused: 'Esta foto no se aceptó: {message}',
  storageFull:
    'A este teléfono le falta espacio: las fotos aún no enviadas se conservan solo mientras esta página esté abierta.',
  megabytes: '{size} MB',

  thanksTitle: 'Gracias',
  thanks: {
    one: 'Su foto se recibió y está segura.',
    other: 'Sus {count} fotos se recibieron y están seguras.',
  },
  closePage: 'Puede cerrar esta página.',
  allInTitle: { one: 'Foto recibida', other: '{count} de {count} fotos recibidas' },
  allIn: 'No hace falta nada más. Puede cerrar esta página.',
  fullTitle: 'Este enlace está completo',
  fullAtStart: {
    one: 'Ya tiene su foto. Para enviar más, pida un enlace nuevo.',
    other: 'Ya tiene sus {count} fotos. Para enviar más, pida un enlace nuevo.',
  },
  completedTitle: 'Este enlace está cerrado',
  completed: 'Aquí no se necesitan más fotos. Para enviar más, pida un enlace nuevo.',
  completedAfter: {
    one: 'Su foto se recibió y está segura. No hace falta nada más.',
    other: 'Sus {count} fotos se recibieron y están seguras. No hace falta nada más.',
  },
  expiredTitle: 'Este enlace ha caducado',
  expired: 'Este enlace caducó el {day} a las {time}. Pida uno nuevo.',
  expiredAfter: {
    one: 'La foto que envió está segura.',
    other: 'Las {count} fotos que envió están seguras.',
  },
  notFoundTitle: 'Este enlace no funciona',
  notFound:
    'No hay nada en esta dirección. Escanee el código de nuevo o compruebe que copió el enlace entero.',
  offlineTitle: 'Sin conexión',
  offline: 'Esta página se abre sola en cuanto el teléfono vuelva a tener conexión.',
  unavailableTitle: 'No disponible en este momento',
  unavailable: 'El servicio no responde. Esta página lo intenta de nuevo por sí sola.',

  passwordTitle: 'Escriba la contraseña',
  passwordAsk: 'Este enlace está protegido. La contraseña se la dio quien le envió el enlace.',
  passwordLabel: 'Contraseña',
  passwordShow: 'Mostrar',
  passwordHide: 'Ocultar',
  passwordContinue: 'Continuar',
  passwordWrong: 'Esa contraseña no es correcta. Compruébela e inténtelo de nuevo.',
  passwordChanged:
    'La contraseña ha cambiado. Escriba la nueva para continuar. Sus fotos se conservan en este teléfono.',
  passwordWait: {
    one: 'Demasiados intentos. Espere 1 segundo e inténtelo de nuevo.',
    other: 'Demasiados intentos. Espere {count} segundos e inténtelo de nuevo.',
  },
  passwordNoConnection: 'No se pudo comprobar la contraseña. Revise la conexión e inténtelo de nuevo.',
};
