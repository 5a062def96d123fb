// Stand-in for aws-actions/amazon-ecs-render-task-definition: puts image, variables, secrets, roles into a task definition.
// Not here: fetching the task definition from ECS.
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { action, info, input, refuse, required, setOutput } from './shared/core.mjs';
import { fill } from './container.mjs';

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
const ROLE_ARN = /^arn:aws(-cn|-us-gov|-iso|-iso-b|-iso-e|-iso-f)?:iam::[0-9]{12}:role\/.+$/;

action(() => {
  const names = required('container-name');
  const image = required('image');
  refuse('task-definition-arn', 'task-definition-family', 'task-definition-revision');
  const definition = read(input('task-definition'));
  if (!/^([^,]+,)*[^,]+$/.test(names)) {
    throw new Error('Invalid format for container name. Please use a single value or comma separated values');
  }
  for (const name of names.split(',')) fill(find(definition, name), image);
  setRole(definition, 'taskRoleArn', 'task-role-arn');
  setRole(definition, 'executionRoleArn', 'execution-role-arn');
  for (const attribute of IGNORED) delete definition[attribute];
  setOutput('task-definition', write(JSON.stringify(definition, null, 2)));
});

function read(file) {
  if (!file) throw new Error('Either task definition, task definition arn or task definition family must be provided');
  info('Task definition file will be used.');
  const place = path.isAbsolute(file) ? file : path.join(process.env.GITHUB_WORKSPACE, file);
  if (!existsSync(place)) throw new Error(`Task definition file does not exist: ${file}`);
  // Node's own words about a file that is not JSON.
  return createRequire(import.meta.url)(place);
}

function find(definition, name) {
  if (!Array.isArray(definition.containerDefinitions)) {
    throw new Error('Invalid task definition format: containerDefinitions section is not present or is not an array');
  }
  const container = definition.containerDefinitions.find((one) => one.name === name);
  if (!container) throw new Error('Invalid task definition: Could not find container definition with matching name');
  return container;
}

function setRole(definition, key, name) {
  const arn = input(name);
  if (!arn) return;
  if (!ROLE_ARN.test(arn)) {
    throw new Error(`Invalid ARN format for ${name}. Expected format: arn:aws:iam::<account-id>:role/<role-name>`);
  }
  definition[key] = arn;
}

function write(text) {
  const unique = `${process.pid}-${randomBytes(6).toString('hex')}`;
  const file = path.join(process.env.RUNNER_TEMP, `task-definition--${unique}.json`);
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  return file;
}
