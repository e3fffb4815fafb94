// The keyboard in lists: "/" goes to the search field, the arrow keys from cell to cell of a table.
// Everything works without this by Tab and Enter.

const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const search = document.querySelector('input[type="search"]');
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function enter(cell) {
  const inside = cell.querySelector("a, button");
  if (!inside) cell.tabIndex = -1; // may be entered by arrows, is no stop for Tab
  (inside ?? cell).focus();
}

for (const table of document.querySelectorAll("table[data-keys]")) {
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest("td, th");
    if (!step || !cell || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = table.rows[cell.parentNode.rowIndex + step[0]];
    const next = row?.cells[cell.cellIndex + step[1]];
    if (!next) return;
    event.preventDefault();
    enter(next);
  });
}
