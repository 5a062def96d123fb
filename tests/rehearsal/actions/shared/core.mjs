// What a runner and an action say to each other: inputs, outputs, annotations, masks, state.
// The part of @actions/core that the stand-ins need, in the same words.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

export function input(name) {
  return (process.env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] || '').trim();
}

export function required(name) {
  const value = input(name);
  if (!value) throw new Error(`Input required and not supplied: ${name}`);
  return value;
}

// The parts of an input, each without the spaces around it.
export const lines = (name) => split(input(name), '\n');
export const split = (text, by = ',') =>
  text
    .split(by)
    .map((part) => part.trim())
    .filter(Boolean);

export function isTrue(name) {
  return input(name).toLowerCase() === 'true';
}

// A stand-in knows what this project uses; anything else must fail loudly, not be left out silently.
export function refuse(...names) {
  for (const name of names) {
    if (input(name)) throw new Error(`The stand-in does not know the input '${name}': play the real action, or teach it`);
  }
}

export const info = (text) => process.stdout.write(`${text}\n`);
export const warning = (text) => command('warning', text);
export const error = (text) => command('error', text);
export const mask = (text) => command('add-mask', text);

export function setFailed(text) {
  process.exitCode = 1;
  error(text);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Runs the body of an action: whatever it throws is the action's failure.
export async function action(body) {
  try {
    await body();
  } catch (problem) {
    setFailed(problem.message);
  }
}

export const setOutput = (name, value) => write('GITHUB_OUTPUT', name, value);
export const saveState = (name, value) => write('GITHUB_STATE', name, value);
export const getState = (name) => process.env[`STATE_${name}`] || '';

export function exportVariable(name, value) {
  process.env[name] = value;
  write('GITHUB_ENV', name, value);
}

export function summarise(markdown) {
  if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${markdown}\n`);
}

function command(name, text) {
  const escaped = String(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(`::${name}::${escaped}\n`);
}

function write(file, name, value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const end = `ghadelimiter_${randomUUID()}`;
  appendFileSync(process.env[file], `${name}<<${end}\n${text}\n${end}\n`);
}
