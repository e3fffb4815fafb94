// Typing in a form on paper: the next field follows as soon as a code is complete. Without this script the
// Tab key does the same.

import { figures } from "./figures.js";

const form = document.querySelector("form[data-typing]");
const fields = [...form.querySelectorAll("input[data-codes]")];
const stops = [...form.querySelectorAll("input[data-codes], textarea, input[type=checkbox], select, button[name=step]")];

/** Whether no other code of the item begins with what stands there. */
function complete(field) {
  const codes = field.dataset.codes.split(" ");
  const typed = field.value.normalize("NFKC").trim();
  return codes.includes(typed) && !codes.some((code) => code !== typed && code.startsWith(typed));
}

function onward(field, step = 1) {
  const visible = stops.filter((stop) => stop.offsetParent);
  visible[visible.indexOf(field) + step]?.focus();
}

for (const field of fields) {
  field.addEventListener("input", () => complete(field) && onward(field));
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    onward(field, step);
  });
}
figures(form);
document.getElementById("judged")?.scrollIntoView({ block: "center" });
