// Asking in an interview: number keys answer, Enter goes on, what was entered is kept meanwhile. Without this
// script the same page works with Tab, arrow keys and its buttons.

import { figures } from "./figures.js";

const form = document.querySelector("form[data-keys]");
const sets = [...form.querySelectorAll("fieldset[data-item]")];
const status = form.querySelector(".keeping");
const PAUSE = 900; // milliseconds in which a second digit belongs to the first: 1, then 0, is 10
let typed = { in: null, text: "", at: 0, later: 0 };

const radios = (set) => [...set.querySelectorAll("input[type=radio]")];

function goTo(set) {
  if (!set) return form.querySelector(".bar button").focus();
  const fields = [...set.querySelectorAll("input:not([type=hidden]), textarea, select")].filter((field) => field.offsetParent);
  (fields.find((field) => field.checked) ?? fields[0]).focus();
  set.scrollIntoView({ block: "center" });
}

const next = (set) => goTo(sets[sets.indexOf(set) + 1]);

function pick(set, text) {
  const found = radios(set).find((radio) => radio.value === text);
  if (!found) return false;
  found.checked = true;
  found.focus();
  found.dispatchEvent(new Event("change", { bubbles: true }));
  const longer = radios(set).some((radio) => radio.value !== text && radio.value.startsWith(text));
  clearTimeout(typed.later);
  if (longer) typed.later = setTimeout(() => document.activeElement === found && next(set), PAUSE);
  else next(set);
  return true;
}

function digit(set, key) {
  const goesOn = typed.in === set && Date.now() - typed.at < PAUSE;
  typed = { ...typed, in: set, text: goesOn ? typed.text + key : key, at: Date.now() };
  if (pick(set, typed.text)) return;
  const begins = radios(set).some((radio) => radio.value.startsWith(typed.text));
  if (begins) return;
  typed.text = key;
  pick(set, key);
}

form.addEventListener("keydown", (event) => {
  const set = event.target.closest("fieldset[data-item]");
  if (!set || event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea, select")) return;
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    next(set);
  } else if (/^\d$/.test(event.key) && radios(set).length) {
    event.preventDefault();
    digit(set, event.key);
  }
});

// The draft is saved a moment after each change, one request at a time, and at once when the page is left.
let due = 0; // a save that has not begun yet
let saving = Promise.resolve();

async function save() {
  due = 0;
  const body = new FormData(form);
  body.set("action", "quietly");
  try {
    const answer = await fetch(location.pathname, { method: "POST", body, redirect: "manual", keepalive: true });
    if (due) return; // of what was changed meanwhile nothing is said yet
    const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    status.textContent = answer.status === 204 ? `${form.dataset.saved} ${clock}` : form.dataset.unsaved;
  } catch {
    status.textContent = form.dataset.unsaved;
  }
}

form.addEventListener("change", () => {
  clearTimeout(due);
  status.textContent = "";
  due = setTimeout(() => (saving = saving.then(save)), 600);
});
form.addEventListener("submit", () => (due = clearTimeout(due)));
addEventListener("pagehide", () => due && (clearTimeout(due), save()));
figures(form);
