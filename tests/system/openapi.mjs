// node openapi.mjs DOCUMENT ANSWERS: is the document valid OpenAPI, and is every answer in ANSWERS
// ([{method, path, status, type, body}]) as the document says? Each documented path and status must be
// among them.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [document, answers] = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file, 'utf8')));
const complaints = [];

const verdict = await new Validator().validate(structuredClone(document));
if (!verdict.valid) complaints.push(`the document: ${JSON.stringify(verdict.errors)}`);

const ajv = new Ajv.default({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'api');

const escape = (part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
const resolve = (pointer) =>
  pointer
    .split('/')
    .slice(1)
    .reduce(
      (at, part) => at?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    );
const pointerOf = (method, path, status) => {
  const pointer = `/paths/${escape(path)}/${method}/responses/${status}`;
  const shared = resolve(pointer)?.$ref;
  return shared ? shared.slice(1) : pointer;
};

// A refusal of an unknown parameter names those that are known: the document must name the same.
function compareParameters(method, path, detail) {
  const known = detail.match(
    /^unknown parameter "no"; (?:this path takes none|allowed are: (.*))$/,
  );
  if (!known) return complaints.push(`${path}: ${detail}`);
  const told = (document.paths[path][method].parameters ?? [])
    .filter((one) => one.in === 'query')
    .map((one) => one.name);
  if (told.sort().join() !== (known[1] ?? '').split(', ').filter(Boolean).sort().join()) {
    complaints.push(`${path} takes ${known[1]}, and the document says ${told.join(', ')}`);
  }
}

const seen = new Set();
// "/api/v1/deliveries/42/oncall/drop" is one of "/api/v1/deliveries/{sequence}/{webhook}/drop".
const patterns = Object.keys(document.paths).map((path) => [
  path,
  new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
]);
const documented = (path) => patterns.find(([, pattern]) => pattern.test(path))?.[0] ?? path;
for (const { method, path, status, type, body } of answers) {
  const name = `${method} ${path} ${status}`;
  const plainPath = documented(path.split('?')[0]);
  const pointer = pointerOf(method, plainPath, status);
  const response = resolve(pointer);
  seen.add(`${method} ${plainPath} ${status}`);
  if (!response) {
    complaints.push(`${name} is not in the document`);
  } else if (!response.content) {
    if (body !== '') complaints.push(`${name} has a body`);
  } else if (!response.content[type]) {
    complaints.push(`${name} has the type ${type}`);
  } else if (type.endsWith('json')) {
    const validate = ajv.compile({ $ref: `api#${pointer}/content/${escape(type)}/schema` });
    if (!validate(JSON.parse(body)))
      complaints.push(`${name}: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 2000)}`);
    if (status === 400) compareParameters(method, plainPath, JSON.parse(body).detail);
  }
}
for (const [path, methods] of Object.entries(document.paths)) {
  for (const [method, { responses }] of Object.entries(methods)) {
    for (const status of Object.keys(responses)) {
      const name = `${method} ${path} ${status}`;
      if (!seen.has(name)) complaints.push(`${name} was never answered`);
    }
  }
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log('valid');
