// The `fhir` package's validator: one JSON resource per line in, one JSON list of faults per line out.
// Warnings are left out: they say that codes of other code systems can't be looked up here.
import { createInterface } from 'node:readline';
import fhir from 'fhir';

const validator = new fhir.Fhir();
for await (const line of createInterface({ input: process.stdin })) {
  const { messages } = validator.validate(JSON.parse(line), { errorOnUnexpected: true });
  console.log(JSON.stringify(messages.filter((one) => one.severity === 'error' || one.severity === 'fatal')));
}
