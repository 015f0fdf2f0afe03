// The search of the documentation: an index that came with the page, and nothing asked of anybody.
const index = MiniSearch.loadJSON(found, {
  fields: ['title', 'text'],
  storeFields: ['title'],
  idField: 'name',
});
const input = document.getElementById('search');
const list = document.getElementById('results');
input.addEventListener('input', () => {
  const hits = index.search(input.value, { prefix: true, fuzzy: 0.1, boost: { title: 3 } }).slice(0, 8);
  list.replaceChildren(
    ...hits.map(({ id, title }) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = `${document.body.dataset.up}${id}.html`;
      link.textContent = title;
      item.append(link);
      return item;
    }),
  );
});
