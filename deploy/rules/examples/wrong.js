// ruleid: a-script-that-writes-markup
place.innerHTML = answer.words;
// ruleid: a-script-that-writes-markup
place.insertAdjacentHTML("beforeend", answer.words);
// ok: a-script-that-writes-markup
place.textContent = answer.words;
