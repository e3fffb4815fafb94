// With scripts the questionnaire opens one question at a time; without, the same buttons lead to the plain form.
for (const link of document.querySelectorAll("a[data-page]")) link.href = link.dataset.page;

// A clinic's tablet in a patient's hands has a button to give it back, and leaves nothing behind.
if (/tablet_h/.test(document.cookie)) import("./tablet.js");

// A page that Back brings out of the browser's memory may be another patient's on a shared tablet: ask again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
