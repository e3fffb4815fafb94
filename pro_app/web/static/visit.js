// With scripts the questionnaire opens one question at a time; without, the same buttons lead to the plain form.
for (const link of document.querySelectorAll("a[data-page]")) link.href = link.dataset.page;

// A page that Back brings out of the browser's memory may be another patient's on a shared tablet: ask again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
