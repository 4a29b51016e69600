// Enhancement only: puts up to three occupations of the reader's choice side by side, out of their own pages.
// Which ones stands in the address (?o=CODE,CODE), so that a comparison can be passed on.
(() => {
  const d = document;
  const form = d.getElementById('picker');
  const all = d.getElementById('all');
  const out = d.getElementById('compared');
  const live = d.getElementById('compare-live');
  if (!form || !all || !out || !live || !window.fetch) return;
  const selects = [...form.querySelectorAll('select')];
  const known = new Map();
  const pages = new Map();

  // The last folder of a link to a comparison is that of the occupation, too.
  const folder = link => link.getAttribute('href').split('/').filter(Boolean).pop();

  function fill(select) {
    select.append(new Option('–', ''));
    for (const group of all.querySelectorAll('details')) {
      const options = d.createElement('optgroup');
      options.label = group.querySelector('summary').textContent;
      for (const link of group.querySelectorAll('a')) {
        known.set(folder(link), link.textContent);
        options.append(new Option(link.textContent, folder(link)));
      }
      select.append(options);
    }
  }

  function page(code) {
    const url = new URL(`../o/${encodeURIComponent(code)}/`, location.href);
    if (!pages.has(code)) {
      const got = fetch(url).then(answer => {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text();
      }).then(text => ({ url, page: new DOMParser().parseFromString(text, 'text/html') }));
      // A page that did not come may come the next time.
      got.catch(() => pages.delete(code));
      pages.set(code, got);
    }
    return pages.get(code);
  }

  // A part of another page: its links lead on from there, and its ids must not be those of other parts.
  function part(found, place, url) {
    const node = d.importNode(found, true);
    const every = [node, ...node.querySelectorAll('*')];
    for (const one of every) {
      if (one.id) one.id = `p${place}-${one.id}`;
      for (const name of ['aria-labelledby', 'aria-describedby']) {
        const ids = one.getAttribute(name);
        if (ids) one.setAttribute(name, ids.split(/\s+/).map(id => `p${place}-${id}`).join(' '));
      }
      if (one.localName === 'a' && one.hasAttribute('href')) one.setAttribute('href', new URL(one.getAttribute('href'), url).href);
    }
    return node;
  }

  function side(code, place, { url, page }) {
    const article = d.createElement('article');
    article.className = 'panel side';
    const head = d.createElement('h3');
    const link = d.createElement('a');
    link.href = url.href;
    link.textContent = known.get(code);
    head.append(link);
    article.append(head);
    for (const one of ['.hero', '.facts', '#tasks']) {
      const found = page.querySelector(one);
      if (found) article.append(part(found, place, url));
    }
    return article;
  }

  let latest = 0;
  async function show(codes) {
    const mine = ++latest;
    live.textContent = 'Loading';
    try {
      const found = await Promise.all(codes.map(page));
      // Another choice was made meanwhile.
      if (mine !== latest) return;
      const section = d.createElement('section');
      const head = d.createElement('h2');
      head.textContent = 'Side by side';
      const sides = d.createElement('div');
      sides.className = codes.length > 2 ? 'three sides' : 'two sides';
      sides.append(...codes.map((code, place) => side(code, place, found[place])));
      section.append(head, sides);
      out.replaceChildren(section);
      live.textContent = `Showing ${codes.map(code => known.get(code)).join(', ')}`;
    } catch {
      if (mine === latest) live.textContent = 'These pages could not be loaded; the links below lead to them.';
    }
  }

  const chosen = () => [...new Set(selects.map(select => select.value).filter(Boolean))];

  selects.forEach(fill);
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('change', () => {
    const codes = chosen();
    const address = new URL(location.href);
    address.search = codes.length ? `?o=${codes.map(encodeURIComponent).join(',')}` : '';
    history.replaceState(null, '', address);
    if (codes.length) show(codes);
  });
  const asked = (new URLSearchParams(location.search).get('o') || '').split(',').filter(code => known.has(code));
  const codes = [...new Set(asked)].slice(0, selects.length);
  // Without a choice the pair that is on the page already stands in the picker.
  const shown = [...out.querySelectorAll('.side > h3 > a')].map(folder).filter(code => known.has(code));
  (codes.length ? codes : shown).forEach((code, place) => { if (selects[place]) selects[place].value = code; });
  form.hidden = false;
  if (codes.length) show(codes);
})();
