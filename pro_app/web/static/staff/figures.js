// The body figure on staff pages: it shows and changes what the list of places says, so the two can't disagree.

/** Make every figure of a form answer to presses. */
export function figures(form) {
  for (const figure of form.querySelectorAll("[data-figure]")) alive(form, figure);
}

function alive(form, figure) {
  const item = figure.dataset.figure;
  const boxes = new Map([...form.querySelectorAll(`input[type=checkbox][name="${item}"]`)].map((box) => [box.value, box]));
  const worst = form.querySelector(`select[name="${item}_worst"]`);
  const nothing = form.querySelector(`input[name="${item}_none"]`);
  const draw = () => {
    for (const shape of figure.querySelectorAll("[data-region]")) {
      shape.classList.toggle("shaded", boxes.get(shape.dataset.region).checked);
      shape.classList.toggle("worst", worst.value === shape.dataset.region);
    }
  };
  figure.hidden = false;
  figure.addEventListener("click", (event) => {
    const shape = event.target.closest("[data-region]");
    if (!shape) return;
    const box = boxes.get(shape.dataset.region);
    box.checked = !box.checked;
    if (!box.checked && worst.value === box.value) worst.value = "";
    if (box.checked) nothing.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
  figure.closest("fieldset").addEventListener("change", draw);
  figure.closest("fieldset").querySelector("details").open = false;
  draw();
}
