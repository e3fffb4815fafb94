// While an export is being made its page looks every second how far it is, for ten minutes at most: looking must
// not keep a forgotten page signed in. When it has ended the page is loaded anew and says so.

const bar = document.getElementById("bar");
let left = 600;

async function look() {
  if (left-- <= 0) return;
  const answer = await fetch(bar.dataset.standing, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer && (answer.redirected || (answer.status >= 400 && answer.status < 500))) return location.reload();
  if (answer?.ok) {
    const now = await answer.json();
    if (now.state !== "working") return location.reload();
    bar.value = now.percent;
    document.getElementById("percent").value = `${now.percent} %`;
    document.getElementById("said").textContent = now.said;
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
