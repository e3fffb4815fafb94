// The small tools at the top: text size, language, reading aloud.

import { app, byId, page } from "./question.js";
import { ref } from "./start.js";
import { note } from "./saying.js";

const text = page.text;

/** Kept as a cookie because the pages that the server makes read it too. */
function cookie(name, value) {
  const secure = location.protocol === "https:";
  document.cookie = `${secure ? "__Host-" : ""}${name}=${value}; Path=/; Max-Age=34560000; SameSite=Lax${secure ? "; Secure" : ""}`;
}

function sizes() {
  const root = document.documentElement;
  const name = () => byId("size").setAttribute("aria-label", `A+ ${text.size[Number(root.dataset.text || 1) - 1]}`);
  name();
  byId("size").onclick = () => {
    root.dataset.text = String((Number(root.dataset.text || 1) % 3) + 1);
    cookie("text_size", root.dataset.text);
    name();
  };
}

function languages() {
  for (const link of document.querySelectorAll("[data-language]"))
    link.onclick = async (event) => {
      event.preventDefault();
      await app.remembered;
      // What lives only in this page must be at the hospital before the page goes.
      if (!app.store.durable && !(await app.outbox.flush())) return note(text.memory_switch);
      cookie("language", link.dataset.language);
      const [, q, instrument, , digest] = location.pathname.split("/");
      return location.replace(`/${q}/${instrument}/${link.dataset.language}/${digest}#${ref}`);
    };
}

/* Reading aloud, with the browser's own voice of this language, where it has one */

const voice = () => {
  const wanted = page.language.split("-")[0];
  const fits = speechSynthesis.getVoices().filter(({ lang }) => lang.toLowerCase().startsWith(wanted) || (wanted === "zh" && /^cmn/i.test(lang)));
  return fits.find(({ localService }) => localService) || fits[0];
};

function spoken() {
  if (document.body.dataset.view !== "question") return [...document.querySelectorAll("main section:not([hidden]) :is(h2, p)")].filter((part) => part.offsetParent);
  const sets = document.querySelectorAll("fieldset.question:not([hidden])");
  return [...sets].flatMap((set) => [...set.querySelectorAll(".recall, .ask, .hint, .opt span, .ends span")].filter((part) => part.offsetParent));
}

function reading() {
  const button = byId("read");
  const usual = button.textContent;
  const quiet = () => {
    button.setAttribute("aria-pressed", "false");
    button.textContent = usual;
  };
  button.onclick = () => {
    const going = button.getAttribute("aria-pressed") === "true";
    speechSynthesis.cancel();
    if (going) return quiet();
    const words = new SpeechSynthesisUtterance(spoken().map((part) => part.textContent.trim()).join("\n"));
    Object.assign(words, { lang: page.language.replace("-Hans", "-CN"), voice: voice(), rate: 0.9, onend: quiet, onerror: quiet });
    button.setAttribute("aria-pressed", "true");
    button.textContent = text.stop;
    return speechSynthesis.speak(words);
  };
  const look = () => (button.hidden = !voice());
  look();
  speechSynthesis.addEventListener?.("voiceschanged", look);
  for (const id of ["next", "back"]) byId(id).addEventListener("click", () => (speechSynthesis.cancel(), quiet()));
  addEventListener("pagehide", () => speechSynthesis.cancel());
}

export function start() {
  sizes();
  languages();
  if (globalThis.speechSynthesis && globalThis.SpeechSynthesisUtterance) reading();
}
