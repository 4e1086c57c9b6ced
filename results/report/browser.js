/** What the pages do in a browser: heads of tables sort, filters hide rows, and print shows what is folded. */
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  const original = [...table.tBodies[0].rows];
  for (const [column, head] of heads.entries()) {
    head.querySelector('button').addEventListener('click', () => sortBy(table, heads, original, column));
  }
}

/** As the head says first, then the other way round, then as it was. */
function sortBy(table, heads, original, column) {
  const head = heads[column];
  const [first, other] = 'descending' in head.dataset ? ['descending', 'ascending'] : ['ascending', 'descending'];
  const now = head.getAttribute('aria-sort');
  const next = now === null ? first : now === first ? other : null;
  for (const one of heads) one.removeAttribute('aria-sort');
  if (next !== null) head.setAttribute('aria-sort', next);
  const rows =
    next === null
      ? original
      : [...original].sort((a, b) => compare(sortKey(a.cells[column]), sortKey(b.cells[column]), next));
  table.tBodies[0].append(...rows);
}

/** A number where it is one, null where there is nothing. */
function sortKey(cell) {
  const text = cell.dataset.sort ?? cell.textContent.trim();
  if (text === '' || text === '-') return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** What is missing comes last, whatever the order. */
function compare(a, b, order) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const sign = order === 'ascending' ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}

for (const input of document.querySelectorAll('.filter input')) {
  const rows = [...input.closest('.filter').nextElementSibling.querySelectorAll('tbody tr')];
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}

/** Folded parts that print opened, to be folded again. */
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const part of opened) part.open = true;
});
addEventListener('afterprint', () => {
  for (const part of opened) part.open = false;
});
