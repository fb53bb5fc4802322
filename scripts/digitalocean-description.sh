#!/usr/bin/env bash
# Writes playground/upstream/digitalocean/testdata/description.json anew: what
# DigitalOcean's description of its API says of the operations that the practice App
# Platform serves, as JSON Schema. The description is https://github.com/digitalocean/openapi
# (Apache-2.0). Nobody needs to run this but whoever adds an operation, or takes a newer
# description. It takes a clone of that repository as its argument, if there is one.
set -euo pipefail
commit=7c1300c479fed9c353cda9fc21cd968619552304
from=${1:-https://github.com/digitalocean/openapi}
target=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/playground/upstream/digitalocean/testdata/description.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
git clone --quiet --no-checkout "$from" openapi
git -C openapi archive "$commit" specification | tar x
npm install --silent --no-audit --no-fund --ignore-scripts yaml@2.8.1
node - "$commit" >"$target" <<'JS'
const fs = require('fs'), path = require('path'), yaml = require('yaml')
const commit = process.argv[2]
const read = file => yaml.parse(fs.readFileSync(file, 'utf8'), { maxAliasCount: -1 })
const top = 'specification/DigitalOcean-public.v2.yaml'
const operations = [
  ['get', '/v2/apps'], ['post', '/v2/apps/propose'], ['get', '/v2/apps/tiers/instance_sizes'], ['get', '/v2/apps/{id}'], ['put', '/v2/apps/{id}'], ['get', '/v2/apps/{app_id}/health'],
  ['get', '/v2/apps/{app_id}/deployments'], ['post', '/v2/apps/{app_id}/deployments'], ['get', '/v2/apps/{app_id}/deployments/{deployment_id}'],
  ['get', '/v2/apps/{app_id}/deployments/{deployment_id}/logs'], ['get', '/v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/logs'],
  ['post', '/v2/apps/{app_id}/deployments/{deployment_id}/cancel'], ['post', '/v2/apps/{app_id}/rollback'], ['post', '/v2/apps/{app_id}/rollback/validate'],
  ['post', '/v2/apps/{app_id}/rollback/commit'], ['post', '/v2/apps/{app_id}/rollback/revert'],
]
// follow is what stands where a $ref in a file leads, and in which file that is.
function follow(file, node) {
  while (node && node.$ref) {
    const [to, fragment] = node.$ref.split('#')
    if (to) file = path.normalize(path.join(path.dirname(file), to))
    node = (fragment || '').split('/').filter(Boolean).reduce((at, key) => at[key], read(file))
  }
  return [file, node]
}
const kept = ['type', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'required']
const defs = {}
// schema is one of OpenAPI 3.0 as JSON Schema 2020-12, in which an object has no other
// properties than the described ones. A part of a whole leaves that to the whole.
function schema(file, s, part) {
  if (s.$ref) {
    const [to, named] = follow(file, s)
    const name = path.basename(to, '.yml') + s.$ref.replace(/^[^#]*/, '').replace(/[#/]/g, '.') + (part ? '.part' : '')
    if (!(name in defs)) {
      defs[name] = null
      defs[name] = schema(to, named, part)
    }
    return { $ref: '#/$defs/' + name }
  }
  const out = {}
  for (const key of kept) if (key in s) out[key] = s[key]
  for (const key of ['oneOf', 'anyOf', 'allOf']) if (s[key]) out[key === 'oneOf' ? 'anyOf' : key] = s[key].map(one => schema(file, one, true))
  if (s.items) out.items = schema(file, s.items)
  if (s.properties) out.properties = Object.fromEntries(Object.entries(s.properties).map(([name, one]) => [name, schema(file, one)]))
  if (s.additionalProperties) out.additionalProperties = s.additionalProperties === true ? true : schema(file, s.additionalProperties)
  else if (!part && (s.properties || s.allOf || s.anyOf || s.oneOf)) out.unevaluatedProperties = false
  if (s.nullable && out.type) out.type = [out.type, 'null']
  return out
}
const paths = {}
const all = read(top).paths
for (const [method, at] of operations) {
  const [file, operation] = follow(top, all[at][method])
  const status = Object.keys(operation.responses).find(one => one.startsWith('2'))
  const [where, response] = follow(file, operation.responses[status])
  const query = (operation.parameters || []).map(p => follow(file, p)[1]).filter(p => p.in === 'query').map(p => p.name).sort()
  paths[method.toUpperCase() + ' ' + at] = { status: Number(status), query, answer: response.content ? schema(where, response.content['application/json'].schema) : true }
}
const license = 'Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0; changed: only the shapes of these operations, as JSON Schema 2020-12'
console.log(JSON.stringify({ source: 'https://github.com/digitalocean/openapi at ' + commit, license, paths, $defs: defs }, null, 1))
JS
