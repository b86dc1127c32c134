// What a page does beyond being read: tables sort and filter, the look switches. Without scripts the
// page is whole; whatever is clicked here is made here.
(() => {
  'use strict';

  const make = (tag, attributes, text = '') => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };

  // The rows of a table as parts: each a body with a heading, or none, and the rows below it.
  const partsOf = (table) => [...table.tBodies].map((body) => {
    const [first, ...rest] = body.rows;
    const grouped = first.classList.contains('group');
    return { body, heading: grouped ? first : null, rows: grouped ? rest : [first, ...rest] };
  });

  // Figures by their number, text after them in the order of its letters, dashes last.
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value !== undefined) return [0, Number(cell.dataset.value), ''];
    const text = cell.textContent.trim();
    return text === '–' ? [2, 0, ''] : [1, 0, text];
  };
  const compare = (one, other) =>
    one[0] - other[0] || one[1] - other[1] || one[2].localeCompare(other[2], 'en', { numeric: true });

  const sortable = (table, parts) => {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = make('button', { type: 'button', class: 'sort' }, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener('click', () => {
        const before = heading.getAttribute('aria-sort');
        const way = { ascending: 'descending', descending: null }[before] ?? (before ? null : 'ascending');
        headings.forEach((one) => one.removeAttribute('aria-sort'));
        if (way) heading.setAttribute('aria-sort', way);
        const sign = way === 'descending' ? -1 : 1;
        for (const { body, rows } of parts) {
          const ordered = way
            ? rows.map((row) => [keyOf(row, column), row])
                .sort(([one], [other]) =>
                  // What is missing stays last either way.
                  one[0] === 2 || other[0] === 2 ? one[0] - other[0] : sign * compare(one, other))
                .map(([, row]) => row)
            : rows;
          body.append(...ordered);
        }
      });
    });
  };

  // A word is anywhere in a row; one such as k=4 is the whole cell of a column that begins so.
  const matches = (word, text, cells, titles) => {
    const [name, value] = word.split('=');
    const columns = titles.map((title) => value !== undefined && title.startsWith(name));
    return columns.some(Boolean) ? cells.some((cell, n) => columns[n] && cell === value) : text.includes(word);
  };

  const filtered = (table, parts, title) => {
    const all = parts.reduce((sum, part) => sum + part.rows.length, 0);
    if (all < 8) return;
    const box = make('div', { class: 'filter' });
    const input = make('input', { type: 'search', 'aria-label': `Filter rows of ${title}` });
    const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim().toLowerCase());
    input.placeholder = titles.includes('k') ? 'Filter rows: ukd k=4 …' : 'Filter rows …';
    const count = make('span', { role: 'status' });
    box.append(input, count);
    table.parentElement.before(box);
    input.addEventListener('input', () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { heading, rows } of parts) {
        const above = heading ? heading.textContent : '';
        let some = false;
        for (const row of rows) {
          const cells = [...row.cells].map((cell) => cell.textContent.trim().toLowerCase());
          const text = [above.toLowerCase(), ...cells].join(' ');
          row.hidden = !words.every((word) => matches(word, text, cells, titles));
          some ||= !row.hidden;
          shown += !row.hidden;
        }
        if (heading) heading.hidden = !some;
      }
      count.textContent = words.length ? `${shown} of ${all} rows` : '';
    });
  };

  for (const region of document.querySelectorAll('.scroll')) {
    const table = region.querySelector('table');
    const parts = partsOf(table);
    sortable(table, parts);
    filtered(table, parts, region.getAttribute('aria-label'));
  }

  // The look: as the system has it until the reader chooses.
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.look ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const look = make('button', { type: 'button', class: 'look' });
  const tell = () => { look.textContent = isDark() ? 'Light page' : 'Dark page'; };
  look.addEventListener('click', () => { root.dataset.look = isDark() ? 'light' : 'dark'; tell(); });
  dark.addEventListener('change', tell);
  tell();
  document.querySelector('header').prepend(look);
})();
