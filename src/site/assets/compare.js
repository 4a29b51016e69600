// Enhancement only: puts up to three occupations of the reader's choice side by side, out of the pages that each of
// them has here. Which ones stands in the address (?o=CODE,CODE), so that a comparison can be passed on.
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
    const url = new URL(`${encodeURIComponent(code)}/`, location.href);
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
  function part(found, name, url) {
    const node = d.importNode(found, true);
    const named = id => `${name}-${id}`;
    for (const one of [node, ...node.querySelectorAll('*')]) {
      if (one.id) one.id = named(one.id);
      for (const attribute of ['aria-labelledby', 'aria-describedby']) {
        const ids = one.getAttribute(attribute);
        if (ids) one.setAttribute(attribute, ids.split(/\s+/).map(named).join(' '));
      }
      if (one.localName === 'a' && one.hasAttribute('href')) one.setAttribute('href', new URL(one.getAttribute('href'), url).href);
    }
    return node;
  }

  const section = ({ page, url }, id) => part(page.getElementById(id).closest('section'), 'p', url);
  const make = (name, text, scope) => {
    const node = d.createElement(name);
    if (scope) node.scope = scope; else node.className = 'n';
    node.textContent = text;
    return node;
  };

  // Each page's first column is its own occupation.
  function sides(found) {
    const whole = section(found[0], 'h-sides');
    const columns = whole.querySelector('.sides');
    columns.className = found.length > 2 ? 'three sides' : 'two sides';
    columns.replaceChildren(...found.map(({ page, url }, place) => part(page.querySelector('.side'), `p${place}`, url)));
    return whole;
  }

  // Rows of all pages by their names, where a page has a row that those before it lack, behind the one it follows there.
  function merged(tables) {
    const rows = [];
    tables.forEach((table, place) => {
      let after = -1;
      for (const { cells } of table.tBodies[0].rows) {
        if (cells[1].colSpan > 1) continue;
        const name = cells[0].textContent;
        let at = rows.findIndex(row => row.name === name);
        if (at < 0) rows.splice(at = after + 1, 0, { name, head: cells[0], values: [] });
        rows[at].values[place] = cells[1].textContent;
        after = at;
      }
    });
    return rows;
  }

  function measures(found) {
    const whole = section(found[0], 'h-measures');
    const tables = found.map(({ page }) => page.getElementById('h-measures').closest('section').querySelector('table'));
    const table = whole.querySelector('table');
    const head = table.tHead.rows[0];
    head.replaceChildren(head.cells[0], ...tables.map((one, place) => part(one.tHead.rows[0].cells[1], `p${place}`, found[place].url)));
    const rows = merged(tables);
    const lines = rows.map(({ head, values }) => {
      const line = d.createElement('tr');
      line.append(d.importNode(head, true), ...tables.map((_, place) => make('td', values[place] ?? '–')));
      return line;
    });
    // Of two, as the pages of this site tell it: how many models have the difference in the same direction.
    const models = rows.filter(row => row.head.querySelector('.named'));
    const both = models.map(row => row.values.map(Number)).filter(([a, b]) => isFinite(a) && isFinite(b));
    if (found.length === 2 && both.length > 1) {
      const cell = make('td', `${both.filter(([a, b]) => a > b).length} of ${both.length}`);
      cell.colSpan = 2;
      const line = d.createElement('tr');
      line.append(make('th', 'Models that put the first higher', 'row'), cell);
      lines.splice(rows.indexOf(models[models.length - 1]) + 1, 0, line);
    }
    table.tBodies[0].replaceChildren(...lines);
    const notes = new Set(found.flatMap(({ page }) => [...page.querySelectorAll('[data-first]')].map(note => note.textContent)));
    whole.querySelector('.notes')?.replaceChildren(...[...notes].map(note => {
      const item = d.createElement('li');
      item.textContent = note;
      return item;
    }));
    return whole;
  }

  let latest = 0;
  async function show(codes) {
    const mine = ++latest;
    live.textContent = 'Loading';
    try {
      const found = await Promise.all(codes.map(page));
      // Another choice was made meanwhile.
      if (mine !== latest) return;
      out.replaceChildren(sides(found), measures(found));
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
