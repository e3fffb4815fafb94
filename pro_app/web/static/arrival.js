// What the hospital knows of this visit, asked once the first question is there.

import { app, begun, end, indexOf, mine, page, say, show, take, warn } from "./question.js";
import { ref } from "./start.js";

const text = page.text;

/** Ask the hospital about the visit, and take over what another device answered meanwhile. */
export async function arrive() {
  const { outbox } = app;
  if (begun() && !app.locked) say("saved");
  const { visit, fresh, refusal } = await outbox.visit(ref);
  app.visit = visit || app.visit;
  if (refusal && !app.locked) return say("refused", refusal.message);
  if (!visit && !app.locked) return say("note", text.unreachable);
  const entry = visit?.instruments.find(({ id }) => id === page.instrument);
  if (!fresh || !entry) return outbox.now();
  if (entry.state === "sent" && !app.locked) return end("sent");
  if (app.locked) return outbox.now();
  const { ahead } = await outbox.merge(ref, page.instrument, entry);
  app.draft = (await app.store.get(mine("draft"))) || app.draft;
  if (!app.touched) {
    take(await app.store.list(mine("answer")));
    if (ahead && entry.position) {
      show(indexOf(entry.position), false);
      say("note", text.resumed);
    }
  }
  warn(page.screens[app.screen]);
  if (begun()) say("saved");
  return outbox.now();
}
