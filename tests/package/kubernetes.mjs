// node kubernetes.mjs FOLDER: are the resources in it as the schemas say that the Kubernetes API
// and the Prometheus operator publish, and would these notice a value of another type? A field that
// they do not know they allow.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const folder = process.argv[2];
const complaints = [];
let count = 0;

// By API group and version: "apps/v1" of one package, the operator's of another.
async function modelOf({ apiVersion, kind }) {
  const [group, version = group] = apiVersion.split('/');
  const path = group === version ? version : `${group}/${version}`;
  const isOfOperator = group === 'monitoring.coreos.com';
  const from = isOfOperator ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  return (await import(`${from}/${path}/${kind}`))[kind];
}

const faultOf = (Model, resource) => {
  try {
    new Model(resource).validate();
    return null;
  } catch (error) {
    return error.message;
  }
};

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
    const resource = document.toJS();
    if (!resource) continue;
    ++count;
    const Model = await modelOf(resource);
    const fault = faultOf(Model, resource);
    if (fault) complaints.push(`${file}: ${resource.kind}: ${fault}`);
    const wrong = structuredClone(resource);
    wrong.metadata.name = { not: 'a name' };
    if (!faultOf(Model, wrong)) complaints.push(`${file}: nobody noticed a name that is none`);
  }
}

if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
console.log(`${count} resources are valid`);
