// While records are on their way the page looks again every five seconds, for five minutes at most: looking must
// not keep a forgotten page signed in. What somebody has ticked is left alone.

const place = document.getElementById("registries");
let left = 60;

async function look() {
  if (left-- <= 0 || !place.isConnected) return;
  if (!document.hidden && !place.contains(document.activeElement) && !place.querySelector("[data-touched]")) {
    const answer = await fetch(place.dataset.moving, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer && !answer.redirected && answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...fresh.body.childNodes);
      if (!place.querySelector("progress")) return;
    }
  }
  setTimeout(look, 5000);
}

place.addEventListener("change", (event) => event.target.setAttribute("data-touched", ""));
setTimeout(look, 5000);
