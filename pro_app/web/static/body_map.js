// The body diagram. The checkboxes of the list hold the answer; the figure only shades what they say, so
// list, figure, keyboard and screen reader can't disagree.

import { byId, listed, make, read, setOf } from "./question.js";

function drawn(name, attributes, words = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.textContent = words;
  return made;
}

class BodyMap {
  constructor(item, drawing) {
    this.item = item;
    this.set = setOf(item);
    this.figure = byId(`${item}-figure`);
    this.list = byId(`${item}-list`);
    this.worst = byId(`${item}_worst`);
    this.before = [];
    this.boxes = new Map([...this.list.querySelectorAll("input[type=checkbox]")].map((box) => [box.value, box]));
    this._draw_in(drawing);
    this._shapes();
    this._buttons();
    this.set.addEventListener("change", () => this._draw());
    this.set.addEventListener("written", () => this._draw());
    this.set.querySelector(".spots").hidden = false;
    this.set.querySelector(".ways").hidden = false;
    // Who has waited too long is choosing from the list by now, and goes on with it.
    const choosing = !this.set.hidden && !this.list.hidden && (this.list.contains(document.activeElement) || read(item).value.regions.length);
    if (choosing) this._name_ways();
    else listed(item, false);
    this._side("back");
    this._draw();
  }

  /** The drawing has no words: places are called as in the list, sides as in the page. */
  _draw_in(drawing) {
    const canvas = this.figure.querySelector(".canvas");
    for (const side of drawing.querySelectorAll(".body")) {
      const body = document.importNode(side, true);
      const { left, right, [side.dataset.side]: name } = canvas.dataset;
      body.setAttribute("role", "group");
      body.setAttribute("aria-label", name);
      const seen = side.dataset.side === "front" ? [right, left] : [left, right];
      seen.forEach((words, index) => body.append(drawn("text", { class: "sides", x: 20 + 160 * index, y: 24, "text-anchor": index ? "end" : "start", "aria-hidden": "true" }, words)));
      for (const shape of body.querySelectorAll("[data-region]")) shape.append(drawn("title", {}, this._name(shape.dataset.region)));
      canvas.append(body);
    }
  }

  _name(region) {
    return this.boxes.get(region).nextElementSibling.textContent;
  }

  _shapes() {
    this.shapes = [...this.figure.querySelectorAll("[data-region]")];
    for (const shape of this.shapes) {
      shape.setAttribute("role", "checkbox");
      shape.setAttribute("tabindex", "-1");
      shape.onclick = () => this._toggle(shape);
    }
    for (const side of this.figure.querySelectorAll("svg")) {
      side.querySelector("[data-region]").setAttribute("tabindex", "0");
      side.onkeydown = (event) => this._key(side, event);
    }
  }

  /** One stop of the tab key for each side; arrows go from place to place, space or enter shades. */
  _key(side, event) {
    const shapes = [...side.querySelectorAll("[data-region]")];
    const at = shapes.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (at < 0 || (!step && event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    if (!step) return this._toggle(shapes[at]);
    const to = shapes[(at + step + shapes.length) % shapes.length];
    shapes[at].setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  }

  _buttons() {
    for (const tab of this.figure.querySelectorAll("[data-show]")) tab.onclick = () => this._side(tab.dataset.show);
    const button = (name) => this.set.querySelector(`[data-do=${name}]`);
    this.undo = button("undo");
    this.undo.onclick = () => this._become(this.before.pop());
    button("zoom").onclick = ({ currentTarget }) => {
      const large = this.figure.classList.toggle("large");
      currentTarget.setAttribute("aria-pressed", String(large));
    };
    this.ways = button("list");
    this.ways.onclick = () => {
      listed(this.item, this.list.hidden);
      this._name_ways();
    };
  }

  _side(side) {
    this.figure.dataset.side = side;
    for (const tab of this.figure.querySelectorAll("[data-show]")) tab.setAttribute("aria-pressed", String(tab.dataset.show === side));
  }

  /** The button between figure and list says what it would show. */
  _name_ways() {
    [this.ways.textContent, this.ways.dataset.other] = [this.ways.dataset.other, this.ways.textContent];
  }

  _toggle(shape) {
    this.before.push(read(this.item).value);
    const box = this.boxes.get(shape.dataset.region);
    box.checked = !box.checked;
    this._tell();
  }

  _become(value) {
    for (const [region, box] of this.boxes) box.checked = value.regions.includes(region);
    this.worst.value = value.worst || "";
    this._tell();
  }

  _tell() {
    this.worst.dispatchEvent(new Event("change", { bubbles: true }));
  }

  _draw() {
    const { regions, worst } = read(this.item).value;
    if (!worst) this.worst.value = "";
    for (const shape of this.shapes) {
      const shaded = regions.includes(shape.dataset.region);
      shape.classList.toggle("shaded", shaded);
      shape.classList.toggle("is-worst", shape.dataset.region === worst);
      shape.setAttribute("aria-checked", String(shaded));
    }
    this._cross(worst);
    this._spots(regions, worst);
    this.undo.disabled = !this.before.length;
  }

  _cross(worst) {
    for (const old of this.figure.querySelectorAll(".cross")) old.remove();
    const shape = this.shapes.find(({ dataset }) => dataset.region === worst);
    if (!shape) return;
    shape.parentNode.append(drawn("path", { class: "cross", "aria-hidden": "true", transform: `translate(${shape.dataset.middle})`, d: "M-5-5L5 5M5-5L-5 5" }));
  }

  /** The shaded places as answers to "where does it hurt most?". */
  _spots(regions, worst) {
    const room = this.set.querySelector(".hurts-most");
    this.set.querySelector(".none-yet").hidden = regions.length > 0;
    room.hidden = !regions.length;
    const focused = document.activeElement?.name === `${this.item}-spot` && document.activeElement.value;
    for (const old of room.querySelectorAll("label")) old.remove();
    for (const region of regions) {
      const radio = make("input", { type: "radio", name: `${this.item}-spot`, value: region, checked: region === worst });
      radio.addEventListener("change", (event) => {
        event.stopPropagation();
        this.before.push(read(this.item).value);
        this.worst.value = region;
        this._tell();
      });
      room.append(make("label", { className: "spot" }, radio, make("span", {}, this._name(region))));
      if (region === focused) radio.focus();
    }
  }
}

/** Draw the figure of each of these items; throws when it can't be had. */
export async function start(items) {
  for (const item of items) {
    setOf(item);
    const reply = await fetch(byId(`${item}-figure`).dataset.address);
    if (!reply.ok) throw new Error(reply.statusText);
    new BodyMap(item, new DOMParser().parseFromString(await reply.text(), "image/svg+xml"));
  }
}
