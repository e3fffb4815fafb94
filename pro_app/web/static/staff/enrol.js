// Enrolment: what would be sent is shown as soon as there is a day, and follows each change. Without this
// script a button shows the same.

const form = document.querySelector("main form[action]");
const panel = document.getElementById("rehearsal");
const place = panel.querySelector(".rehearsal");
const asked = ["site", "surgery_planned_on", "language"];
const ways = ["phone", "email", "family_phone"];
let latest = 0;

form.querySelector("button[value=rehearse]").hidden = true;

async function rehearse() {
  const query = new URLSearchParams();
  for (const name of asked) query.set(name, form.elements[name].value);
  // That there is a number is enough to know; the number itself has no place in an address.
  for (const name of ways) if (form.elements[name].value.trim()) query.set(name, "1");
  if (!query.get("surgery_planned_on")) {
    panel.hidden = true;
    return;
  }
  const mine = ++latest;
  const answer = await fetch(`${panel.dataset.address}?${query}`, { redirect: "manual" }).catch(() => null);
  if (mine !== latest || !answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.body.childNodes);
  panel.hidden = false;
}

for (const name of [...asked, ...ways]) form.elements[name].addEventListener("change", rehearse);
rehearse();
