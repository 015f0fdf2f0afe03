// The search of the documentation (an index that came with the page, and nothing asked of anybody), the menu of small
// screens, and buttons that copy code.
const index = MiniSearch.loadJSON(found, {
  fields: ['title', 'heading', 'text'],
  storeFields: ['title', 'heading'],
  idField: 'id',
});
const input = document.getElementById('search');
const list = document.getElementById('results');
const options = { prefix: true, fuzzy: 0.15, combineWith: 'AND', boost: { title: 4, heading: 6 } };

const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

input.addEventListener('input', () => {
  const hits = index.search(input.value, options).slice(0, 8);
  const items = hits.map(({ id, title, heading }) => {
    const link = make('a', heading || title, { href: `${document.body.dataset.up}${id}` });
    if (heading) link.append(make('span', title));
    const item = document.createElement('li');
    item.append(link);
    return item;
  });
  if (items.length === 0 && input.value.trim() !== '')
    items.push(make('li', 'Nothing found.', { class: 'none' }));
  list.replaceChildren(...items);
});
input.addEventListener('keydown', ({ key }) => {
  const first = list.querySelector('a');
  if (key === 'Enter') first?.click();
  if (key === 'ArrowDown') first?.focus();
  if (key === 'Escape') {
    input.value = '';
    list.replaceChildren();
  }
});
list.addEventListener('keydown', (event) => {
  const links = [...list.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  const next = { ArrowDown: links[at + 1], ArrowUp: links[at - 1] ?? input, Escape: input }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  event.preventDefault();
  input.focus();
});

const menu = document.getElementById('menu');
menu.hidden = false;
document.body.classList.add('with-menu');
menu.addEventListener('click', () => {
  const isOpen = document.body.classList.toggle('menu-open');
  menu.setAttribute('aria-expanded', String(isOpen));
});
const rail = document.getElementById('rail');
const here = rail.querySelector('[aria-current]');
if (here && here.offsetTop > rail.clientHeight - 80) rail.scrollTop = here.offsetTop - rail.clientHeight / 2;

for (const block of navigator.clipboard ? document.querySelectorAll('main pre') : []) {
  const button = make('button', 'Copy', { type: 'button', class: 'copy' });
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(block.querySelector('code').textContent);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1_500);
  });
  const around = make('div', '', { class: 'code' });
  block.replaceWith(around);
  around.append(block, button);
}
