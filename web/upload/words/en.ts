/**
 * Everything the page says, in English. Other languages are modules of the same shape; a text that counts has
 * one form for each plural category of its language.
 */
export interface Plural {
  other: string;
  zero?: string;
  one?: string;
  two?: string;
  few?: string;
  many?: string;
}

export interface Words {
  title: string;
  titleFor: string;
  description: string;
  opening: string;
  openingSlow: string;
  needsScript: string;
  test: string;
  testMeaning: string;

  takePhoto: string;
  choosePhotos: string;
  introduction: Plural;
  placeRemoved: string;
  placeCoarse: string;
  openUntil: string;
  encrypted: string;
  openUntilDay: string;
  counted: Plural;
  alreadyHere: Plural;
  yourPhotos: string;
  done: string;
  sendMore: string;
  tryAgain: string;
  tryNow: string;
  remove: string;
  removePhoto: string;
  sendFirst: string;
  nowAt: string;
  photoLabel: string;
  noPreview: string;

  waiting: string;
  sending: string;
  saving: string;
  received: string;
  delivered: string;
  notSent: string;
  onPhone: string;
  inPlace: string;
  inPlaces: Plural;
  checked: string;
  checkedWhole: string;
  nextTry: string;
  notDelivered: string;
  later: string;
  delayed: Plural;
  held: Plural;
  undelivered: Plural;
  arrived: Plural;

  sendingPhotos: Plural;
  keepingPhotos: Plural;
  keepOpen: string;
  noConnection: string;
  waitingConnection: Plural;
  waitingService: Plural;
  allSafe: Plural;
  someNotSent: Plural;
  alreadySent: Plural;
  notAdded: Plural;

  tooLarge: string;
  wrongType: string;
  tooManyPixels: string;
  muchTooManyPixels: string;
  unreadable: string;
  empty: string;
  lostFile: string;
  full: Plural;
  closedBefore: string;
  expiredBefore: string;
  goneBefore: string;
  cannotEncrypt: string;
  refused: string;
  storageFull: string;
  megabytes: string;

  thanksTitle: string;
  thanks: Plural;
  closePage: string;
  allInTitle: Plural;
  allIn: string;
  fullTitle: string;
  fullAtStart: Plural;
  completedTitle: string;
  completed: string;
  completedAfter: Plural;
  expiredTitle: string;
  expired: string;
  expiredAfter: Plural;
  notFoundTitle: string;
  notFound: string;
  offlineTitle: string;
  offline: string;
  unavailableTitle: string;
  unavailable: string;

  passwordTitle: string;
  passwordAsk: string;
  passwordLabel: string;
  passwordShow: string;
  passwordHide: string;
  passwordContinue: string;
  passwordWrong: string;
  passwordChanged: string;
  passwordWait: Plural;
  passwordNoConnection: string;
}

export const words: Words = {
  title: 'Send photos',
  titleFor: 'Photos for {project}',
  description: 'Take or choose photos and send them from this phone.',
  opening: 'Opening the link.',
  openingSlow: 'This takes longer than usual. Check the connection, then open the link again.',
  needsScript:
    'This page needs JavaScript to send photos. Turn it on in the browser, then open the link again.',
  test: 'TEST',
  testMeaning: 'Test mode',

  takePhoto: 'Take a photo',
  choosePhotos: 'Choose photos',
  introduction: {
    one: 'One photo. A tick means that it is stored and safe.',
    other: 'Up to {count} photos. A tick means that a photo is stored and safe.',
  },
  encrypted: 'Photos are encrypted on this phone. Only the recipient can open them.',
  placeRemoved: 'The place where a photo was taken is removed from it.',
  placeCoarse: 'Of the place where a photo was taken, only the area is kept.',
  openUntil: 'This link is open until {time}.',
  openUntilDay: 'This link is open until {day} at {time}.',
  counted: { one: '{received} of 1 photo', other: '{received} of {count} photos' },
  alreadyHere: {
    one: '1 of {max} photos is already here.',
    other: '{count} of {max} photos are already here.',
  },
  yourPhotos: 'Your photos',
  done: 'Done',
  sendMore: 'Send more photos',
  tryAgain: 'Try again',
  tryNow: 'Try now',
  remove: 'Remove',
  removePhoto: 'Remove {name}',
  sendFirst: 'Send {name} first',
  nowAt: '{name} is number {number} of {count} now.',
  photoLabel: 'Sending {name}',
  noPreview: 'No preview',

  waiting: 'Waiting',
  sending: 'Sending',
  saving: 'Saving',
  received: 'Received',
  delivered: 'Delivered',
  notSent: 'Not sent',
  onPhone: 'On this phone',
  inPlace: 'In {place}',
  inPlaces: { one: '{done} of 1 place', other: '{done} of {count} places' },
  checked: 'Checked',
  checkedWhole: 'Checked: the copy is whole',
  nextTry: 'Next try at {time}',
  notDelivered: 'Not delivered',
  later: 'Delivered later',
  delayed: {
    one: '1 photo is kept safely. It could not be delivered yet and is tried again at {time}.',
    other: '{count} photos are kept safely. They could not be delivered yet and are tried again at {time}.',
  },
  held: {
    one: '1 photo is kept safely and will be delivered later. You need not do anything.',
    other: '{count} photos are kept safely and will be delivered later. You need not do anything.',
  },
  undelivered: {
    one: '1 photo is kept safely but could not be delivered. You need not do anything: the recipient sees it and can try again.',
    other:
      '{count} photos are kept safely but could not be delivered. You need not do anything: the recipient sees them and can try again.',
  },
  arrived: { one: '1 photo was delivered.', other: '{count} photos were delivered.' },

  sendingPhotos: { one: 'Sending 1 photo.', other: 'Sending {count} photos.' },
  keepingPhotos: {
    one: 'Keeping 1 photo safe on this phone.',
    other: 'Keeping {count} photos safe on this phone.',
  },
  keepOpen: 'Keep this page open.',
  noConnection: 'No connection. Photos that you take now are kept on this phone and sent later.',
  waitingConnection: {
    one: 'Waiting for a connection. 1 photo is kept on this phone.',
    other: 'Waiting for a connection. {count} photos are kept on this phone.',
  },
  waitingService: {
    one: 'The service is busy. 1 photo is kept on this phone and will be sent by itself.',
    other: 'The service is busy. {count} photos are kept on this phone and will be sent by themselves.',
  },
  allSafe: { one: 'Received. Your photo is safe.', other: 'Received. Your {count} photos are safe.' },
  someNotSent: {
    one: '1 photo was not sent. What to do is written beside it.',
    other: '{count} photos were not sent. What to do is written beside each.',
  },
  alreadySent: { one: 'That photo was already sent.', other: '{count} of those photos were already sent.' },
  notAdded: {
    one: '1 photo was not added, because the link is full.',
    other: '{count} photos were not added, because the link is full.',
  },

  tooLarge: 'This photo is {size}. The limit is {limit}. Choose a smaller one.',
  wrongType: 'This kind of file is not accepted here. Accepted: {types}.',
  tooManyPixels:
    'This photo is too large. The limit is {limit} pixels on the longer side. Choose a smaller one.',
  muchTooManyPixels: 'This photo has more pixels than are taken here. Choose a smaller one.',
  unreadable: 'This photo could not be read. It may be damaged. Take it again, or choose another.',
  empty: 'This file is empty. If the photo is in a cloud album, open it there first, then choose it again.',
  lostFile: 'The phone no longer gives access to this photo. Choose it again.',
  full: {
    one: 'This link already holds its one photo, so this one was not sent.',
    other: 'This link already holds its {count} photos, so this one was not sent.',
  },
  closedBefore: 'The link was closed before this photo was sent. Ask for a new one.',
  expiredBefore: 'The link expired before this photo was sent. Ask for a new one.',
  cannotEncrypt:
    'Photos are encrypted here before they leave the phone, and this browser cannot do that on this address. Open the link with https in an up-to-date browser.',
  goneBefore: 'The link no longer works, so this photo was not sent. Ask for a new one.',
  refused: 'This photo was not accepted: {message}',
  storageFull:
    'This phone is short of room, so photos that are not yet sent are kept only while this page is open.',
  megabytes: '{size} MB',

  thanksTitle: 'Thank you',
  thanks: {
    one: 'Your photo was received and is safe.',
    other: 'Your {count} photos were received and are safe.',
  },
  closePage: 'You can close this page.',
  allInTitle: { one: 'Photo received', other: '{count} of {count} photos received' },
  allIn: 'Nothing more is needed. You can close this page.',
  fullTitle: 'This link is full',
  fullAtStart: {
    one: 'It already holds its one photo. To send more, ask for a new link.',
    other: 'It already holds its {count} photos. To send more, ask for a new link.',
  },
  completedTitle: 'This link is closed',
  completed: 'No more photos are needed here. To send more, ask for a new link.',
  completedAfter: {
    one: 'Your photo was received and is safe. Nothing more is needed.',
    other: 'Your {count} photos were received and are safe. Nothing more is needed.',
  },
  expiredTitle: 'This link has expired',
  expired: 'This link expired on {day} at {time}. Ask for a new one.',
  expiredAfter: {
    one: 'The photo that you sent is safe.',
    other: 'The {count} photos that you sent are safe.',
  },
  notFoundTitle: 'This link does not work',
  notFound: 'There is nothing at this address. Scan the code again, or check that the whole link was copied.',
  offlineTitle: 'No connection',
  offline: 'This page opens by itself as soon as the phone is online again.',
  unavailableTitle: 'Not reachable right now',
  unavailable: 'The service does not answer. This page tries again by itself.',

  passwordTitle: 'Enter the password',
  passwordAsk: 'This link is protected. The password came from whoever sent you the link.',
  passwordLabel: 'Password',
  passwordShow: 'Show',
  passwordHide: 'Hide',
  passwordContinue: 'Continue',
  passwordWrong: 'That password is not right. Check it and try again.',
  passwordChanged:
    'The password has changed. Enter the new one to go on. Your photos are kept on this phone.',
  passwordWait: {
    one: 'Too many tries. Wait 1 second, then try again.',
    other: 'Too many tries. Wait {count} seconds, then try again.',
  },
  passwordNoConnection: 'The password could not be checked. Look at the connection and try again.',
};
