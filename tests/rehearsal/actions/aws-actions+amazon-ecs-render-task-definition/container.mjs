// Fills one container definition from the inputs; what it cannot parse, it refuses in the real action's words.
import { input, lines } from './shared/core.mjs';

const LOG_DRIVERS = ['json-file', 'syslog', 'journald', 'logentries', 'gelf', 'fluentd', 'awslogs', 'splunk', 'awsfirelens'];

export function fill(container, image) {
  container.image = image;
  if (input('command')) container.command = input('command').split(' ');
  if (input('env-files')) container.environmentFiles = lines('env-files').map((value) => ({ value, type: 's3' }));
  merge(container, 'environment', 'environment-variables', 'value', variableProblem);
  merge(container, 'secrets', 'secrets', 'valueFrom', secretProblem);
  setLogDriver(container, input('log-configuration-log-driver'));
  if (input('log-configuration-options')) {
    container.logConfiguration ||= {};
    container.logConfiguration.options ||= {};
    assign(container.logConfiguration.options, 'log-configuration-options');
  }
  if (input('docker-labels')) {
    container.dockerLabels ||= {};
    assign(container.dockerLabels, 'docker-labels');
  }
}

// NAME=value lines into a list of {name, [key]: value}; a name that is there already gets the new value.
function merge(container, list, name, key, problem) {
  if (!input(name)) return;
  if (!Array.isArray(container[list])) container[list] = [];
  for (const line of lines(name)) {
    const at = line.indexOf('=');
    if (at === -1) throw new Error(problem(line));
    const pair = { name: line.slice(0, at), [key]: line.slice(at + 1) };
    const known = container[list].find((one) => one.name === pair.name);
    if (known) known[key] = pair[key];
    else container[list].push(pair);
  }
}

function variableProblem(line) {
  return `Cannot parse the environment variable '${line}'. Environment variable pairs must be of the form NAME=value.`;
}

function secretProblem(line) {
  const docs = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html.';
  const indent = ' '.repeat(14);
  return [
    `Cannot parse the secret '${line}'. Secret pairs must be of the form NAME=valueFrom, `,
    `${indent}where valueFrom is an arn from parameter store or secrets manager. See AWS documentation for more information: `,
    `${indent}${docs}`,
  ].join('\n');
}

function setLogDriver(container, driver) {
  if (!driver) return;
  container.logConfiguration ||= {};
  if (!LOG_DRIVERS.includes(driver)) {
    const docs = 'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html';
    throw new Error(`'${driver}' is invalid logConfigurationLogDriver. valid options are ${LOG_DRIVERS}. More details: ${docs}`);
  }
  container.logConfiguration.logDriver = driver;
}

// As in the real action, a value ends at its second '='.
function assign(target, name) {
  for (const line of lines(name)) {
    if (!line.includes('=')) {
      throw new Error(`Can't parse logConfiguration option ${line}. Must be in key=value format, one per line`);
    }
    const [key, value] = line.split('=');
    target[key] = value;
  }
}
