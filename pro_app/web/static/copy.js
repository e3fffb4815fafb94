// The button that prints is there only where it can do that.
const button = document.querySelector(".copy-print");
if (button && window.print) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
