/*
 * One line puts photos into any page:
 *
 *   <script src="https://photos.example/widget.js" data-session="sess_…" async></script>
 *
 * It adds a button where it stands. The button opens a panel with the QR code for a phone and the page itself for the
 * computer, and counts the photos as they come, from whichever device. Each is told to the page as an event on the
 * element: `apertur:image:stored`, `apertur:image:received` (of this computer alone), `apertur:session:complete`,
 * `apertur:error`, with the data in `detail`.
 *
 * data-session: id of the session, which a back-end has made. data-label: text of the button. data-lang: a language of the
 * phone page, else that of the page around.
 */
(() => {
  const script = document.currentScript;
  const session = script?.dataset.session ?? '';
  if (!script || !/^[\w-]{1,64}$/.test(session)) return;
  const { origin } = new URL(script.src);
  const lang = (script.dataset.lang || document.documentElement.lang || navigator.language || 'en').slice(
    0,
    2,
  );
  const words = {
    ar: ['إرسال صور', 'امسح الرمز بهاتفك', 'إغلاق', 'وصلت'],
    de: ['Fotos senden', 'Mit dem Telefon scannen', 'Schließen', 'angekommen'],
    en: ['Send photos', 'Scan with your phone', 'Close', 'received'],
    es: ['Enviar fotos', 'Escanee con su teléfono', 'Cerrar', 'recibidas'],
    fr: ['Envoyer des photos', 'Scannez avec votre téléphone', 'Fermer', 'reçues'],
    it: ['Invia foto', 'Scansiona con il telefono', 'Chiudi', 'ricevute'],
    ja: ['写真を送る', 'スマートフォンで読み取ってください', '閉じる', '枚届きました'],
    nl: ['Foto’s sturen', 'Scan met je telefoon', 'Sluiten', 'ontvangen'],
    pl: ['Wyślij zdjęcia', 'Zeskanuj telefonem', 'Zamknij', 'odebrano'],
    pt: ['Enviar fotos', 'Leia com o telefone', 'Fechar', 'recebidas'],
    tr: ['Fotoğraf gönder', 'Telefonunuzla tarayın', 'Kapat', 'alındı'],
    zh: ['发送照片', '用手机扫描', '关闭', '张已收到'],
  };
  const spoken = Object.hasOwn(words, lang) ? lang : 'en';
  const [label, scan, close, received] = words[spoken];

  const host = document.createElement('span');
  host.lang = spoken;
  host.dir = spoken === 'ar' ? 'rtl' : 'ltr';
  // A tree of its own: the styles of the page and ours leave each other alone.
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    button { font: inherit; cursor: pointer; min-height: 44px; padding: 8px 16px; border-radius: 10px;
      border: 1px solid transparent; background: #1f6f5c; color: #fff; }
    button:focus-visible { outline: 3px solid #1f6f5c; outline-offset: 2px; }
    dialog { border: 1px solid #e2e3e1; border-radius: 10px; padding: 16px; width: min(760px, 92vw); color: #17191b; background: #fff; }
    dialog::backdrop { background: rgb(0 0 0 / 45%); }
    .panel { display: flex; flex-wrap: wrap; gap: 16px; justify-content: center; }
    figure { margin: 0; text-align: center; }
    img { display: block; width: 220px; height: 220px; background: #fff; }
    iframe { flex: 1 1 320px; min-height: 480px; border: 0; }
    .close { margin-top: 12px; background: #fff; color: #17191b; border-color: #5b6166; }
    @media (prefers-color-scheme: dark) {
      dialog, .close { background: #141516; color: #ecedee; border-color: #6f767b; }
      .close:focus-visible { outline-color: #5cc2a8; }
    }
  `);
  root.adoptedStyleSheets = [sheet];
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const caption = script.dataset.label || label;
  const button = make('button', { type: 'button', 'aria-haspopup': 'dialog' }, caption);
  const frame = make('iframe', {
    title: caption,
    allow: 'camera; clipboard-write; screen-wake-lock',
    src: `${origin}/u/${session}?lang=${lang}`,
  });
  const qr = make('img', {
    alt: scan,
    src: `${origin}/api/v1/upload-sessions/${session}/qr?format=svg&size=440`,
  });
  const closing = make('button', { type: 'button', class: 'close' }, close);
  const panel = make('div', { class: 'panel' }, make('figure', {}, qr, make('figcaption', {}, scan)), frame);
  const dialog = make('dialog', { 'aria-label': caption }, panel, closing);
  root.append(button, dialog);
  script.after(host);

  button.addEventListener('click', () => dialog.showModal());
  closing.addEventListener('click', () => dialog.close());

  const images = new Set();
  window.addEventListener('message', ({ origin: from, source, data }) => {
    if (from !== origin || source !== frame.contentWindow) return;
    const type = typeof data?.type === 'string' ? data.type : '';
    if (!type.startsWith('apertur:')) return;
    const id = data.data?.id;
    if (typeof id === 'string') {
      images.add(id);
      button.textContent = `${caption} · ${images.size} ${received}`;
    }
    host.dispatchEvent(new CustomEvent(type, { detail: data.data, bubbles: true, composed: true }));
  });
})();
