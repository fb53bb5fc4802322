#!/usr/bin/env bash
# Writes playground/upstream/github/testdata/description.json anew: what GitHub's
# description of its REST API says of the operations that the practice GitHub serves, as
# JSON Schema. The description is https://github.com/github/rest-api-description (MIT), in
# the version that the npm package below carries. Nobody needs to run this but whoever
# adds an operation, or takes a newer description.
set -euo pipefail
package=@octokit/openapi@23.0.2
sha512=a55f0cecbf46636dc0c9b36f4e6a369f28e6a669edebedac444fedaabd192d070f4b8967c3bbb979918d9b044d9010b70fb8195db171e401f32d455105718386
target=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/playground/upstream/github/testdata/description.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tarball=$(npm pack --silent "$package")
echo "$sha512  $tarball" | sha512sum --check --quiet
tar xzf "$tarball" package/generated/api.github.com.json
node - package/generated/api.github.com.json "$package" >"$target" <<'JS'
const [file, source] = process.argv.slice(2)
const all = JSON.parse(require('fs').readFileSync(file))
const repo = '/repos/{owner}/{repo}'
const operations = [
  ['get', repo], ['get', repo + '/issues'], ['post', repo + '/issues'], ['get', repo + '/issues/{issue_number}'], ['patch', repo + '/issues/{issue_number}'],
  ['get', repo + '/issues/{issue_number}/comments'], ['get', repo + '/issues/{issue_number}/events'], ['post', repo + '/issues/{issue_number}/comments'], ['get', repo + '/labels'], ['post', repo + '/labels'],
  ['get', repo + '/labels/{name}'], ['get', repo + '/commits'], ['get', repo + '/commits/{ref}'], ['get', repo + '/commits/{ref}/check-runs'], ['get', repo + '/commits/{ref}/status'],
  ['get', repo + '/compare/{basehead}'], ['get', repo + '/git/ref/{ref}'], ['get', repo + '/git/tags/{tag_sha}'],
  ['get', repo + '/code-scanning/alerts'], ['get', repo + '/code-scanning/analyses'], ['get', repo + '/secret-scanning/alerts'], ['get', repo + '/dependabot/alerts'],
  ['get', repo + '/actions/runs'], ['get', repo + '/actions/runs/{run_id}/artifacts'], ['get', repo + '/actions/runs/{run_id}'], ['get', repo + '/actions/runs/{run_id}/jobs'],
  ['get', repo + '/actions/runs/{run_id}/pending_deployments'], ['post', repo + '/actions/runs/{run_id}/pending_deployments'],
  ['get', repo + '/actions/runs/{run_id}/approvals'], ['get', repo + '/environments/{environment_name}'], ['post', repo + '/actions/runs/{run_id}/cancel'], ['get', repo + '/actions/workflows/{workflow_id}'],
  ['get', repo + '/actions/workflows/{workflow_id}/runs'], ['post', repo + '/actions/workflows/{workflow_id}/dispatches'], ['get', repo + '/deployments'],
  ['get', repo + '/deployments/{deployment_id}/statuses'], ['get', repo + '/contents/{path}'],
  ['post', repo + '/actions/runs/{run_id}/deployment_protection_rule'], ['get', repo + '/environments/{environment_name}/deployment_protection_rules'],
  ['get', '/user'], ['post', '/app/installations/{installation_id}/access_tokens'],
]
const kept = ['type', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'required', 'additionalProperties']
const defs = {}
// schema is one of OpenAPI 3.0 as JSON Schema 2020-12, in which null is a type.
function schema(s) {
  if (s === true || s === false) return s
  if (s.$ref) {
    const name = s.$ref.split('/').pop()
    if (!(name in defs)) {
      defs[name] = null
      defs[name] = schema(all.components.schemas[name])
    }
    return { $ref: '#/$defs/' + name }
  }
  const out = {}
  for (const key of kept) if (key in s) out[key] = key === 'additionalProperties' ? schema(s[key]) : s[key]
  for (const key of ['oneOf', 'anyOf', 'allOf']) if (s[key]) out[key === 'oneOf' ? 'anyOf' : key] = s[key].map(schema)
  if (s.items) out.items = schema(s.items)
  if (s.properties) out.properties = Object.fromEntries(Object.entries(s.properties).map(([name, one]) => [name, schema(one)]))
  if (s.nullable) {
    if (out.type) out.type = [out.type, 'null']
    if (out.enum) out.enum = [...out.enum, null]
    if (out.anyOf) out.anyOf = [...out.anyOf, { type: 'null' }]
    if (out.allOf) return { anyOf: [out, { type: 'null' }] }
  }
  return out
}
const parameter = p => p.$ref ? all.components.parameters[p.$ref.split('/').pop()] : p
const paths = {}
for (const [method, path] of operations) {
  const operation = all.paths[path][method]
  const status = Object.keys(operation.responses).find(one => one.startsWith('2'))
  paths[method.toUpperCase() + ' ' + path] = {
    status: Number(status),
    query: (operation.parameters || []).map(parameter).filter(p => p.in === 'query').map(p => p.name).sort(),
    answer: operation.responses[status].content ? schema(operation.responses[status].content['application/json'].schema) : true,
  }
}
// Of the webhook, what the practice GitHub sends besides the repository, and of the answer
// to it the body.
const rule = 'deployment_protection_rule'
const event = all.components.schemas['webhook-deployment-protection-rule-requested']
const sent = ['action', 'environment', 'event', 'sha', 'ref', 'deployment_callback_url', 'installation']
const webhooks = { [rule]: schema({ type: 'object', required: sent, properties: Object.fromEntries(sent.map(name => [name, event.properties[name]])) }) }
const bodies = { [rule]: schema(all.paths[repo + '/actions/runs/{run_id}/' + rule].post.requestBody.content['application/json'].schema) }
console.log(JSON.stringify({ source, license: 'MIT, Copyright (c) 2020 Octokit contributors', paths, webhooks, bodies, $defs: defs }, null, 1))
JS
