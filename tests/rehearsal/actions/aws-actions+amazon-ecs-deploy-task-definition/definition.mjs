// Reads a task definition (JSON only; the real action takes YAML too) and drops what may not be registered.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { split, warning } from './shared/core.mjs';

// Returned by DescribeTaskDefinition, but not valid in RegisterTaskDefinition.
const IGNORED = [
  'compatibilities',
  'taskDefinitionArn',
  'requiresAttributes',
  'revision',
  'status',
  'registeredAt',
  'deregisteredAt',
  'registeredBy',
];

export function readDefinition(file, keptKeys) {
  const place = path.isAbsolute(file) ? file : path.join(process.env.GITHUB_WORKSPACE, file);
  const kept = new Set(split(keptKeys));
  const definition = withoutEmpty(JSON.parse(readFileSync(place, 'utf8')), kept);
  removeIgnored(definition);
  restoreValues(definition);
  return definition;
}

function isEmpty(value) {
  if (value === null || value === undefined || value === '') return true;
  if (typeof value === 'object') return Object.values(value).every(isEmpty);
  return false;
}

// As in the real action, a kept key does not save the empty object around it.
function withoutEmpty(definition, kept) {
  const replacer = (key, value) => {
    if (isEmpty(value) && !kept.has(key)) return undefined;
    return Array.isArray(value) ? value.filter((element) => !isEmpty(element)) : value;
  };
  return JSON.parse(JSON.stringify(definition, replacer));
}

function removeIgnored(definition) {
  for (const attribute of IGNORED.filter((name) => definition[name])) {
    warning(
      `Ignoring property '${attribute}' in the task definition file. ` +
        'This property is returned by the Amazon ECS DescribeTaskDefinition API and may be shown in the ECS console, ' +
        'but it is not a valid field when registering a new task definition. ' +
        'This field can be safely removed from your task definition file.',
    );
    delete definition[attribute];
  }
}

// An empty value is a value where a name stands beside it.
function restoreValues(definition) {
  const proxy = definition.proxyConfiguration;
  for (const property of (proxy?.type === 'APPMESH' && proxy.properties) || []) {
    property.value ??= '';
    property.name ??= '';
  }
  for (const container of definition.containerDefinitions ?? []) {
    for (const variable of container.environment ?? []) variable.value ??= '';
  }
}
